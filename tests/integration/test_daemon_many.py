"""Many at once: forwards, servers, readers of the live stream, requests."""
import concurrent.futures
import contextlib
import http.client
import socket

import pytest

import daemon as keeper
import env
import makes
import peers

pytestmark = pytest.mark.taupe_only
FORWARDS, SERVERS, READERS = 500, 20, 200


@pytest.fixture
def server(run, stack):
    return stack.enter_context(makes.OpenSSH(run))


def fill(daemon, server, servers, forwards, target):
    """That many, added through a few connections that stay open."""
    for number in range(servers):
        daemon.add_server(f"s{number}", **server.fields())

    def add(numbers):
        connection = daemon.connection()
        for number in numbers:
            answer = keeper.ask(connection, "POST", "/api/v1/forwards", {
                "name": f"f{number}", "server": f"s{number % servers}",
                "type": "local", "local": "127.0.0.1:0",
                "remote": f"127.0.0.1:{target}"})
            assert answer.status == 201, answer.text
        connection.close()
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(add, [range(n, forwards, 4) for n in range(4)]))


def states(daemon):
    found = {}
    for forward in daemon.api("GET", "/forwards"):
        found[forward["state"]] = found.get(forward["state"], 0) + 1
    return found


def wait_all(daemon, state, count):
    env.wait_until(lambda: states(daemon) == {state: count},
                   lambda: f"{states(daemon)}\n{daemon.said()}", 60)


def settled(stream, count, state):
    """What a reader that started with `hello` has seen of each forward."""
    def look():
        last = {m[2]["id"]: m[2]["state"]
                for m in list(stream.messages) if m[1] == "forward"}
        return len(last) == count and set(last.values()) == {state}
    env.wait_until(look, lambda: f"{len(stream.messages)} messages")


def test_five_hundred_forwards(daemon, server, echo, record_property):
    fill(daemon, server, SERVERS, FORWARDS, echo.port)
    with daemon.stream() as stream:
        stream.wait("hello")
        daemon.api("POST", "/forwards/start", {"all": True})
        wait_all(daemon, "connected", FORWARDS)
        settled(stream, FORWARDS, "connected")
    shown = daemon.api("GET", "/servers")
    assert [len(one["links"]) for one in shown] == [1] * SERVERS
    ports = [f["bound_port"] for f in daemon.api("GET", "/forwards")]
    assert len(set(ports)) == FORWARDS
    for port in ports[::25]:
        peers.round_trip(port)
    record_property("memory_kib", env.memory_kib(daemon.pid))
    assert env.memory_kib(daemon.pid) < 64 * 1024
    server.end_sessions()
    env.wait_until(lambda: daemon.api("GET", "/events?kind=state&level=warning"),
                   "the loss")
    wait_all(daemon, "connected", FORWARDS)
    daemon.restart("kill")
    wait_all(daemon, "connected", FORWARDS)
    daemon.api("POST", "/forwards/stop", {"all": True})
    wait_all(daemon, "disconnected", FORWARDS)
    env.wait_until(lambda: not server.sessions(), "the sessions' end")


@pytest.mark.sanitized
@pytest.mark.workers
def test_fifty_forwards(daemon, server, echo):
    """The same for slow builds."""
    fill(daemon, server, 4, 50, echo.port)
    for _ in range(2):
        daemon.api("POST", "/forwards/start", {"all": True})
        wait_all(daemon, "connected", 50)
        for forward in daemon.api("GET", "/forwards")[::10]:
            peers.round_trip(forward["bound_port"])
        daemon.api("POST", "/forwards/stop", {"all": True})
        wait_all(daemon, "disconnected", 50)


@pytest.mark.sanitized
@pytest.mark.workers
def test_up_and_down_in_a_hurry(daemon, server, echo):
    """Starts and stops that overtake each other end as the last one said."""
    fill(daemon, server, 2, 20, echo.port)

    def hurry(number):
        for _ in range(10):
            for what in ("start", "stop", "restart"):
                daemon.api("POST", f"/forwards/{number}/{what}")
        daemon.api("POST", f"/forwards/{number}/"
                   f"{'start' if number % 2 else 'stop'}")
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        list(threads.map(hurry, range(1, 21)))

    def good():
        return all(f["state"] == ("connected" if f["id"] % 2
                                  else "disconnected")
                   for f in daemon.api("GET", "/forwards"))
    env.wait_until(good, lambda: [(f["id"], f["state"], f["error"])
                                  for f in daemon.api("GET", "/forwards")])
    for forward in daemon.api("GET", "/forwards"):
        if forward["bound_port"]:
            peers.round_trip(forward["bound_port"])


class Tap:
    """Reads a live stream without a thread of its own: only counts."""

    def __init__(self, daemon):
        self.connection = daemon.connection()
        self.connection.request("GET", "/api/v1/stream")
        self.got = b""

    def has(self, text):
        sock = self.connection.sock
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while data := sock.recv(65536):
                self.got += data
        return text in self.got

    def close(self):
        self.connection.close()


def test_two_hundred_readers_and_some_that_never_read(
        daemon, server, echo, stack):
    """Each sees each change; who does not read costs nobody anything."""
    fill(daemon, server, 2, 20, echo.port)
    for _ in range(5):
        stack.enter_context(contextlib.closing(Tap(daemon)))
    readers = [stack.enter_context(contextlib.closing(Tap(daemon)))
               for _ in range(READERS)]
    for _ in range(3):
        for what, state in (("start", "connected"), ("stop", "disconnected")):
            daemon.api("POST", f"/forwards/{what}", {"all": True})
            wait_all(daemon, state, 20)
    last = daemon.api("PATCH", "/forwards/1", {"note": "seen by all"})
    assert last["note"] == "seen by all"
    for reader in readers:
        env.wait_until(lambda reader=reader: reader.has(b'"seen by all"'),
                       "the last change")
    assert env.memory_kib(daemon.pid) < 64 * 1024


@pytest.mark.sanitized
def test_a_client_that_never_reads_its_answers(daemon, server, echo, stack):
    """Requests without end, and nobody takes what comes back."""
    fill(daemon, server, 1, 30, echo.port)
    rude = stack.enter_context(socket.socket(socket.AF_UNIX))
    rude.connect(str(daemon.socket))
    rude.setblocking(False)
    request = b"GET /api/v1/forwards HTTP/1.1\r\nHost: taupe\r\n\r\n"
    with contextlib.suppress(BlockingIOError):
        for _ in range(20000):
            rude.send(request)
    daemon.api("POST", "/forwards/start", {"all": True})
    wait_all(daemon, "connected", 30)
    assert env.memory_kib(daemon.pid) < 256 * 1024
    with contextlib.suppress(OSError, http.client.HTTPException):
        rude.close()
    peers.round_trip(daemon.forward("f0")["bound_port"])
