"""Where the machine gives no more, or somebody keeps the daemon waiting: the rest
goes on, and an end is an end."""
import contextlib
import os
import resource
import signal
import socket

import pytest

import daemon as keeper
import env
import makes
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


@pytest.fixture
def silent():
    """A server that takes connections and says nothing."""
    with peers.Service(peers.drain) as service:
        yield service


def states(daemon):
    return {f["name"]: f["state"] for f in daemon.api("GET", "/forwards")}


def test_few_descriptors(sshd, echo, stack):
    """Forwards for which there is none say so. What is up stays so, the last
    descriptors are for links and for who asks; with room again all goes on."""
    daemon = stack.enter_context(keeper.Daemon(
        limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))))
    daemon.add_server("vps", **sshd.fields())
    for number in range(80):
        daemon.add_forward(f"f{number}", "vps", local="127.0.0.1:0",
                           remote=f"127.0.0.1:{echo.port}")
    daemon.api("POST", "/forwards/start", {"all": True})
    env.wait_until(lambda: set(states(daemon).values())
                   == {"connected", "error"}, lambda: states(daemon))
    forwards = daemon.api("GET", "/forwards")
    failed = [f for f in forwards if f["state"] == "error"]
    good, *others = [f for f in forwards if f["state"] == "connected"]
    assert {f["error"]["code"] for f in failed} == {"listen_failed"}
    with contextlib.ExitStack() as crowd:
        for _ in range(100):
            crowd.enter_context(peers.dial(good["bound_port"]))
        since = daemon.api("GET", "/events?limit=1")[0]["id"]
        sshd.end_sessions()
        env.wait_until(lambda: any(
            (e["state"], e["forward"]) == ("connected", good["name"])
            for e in daemon.api("GET", f"/events?after={since}")),
            lambda: daemon.api("GET", "/servers"))
    daemon.api("POST", "/forwards/stop", {"ids": [f["id"] for f in others]})
    peers.round_trip(good["bound_port"])
    daemon.api("POST", "/forwards/start",
               {"ids": [f["id"] for f in failed[:10]]})
    for forward in failed[:10]:
        daemon.wait_state(forward["name"], "connected")


def test_a_server_that_says_nothing_holds_up_nobody(
        daemon, sshd, echo, silent):
    daemon.add_server("silent", "127.0.0.1", silent.port)
    daemon.add_server("vps", **sshd.fields())
    daemon.add_forward("waits", "silent", "dynamic", local="127.0.0.1:0",
                       start=True)
    env.wait_until(lambda: silent.seen, "its try")
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])
    assert states(daemon)["waits"] == "connecting"
    daemon.api("POST", "/forwards/1/stop")
    env.wait_until(lambda: len(silent.results) == silent.seen,
                   "the end of the try")
    daemon.api("POST", "/forwards/1/start")
    env.wait_until(lambda: silent.seen == 2, "another try")
    assert daemon.ask("DELETE", "/api/v1/servers/1?stop=1&forwards=1"
                      ).status == 204
    env.wait_until(lambda: len(silent.results) == 2, "the end of the try")
    assert list(states(daemon)) == ["f"]


def test_an_end_while_somebody_is_waited_for(daemon, run, stack, silent):
    """For a server, for an answer, for a name."""
    asks = stack.enter_context(makes.OpenSSH(
        run, PasswordAuthentication="yes", PubkeyAuthentication="no"))
    daemon.add_server("silent", "127.0.0.1", silent.port)
    daemon.add_server("asks", **asks.fields(None))
    daemon.add_server("nowhere", "nowhere.invalid", 22)
    for name in ("silent", "asks", "nowhere"):
        daemon.add_forward(name, name, "dynamic", local="127.0.0.1:0",
                           start=True)
    env.wait_until(lambda: daemon.api("GET", "/prompts") and silent.seen,
                   "all of it")
    assert daemon.stop() == 0
    assert "killed" not in daemon.said()
    daemon.start()
    assert all(f["wanted"] for f in daemon.api("GET", "/forwards"))


