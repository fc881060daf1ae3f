"""Links fall; forwards come back, and nobody has to notice."""
import os
import signal
import socket
import threading

import pytest

import env
import makes
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


@pytest.fixture
def server(run):
    with makes.OpenSSH(run) as made:
        yield made


@pytest.fixture
def forward(echo):
    port = env.free_port()
    return port, ["-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}"]


def lose_link(server, taupe):
    """Kills what serves taupe's link; waits until taupe has noticed."""
    mark = len(taupe.events)
    server.end_sessions()
    taupe.wait_state("reconnecting", since=mark)
    return mark


def test_comes_back_after_a_lost_session(server, start, forward):
    port, words = forward
    taupe = start(server, *words).wait_connected()
    for _ in range(3):
        mark = lose_link(server, taupe)
        taupe.wait_state("connected", since=mark)
        peers.round_trip(port)


def test_comes_back_after_the_servers_restart(server, start, forward):
    port, words = forward
    taupe = start(server, *words).wait_connected()
    mark = len(taupe.events)
    server.stop()
    taupe.wait_state("reconnecting", since=mark)
    server.start()
    taupe.wait_state("connected", since=mark)
    peers.round_trip(port)


def test_listener_stays_bound_and_new_connections_wait(
        server, start, forward):
    port, words = forward
    taupe = start(server, *words).wait_connected()
    mark = len(taupe.events)
    server.stop()
    taupe.wait_state("reconnecting", since=mark)
    done = []
    waiting = threading.Thread(
        target=lambda: done.append(peers.round_trip(port)))
    with peers.dial(port):
        waiting.start()
        server.start()
        waiting.join(env.PATIENCE)
    assert done == [None]


def test_connection_before_the_first_link_waits(run, start, forward):
    """The server comes up after taupe and the client."""
    port, words = forward
    server = makes.OpenSSH(run)
    try:
        taupe = start(server, *words)
        env.wait_until(lambda: env.listens(port), "the listener")
        done = []
        waiting = threading.Thread(
            target=lambda: done.append(peers.round_trip(port)))
        waiting.start()
        server.start()
        waiting.join(env.PATIENCE)
        assert done == [None]
        taupe.stop()
    finally:
        server.close()


def test_a_connection_that_was_being_opened_waits(server, start, forward):
    """Its link falls before the server answers: the next one takes it."""
    port, words = forward
    taupe = start(server, *words).wait_connected()
    sessions = server.sessions()
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    with peers.dial(port) as end:
        mark = len(taupe.events)
        env.wait_until(lambda: env.unread(server.port), "the request")
        for pid in sessions:
            env.kill(pid)
        taupe.wait_state("connected", since=mark)
        end.sendall(b"x")
        assert end.recv(1) == b"x"


def test_open_connections_end_with_their_link(server, start, forward):
    port, words = forward
    taupe = start(server, *words).wait_connected()
    with peers.dial(port) as end:
        end.sendall(b"x")
        assert end.recv(1) == b"x"
        lose_link(server, taupe)
        assert peers.ended(end)


def test_frozen_server_is_noticed_by_keepalive(server, start, forward):
    port, words = forward
    taupe = start(server, *words, "-o", "ServerAliveInterval=1",
                  "-o", "ServerAliveCountMax=2").wait_connected()
    sessions = server.sessions()
    mark = len(taupe.events)
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    try:
        taupe.wait_state("reconnecting", since=mark)
        assert "link_lost" in taupe.codes()
        taupe.wait_state("connected", since=mark)
        peers.round_trip(port)
    finally:
        for pid in sessions:
            env.kill(pid)


