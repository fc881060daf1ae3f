"""A machine that sleeps and wakes up, and a clock that is set: links are asked at
once, dead ones replaced in the time of a question, not of keep-alives, which are
an hour apart here. And what a clock decides: auto-off, history, tries."""
import contextlib
import os
import signal

import pytest

import daemon as keeper
import env
import makes
import peers
import sleeper

pytestmark = pytest.mark.taupe_only

KEEPALIVE_S = 3600
HOUR_S = 3600


@pytest.fixture(scope="session")
def compiler():
    why = sleeper.why_not()
    if why:
        pytest.skip(why)


@pytest.fixture
def clock(compiler, folder):
    return sleeper.Clock(folder)


@pytest.fixture
def daemon(clock, stack):
    return stack.enter_context(keeper.Daemon(environ=clock.environ))


@pytest.fixture
def server(run, stack):
    return stack.enter_context(makes.OpenSSH(run))


@pytest.fixture
def add(daemon, echo):
    def launch(name, server, **fields):
        daemon.add_forward(name, server, local="127.0.0.1:0", start=True,
                           remote=f"127.0.0.1:{echo.port}", **fields)
        return daemon.wait_state(name, "connected")["bound_port"]
    return launch


@pytest.fixture
def freeze():
    """freeze(server): its sessions answer no more; others can be had."""
    frozen = []

    def launch(server):
        for pid in server.sessions():
            os.kill(pid, signal.SIGSTOP)
            frozen.append(pid)
        return len(frozen)
    yield launch
    for pid in frozen:
        env.kill(pid)


def codes(daemon, query):
    return [event["code"] for event in daemon.api("GET", f"/events?{query}")]


def newest(daemon):
    return daemon.api("GET", "/events?limit=1")[0]["id"]


def test_dead_links_are_replaced_when_the_machine_wakes_up(
        daemon, clock, run, stack, add, freeze, record_property):
    """On every server, and only they: who answers keeps its link."""
    servers = {name: stack.enter_context(makes.OpenSSH(run))
               for name in ("dead", "gone", "good")}
    ports = {}
    for name, server in servers.items():
        daemon.add_server(name, **server.fields(keep_alive_s=KEEPALIVE_S))
        ports[name] = add(name, name)
    kept = stack.enter_context(peers.dial(ports["good"]))
    since, good = newest(daemon), daemon.forward("good")["since"]
    freeze(servers["dead"])
    freeze(servers["gone"])
    with daemon.stream() as stream:
        stream.wait("hello")
        mark = len(stream.messages)
        clock.sleep(HOUR_S)
        for name in ("dead", "gone"):
            stream.wait("forward", since=mark, match=lambda f, name=name:
                        (f["name"], f["state"]) == (name, "reconnecting"))
            env.wait_until(lambda name=name: daemon.forward(name)["state"]
                           == "connected", "its new link")
    assert "notice.woke_up" in codes(daemon, f"after={since}")
    assert codes(daemon, f"after={since}&code=link_lost")
    for port in ports.values():
        peers.round_trip(port)
    kept.sendall(b"x")
    assert kept.recv(1) == b"x"
    assert daemon.forward("good")["since"] == good
    lost = daemon.api("GET", f"/events?after={since}&code=link_lost")
    woke = daemon.api("GET", f"/events?after={since}&code=notice.woke_up")
    record_property("woke_and_lost", [woke[0]["at"], lost[0]["at"]])


def test_every_link_of_a_pool_is_asked(daemon, clock, server, stack, add,
                                       freeze):
    daemon.add_server("vps", **server.fields(
        keep_alive_s=KEEPALIVE_S, pool=3))
    port = add("f", "vps")
    ends = [stack.enter_context(peers.dial(port)) for _ in range(200)]
    for end in ends:
        end.sendall(b"x")
        assert end.recv(1) == b"x"
    env.wait_until(lambda: len(daemon.api("GET", "/servers")[0]["links"]) == 3,
                   "three links")
    dead = set(server.sessions())
    assert freeze(server) >= 3
    clock.sleep(HOUR_S)
    for end in ends:
        end.settimeout(env.PATIENCE)
        with contextlib.suppress(ConnectionResetError):
            assert end.recv(1) == b""
    daemon.wait_state("f", "connected")
    peers.round_trip(port)
    assert set(server.sessions()) - dead


def test_the_pause_before_the_next_try_ends_with_the_sleep(
        daemon, clock, server, add):
    daemon.add_server("vps", **server.fields(keep_alive_s=KEEPALIVE_S))
    port = add("f", "vps")
    server.stop()
    daemon.wait_state("f", "reconnecting")
    server.start()
    clock.sleep(HOUR_S)
    daemon.wait_state("f", "connected")
    peers.round_trip(port)


def test_a_clock_that_is_set_is_no_sleep(daemon, clock, server, stack, add):
    """Forward and back, by a day: links, counters and times stay good."""
    daemon.add_server("vps", **server.fields(keep_alive_s=KEEPALIVE_S))
    port = add("f", "vps")
    end = stack.enter_context(peers.dial(port))
    since = newest(daemon)
    for seconds in (24 * HOUR_S, -48 * HOUR_S, 24 * HOUR_S):
        clock.set(seconds)
        end.sendall(b"x")
        assert end.recv(1) == b"x"
        assert daemon.forward("f")["state"] == "connected"
    assert codes(daemon, f"after={since}") == []


def test_auto_off_comes_due_in_the_sleep(daemon, clock, server, add):
    daemon.add_server("vps", **server.fields(keep_alive_s=KEEPALIVE_S))
    add("short", "vps", auto_off_s=HOUR_S)
    add("long", "vps", auto_off_s=3 * HOUR_S)
    clock.sleep(2 * HOUR_S)
    assert not daemon.wait_state("short", "disconnected")["wanted"]
    assert daemon.wait_state("long", "connected")["auto_off_at"]


def test_auto_off_follows_a_clock_that_is_set(daemon, clock, server, add):
    """It is an hour of the day, as people read it; at once, not when the
    daemon next looks."""
    daemon.add_server("vps", **server.fields(keep_alive_s=KEEPALIVE_S))
    add("f", "vps", auto_off_s=HOUR_S)
    clock.set(2 * HOUR_S)
    assert not daemon.wait_state("f", "disconnected")["wanted"]