def test_helpers_that_never_end(daemon, folder):
    """A ProxyCommand that says nothing, heeds no signal and has a child of its
    own, which holds its pipes, too: another try, a stop and an end of the daemon
    wait for neither, and both go with it."""
    pids = folder / "pids"
    script = folder / "proxy"
    script.write_text(f"#!/bin/sh\ntrap '' TERM HUP INT PIPE\n"
                      f"sleep 1000 & echo $$ $! >>{pids}\nwhile :; do wait; done"
                      "\n")
    script.chmod(0o700)

    def started():
        lines = pids.read_text().splitlines() if pids.exists() else []
        return [[int(pid) for pid in line.split()] for line in lines]

    def alive():
        return [line[0] for line in started() if running(line[0])]
    try:
        daemon.add_server("vps", "vps.example", 22, connect_timeout_s=1,
                          proxy_command=str(script))
        daemon.add_forward("f", "vps", "dynamic", local="127.0.0.1:0",
                           start=True)
        env.wait_until(lambda: len(started()) >= 2, "a second try")
        env.wait_until(lambda: len(alive()) <= 1, lambda: f"{alive()} live")
        daemon.api("POST", "/forwards/1/stop")
        daemon.wait_state("f", "disconnected")
        env.wait_until(lambda: not alive(), lambda: f"{alive()} live")
        tries = len(started())
        daemon.api("POST", "/forwards/1/start")
        env.wait_until(lambda: len(started()) > tries, "one more try")
        assert daemon.stop() == 0
        env.wait_until(lambda: not alive(), lambda: f"{alive()} live")
    finally:
        for pid in sum(started(), []):
            env.kill(pid)


def running(pid):
    """Not a zombie either."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_server_that_hangs_up_at_once(daemon):
    """As sshd does past MaxStartups: tried again, with pauses."""
    with peers.Service(lambda connection: None) as rude:
        daemon.add_server("vps", "127.0.0.1", rude.port)
        daemon.add_forward("f", "vps", "dynamic", local="127.0.0.1:0",
                           start=True)
        env.wait_until(lambda: rude.seen >= 2, "a second try")
        forward = env.wait_until(
            lambda: (f := daemon.forward("f"))["next_try_at"] and f, "a pause")
        assert forward["wanted"] and forward["error"]["message"]
        assert rude.seen < 20


def test_a_lost_link_needs_no_answer_again(daemon, run, stack, echo):
    """Where nothing may be kept, what runs has it as long as it runs."""
    server = stack.enter_context(makes.OpenSSH(
        run, PasswordAuthentication="yes", PubkeyAuthentication="no"))
    daemon.add_server("vps", **server.fields(None, keep_secrets="never"))
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    for _ in range(2):
        asked = env.wait_until(lambda: daemon.api("GET", "/prompts"),
                               lambda: daemon.forward("f"))
        daemon.api("POST", f"/prompts/{asked[0]['id']}/answer",
                   {"answers": [makes.PASSWORD]})
        port = daemon.wait_state("f", "connected")["bound_port"]
        server.end_sessions()
        daemon.wait_state("f", "reconnecting")
        daemon.wait_state("f", "connected")
        peers.round_trip(port)
        assert daemon.api("GET", "/prompts") == []
        daemon.api("POST", "/forwards/1/restart")
        daemon.api("POST", "/servers/1/reconnect")


def test_a_crowd_of_clients_while_the_server_is_away(daemon, run, stack, echo):
    """They wait as long as there is room, and are served."""
    server = stack.enter_context(makes.OpenSSH(run))
    daemon.add_server("vps", **server.fields())
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    port = daemon.wait_state("f", "connected")["bound_port"]
    server.stop()
    daemon.wait_state("f", "reconnecting")
    ends = [stack.enter_context(peers.dial(port)) for _ in range(100)]
    for end in ends:
        end.sendall(b"x")
    server.start()
    for end in ends:
        assert end.recv(1) == b"x"


def test_the_same_remote_port_twice(daemon, sshd, echo):
    """The second is told, the first carries on; freed, it is the second's."""
    port = env.free_port()
    daemon.add_server("vps", **sshd.fields())
    for name in ("first", "second"):
        daemon.add_forward(name, "vps", "remote",
                           local=f"127.0.0.1:{echo.port}",
                           remote=f"127.0.0.1:{port}", start=True)
        daemon.wait_state(name, ("connected", "error", "reconnecting"))
    refused = env.wait_until(lambda: daemon.forward("second")["error"],
                             lambda: daemon.forward("second"))
    assert refused["code"] == "remote_listen_refused"
    peers.round_trip(port)
    daemon.api("POST", f"/forwards/{daemon.forward('first')['id']}/stop")
    env.wait_until(lambda: not env.listens(port), "a free port")
    daemon.api("POST", f"/forwards/{daemon.forward('second')['id']}/start")
    daemon.wait_state("second", "connected")
    peers.round_trip(port)


def test_a_daemon_that_was_frozen(daemon, sshd, echo):
    """SIGSTOP for longer than keep-alive waits, as in a debugger: its links
    are asked, found good or made anew, and it carries."""
    daemon.add_server("vps", **sshd.fields(keep_alive_s=1, keep_alive_count=1))
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    port = daemon.wait_state("f", "connected")["bound_port"]
    os.kill(daemon.pid, signal.SIGSTOP)
    with contextlib.suppress(socket.timeout), peers.dial(port, 3) as end:
        end.sendall(b"x")
        end.recv(1)
    os.kill(daemon.pid, signal.SIGCONT)
    daemon.wait_state("f", "connected")
    peers.round_trip(port)
