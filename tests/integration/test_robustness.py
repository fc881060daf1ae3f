"""Nobody stalls anybody, and nothing ends the process."""
import contextlib
import os
import resource
import selectors
import socket
import time

import pytest

import env
import makes
import peers

RESET = b"\1\0\0\0\0\0\0\0"  # SO_LINGER of 0 s: close() sends RST


@pytest.fixture
def forward(echo):
    port = env.free_port()
    return port, ["-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}"]


@pytest.fixture
def hung():
    """A port that answers no more connections: its queue is full."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        while True:
            one = held.enter_context(socket.socket())
            one.settimeout(0.3)
            try:
                one.connect(listener.getsockname())
            except TimeoutError:
                break
        yield listener.getsockname()[1]


@pytest.mark.sanitized
@pytest.mark.workers
class TestClientsThatMisbehave:
    def test_close_at_once(self, sshd, start, forward):
        port, words = forward
        start(sshd, *words).wait_connected()
        for _ in range(300):
            peers.dial(port).close()
        peers.round_trip(port)

    def test_reset_at_once(self, sshd, start, forward):
        port, words = forward
        start(sshd, *words).wait_connected()
        for _ in range(300):
            end = peers.dial(port)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()
        peers.round_trip(port)

    def test_reset_in_the_middle(self, sshd, start, forward):
        port, words = forward
        start(sshd, *words).wait_connected()
        for _ in range(50):
            end = peers.dial(port)
            end.sendall(os.urandom(200000))
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            end.close()
        peers.round_trip(port)

    def test_remote_clients_that_go_at_once(self, sshd, start, echo):
        port = env.free_port()
        start(sshd, "-R", f"127.0.0.1:{port}:127.0.0.1:{echo.port}"
              ).wait_connected()
        for _ in range(300):
            peers.dial(port).close()
        peers.round_trip(port)

    @pytest.mark.parametrize("part", [
        b"", b"\5", b"\5\1", b"\5\1\0\5\1\0\3\xff", b"\4\1\0",
        b"\4\1\0\x50\0\0\0\1me", b"CONNECT exa", b"\x16\x03\x01"],
        ids=lambda part: part.hex() or "nothing")
    def test_half_sent_proxy_requests(self, sshd, start, web, part):
        port = env.free_port()
        start(sshd, "-D", port).wait_connected()
        with contextlib.ExitStack() as held:
            for _ in range(50):
                held.enter_context(peers.dial(port)).sendall(part)
            done = peers.curl(f"http://localhost:{web.port}/", "--proxy",
                              f"socks5h://127.0.0.1:{port}")
            assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("noise", [
        b"\5\1\0\5\1\0\3\0\0\0", b"\5\xff" + b"\1" * 255,
        b"\4\1\0\x50\0\0\0\1\0" + b"h" * 9000, b"GET " + b"x" * 20000,
        b"\5\1\0\5\1\0\x7f" + b"\0" * 20, b"\0" * 9000],
        ids=range(6))
    @pytest.mark.taupe_only
    def test_nonsense_is_cut(self, sshd, start, web, noise):
        port = env.free_port()
        start(sshd, "-D", port).wait_connected()
        with peers.dial(port) as end:
            with contextlib.suppress(ConnectionError):
                end.sendall(noise)
            with contextlib.suppress(ConnectionError):
                peers.read_all(end)
        done = peers.curl(f"http://localhost:{web.port}/", "--proxy",
                          f"socks5h://127.0.0.1:{port}")
        assert done.returncode == 0, done.stderr


class TestNobodyStallsAnybody:
    def test_destination_that_hangs_there(self, sshd, start, forward, hung):
        port, words = forward
        bad = env.free_port()
        start(sshd, *words, "-L", f"127.0.0.1:{bad}:127.0.0.1:{hung}"
              ).wait_connected()
        with contextlib.ExitStack() as held:
            for _ in range(20):
                held.enter_context(peers.dial(bad)).sendall(b"hello?")
            peers.round_trip(port)

    def test_destination_that_hangs_here(self, sshd, start, echo, hung):
        good, bad = env.free_port(), env.free_port()
        start(sshd, "-R", f"127.0.0.1:{good}:127.0.0.1:{echo.port}",
              "-R", f"127.0.0.1:{bad}:127.0.0.1:{hung}").wait_connected()
        with contextlib.ExitStack() as held:
            for _ in range(20):
                held.enter_context(peers.dial(bad)).sendall(b"hello?")
            peers.round_trip(good)

    @pytest.mark.taupe_only
    def test_client_that_does_not_read(self, sshd, start, forward):
        """Back-pressure is for that one only, and memory stays bounded."""
        port, words = forward

        def pour(connection):
            while True:
                connection.sendall(b"x" * 65536)

        with peers.Service(pour) as source, contextlib.ExitStack() as held:
            slow = env.free_port()
            taupe = start(sshd, *words, "-L",
                          f"127.0.0.1:{slow}:127.0.0.1:{source.port}")
            taupe.wait_connected()
            for _ in range(4):
                held.enter_context(peers.dial(slow)).recv(1)
            for _ in range(20):
                peers.round_trip(port, os.urandom(1 << 20))
            assert env.memory_kib(taupe.pid) < 150 * 1024

    def test_destination_that_does_not_read(self, sshd, start, forward):
        port, words = forward
        with socket.create_server(("127.0.0.1", 0)) as deaf, \
                contextlib.ExitStack() as held:
            slow = env.free_port()
            start(sshd, *words, "-L",
                  f"127.0.0.1:{slow}:127.0.0.1:{deaf.getsockname()[1]}"
                  ).wait_connected()
            for _ in range(4):
                end = held.enter_context(peers.dial(slow))
                end.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        end.send(b"x" * 65536)
            for _ in range(20):
                peers.round_trip(port, os.urandom(1 << 20))


@pytest.mark.taupe_only
@pytest.mark.sanitized
def test_no_descriptors_left(sshd, start, forward):
    """Accepting pauses, and goes on once there is room."""
    port, words = forward

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    taupe = start(sshd, *words, limits=few).wait_connected()
    crowd = []
    try:
        for _ in range(150):
            crowd.append(peers.dial(port))
        crowd[0].sendall(b"first")
        assert peers.read_exactly(crowd[0], 5) == b"first"
        assert taupe.process.alive()
    finally:
        for end in crowd:
            end.close()
    peers.round_trip(port)
    assert set(taupe.states().values()) == {"connected"}


@pytest.mark.taupe_only
@pytest.mark.sanitized
def test_a_link_comes_back_with_no_descriptors_left(sshd, start, forward):
    """Clients that wait do not take what the new link needs."""
    port, words = forward

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    taupe = start(sshd, *words, limits=few).wait_connected()
    crowd = [peers.dial(port) for _ in range(300)]
    try:
        for _ in range(2):
            mark = len(taupe.events)
            sshd.end_sessions()
            taupe.wait_state("reconnecting", since=mark)
            taupe.wait_state("connected", since=mark)
    finally:
        for end in crowd:
            end.close()
    peers.round_trip(port)


def all_answer(ends, word):
    """Sends a word of its own on each connection and collects the echoes."""
    waiting = selectors.DefaultSelector()
    for number, end in enumerate(ends):
        end.setblocking(True)
        end.sendall(word(number))
        waiting.register(end, selectors.EVENT_READ, [number, b""])
    left = len(ends)
    deadline = time.monotonic() + 240
    while left:
        assert time.monotonic() < deadline, f"{left} have no answer"
        for key, _ in waiting.select(1):
            number, got = key.data
            more = key.fileobj.recv(64)
            assert more, f"connection {number} ended"
            key.data[1] = got = got + more
            if len(got) == len(word(number)):
                assert got == word(number)
                waiting.unregister(key.fileobj)
                left -= 1
    waiting.close()


@pytest.mark.long
@pytest.mark.taupe_only
def test_ten_thousand_at_once(run, stack, start, record_property):
    """As many as the descriptor limit admits, up to 10,000; all carry data."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(10000, hard - 500)
    record_property("connections", count)
    server = stack.enter_context(makes.OpenSSH(run))
    target = env.free_port()
    service = env.Process(
        ["/usr/bin/python3", env.HERE / "servers" / "echo_server.py", target],
        server.folder / "echo.log")
    stack.callback(service.stop)
    env.wait_until(lambda: env.listens(target), "the echo service")
    port = env.free_port()
    taupe = start(server, "-L", f"127.0.0.1:{port}:127.0.0.1:{target}")
    taupe.wait_connected()
    ends = []
    try:
        while len(ends) < count:
            batch = [peers.dial(port, 120) for _ in range(250)]
            ends += batch
            all_answer(batch, lambda n: b"hello %6d" % n)
        all_answer(ends, lambda n: b"again %6d" % n)
        assert set(taupe.states().values()) == {"connected"}
    finally:
        for end in ends:
            end.close()
    peers.round_trip(port)