def test_remote_forward_comes_back_on_the_same_port(server, start, echo):
    """sshd may hold the port for a moment: taupe must not give up."""
    port = env.free_port()
    taupe = start(server, "-R",
                  f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
    mark = lose_link(server, taupe)
    taupe.wait_state("connected", since=mark)
    peers.round_trip(port)


def test_picked_port_stays_the_same(server, start, echo):
    taupe = start(server, "-L", f"127.0.0.1:0:127.0.0.1:{echo.port}")
    port = taupe.wait_connected().listening("local")
    mark = lose_link(server, taupe)
    taupe.wait_state("connected", since=mark)
    assert taupe.listening("local") == port
    peers.round_trip(port)


def test_through_a_jump_host_that_falls(run, server, stack, forward):
    import taupe as driver
    port, words = forward
    jump = stack.enter_context(makes.OpenSSH(run))
    both = run.folder / "known_falling"
    both.write_text(server.known_hosts.read_text()
                    + jump.known_hosts.read_text())
    taupe = stack.enter_context(driver.Taupe(
        *words, "-J", f"{makes.USER}@127.0.0.1:{jump.port}",
        "-i", run.keys.user["ed25519"], "-p", server.port,
        "-o", f"UserKnownHostsFile={both}", f"{makes.USER}@127.0.0.1"))
    taupe.wait_connected()
    mark = len(taupe.events)
    jump.end_sessions()
    taupe.wait_state("connected", since=mark)
    peers.round_trip(port)


def test_once_ends_at_the_first_loss(server, start, forward):
    taupe = start(server, "--once", *forward[1]).wait_connected()
    server.end_sessions()
    assert taupe.wait() == 3
    assert {"link_lost", "disconnected_by_server"} & set(taupe.codes())


def test_once_with_nobody_there(start, run, forward):
    server = makes.OpenSSH(run)
    taupe = start(server, "--once", *forward[1])
    assert taupe.wait() == 3
    assert "connect_refused" in taupe.codes()
    server.close()


def test_says_when_it_tries_again(start, run, forward):
    server = makes.OpenSSH(run)
    taupe = start(server, *forward[1])
    taupe.wait_event(lambda e: e.get("next_try_ms"))
    server.close()


def test_asks_a_port_that_refuses_often(start, run, forward):
    """Its sshd restarts: it is back half a second after it listens, not half a
    minute."""
    taupe = start(makes.OpenSSH(run), *forward[1])

    def refused():
        return [e["next_try_ms"] for e in taupe.events
                if e.get("event") == "server" and e.get("next_try_ms")
                and (e.get("error") or {}).get("code") == "connect_refused"]
    env.wait_until(lambda: len(refused()) >= 5, "five tries")
    assert max(refused()) <= 1000


def test_a_client_cuts_a_long_pause_short(start, run, forward):
    """Whoever comes is served while he waits, when the server can again."""
    port, words = forward
    server = makes.OpenSSH(run)

    def next_try():
        tries = [e["next_try_ms"] for e in taupe.events
                 if e.get("event") == "server" and e.get("next_try_ms")]
        return tries[-1] if tries else 0
    try:
        with peers.Service(lambda end: end.recv(1), port=server.port):
            taupe = start(server, *words)
            env.wait_until(lambda: next_try() > 10000, "a long pause")
        server.start()
        peers.round_trip(port)
        taupe.stop()
    finally:
        server.close()


def test_a_login_that_is_refused_is_not_tried_often(server, start, forward):
    """It was let in before, so it is tried again; but a login that fails every
    second gets the whole address banned."""
    taupe = start(server, *forward[1]).wait_connected()
    server.authorized.write_text("")
    mark = lose_link(server, taupe)
    refused = taupe.wait_event(
        lambda e: e.get("event") == "server"
        and (e.get("error") or {}).get("code") == "auth_failed", since=mark)
    assert refused["state"] == "reconnecting"
    assert 30000 <= refused["next_try_ms"] <= 60000


class TestTakenPort:
    def test_is_said_with_its_holder(self, server, start, echo):
        taken = echo.port
        taupe = start(server, "--once", "-L",
                      f"127.0.0.1:{taken}:127.0.0.1:{echo.port}")
        error = taupe.wait_error("port_in_use")["error"]
        assert str(os.getpid()) in error["message"], error
        assert error.get("offer")
        # Nothing else is wanted of it.
        assert taupe.wait() == 6

    def test_does_not_harm_the_others(self, server, start, echo, forward):
        port, words = forward
        taupe = start(server, "-L", f"127.0.0.1:{echo.port}:127.0.0.1:1",
                      *words)
        taupe.wait_error("port_in_use")
        taupe.wait_state("connected")
        peers.round_trip(port)

    def test_exit_on_forward_failure(self, server, start, echo):
        taupe = start(server, "-o", "ExitOnForwardFailure=yes", "-L",
                      f"127.0.0.1:{echo.port}:127.0.0.1:1")
        assert taupe.wait() == 6


def test_stop_while_down_is_immediate(server, start, forward):
    taupe = start(server, *forward[1]).wait_connected()
    mark = len(taupe.events)
    server.stop()
    taupe.wait_state("reconnecting", since=mark)
    taupe.stop(timeout=5)


def test_stop_while_connecting_is_immediate(start, run, forward):
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server = makes.OpenSSH(run, port=silent.getsockname()[1])
        taupe = start(server, *forward[1])
        silent.settimeout(env.PATIENCE)
        with silent.accept()[0]:
            taupe.stop(timeout=5)
        server.close()


def test_listener_is_free_at_once_after_the_end(server, start, forward):
    port, words = forward
    for _ in range(3):
        taupe = start(server, *words).wait_connected()
        peers.round_trip(port)
        taupe.stop()
