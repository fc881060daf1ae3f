"""What the daemon keeps up, and when: links that fall and come back, pools that
are shared, forwards that wait for a client, rest, or end by themselves."""
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys

import pytest

import daemon as keeper
import env
import makes
import peers
from networks import HERE, THERE, FarSshd, Firewall, why_no_firewall

pytestmark = pytest.mark.taupe_only


@pytest.fixture
def server(run, stack):
    """An sshd of the test's own."""
    return stack.enter_context(makes.OpenSSH(run))


@pytest.fixture
def add(daemon, echo):
    """add("name", …): a local forward to the echo service."""
    def launch(name="f", server="vps", start=True, **fields):
        fields.setdefault("local", "127.0.0.1:0")
        return daemon.add_forward(name, server, start=start,
                                  remote=f"127.0.0.1:{echo.port}", **fields)
    return launch


def links_to(port):
    """How many connections to this port of 127.0.0.1 are up."""
    needle = f"0100007F:{port:04X}"
    with open("/proc/net/tcp") as lines:
        rows = [line.split() for line in lines]
    return sum(row[2] == needle and row[3] == "01" for row in rows)


def wait_links(server, count):
    env.wait_until(lambda: links_to(server.port) == count,
                   lambda: f"{count} links, not {links_to(server.port)}")


def act(daemon, what, *names):
    ids = [daemon.forward(name)["id"] for name in names]
    return daemon.api("POST", f"/forwards/{what}", {"ids": ids})


# Lost, and found again.

@pytest.mark.sanitized
@pytest.mark.workers
def test_comes_back_after_the_servers_restart(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add()
    up = daemon.wait_state("f", "connected")
    server.stop()
    down = daemon.wait_state("f", "reconnecting")
    assert down["wanted"] and down["error"]["code"]
    assert down["bound_port"] == up["bound_port"]
    env.wait_until(lambda: daemon.forward("f")["next_try_at"], "a next try")
    assert env.listens(up["bound_port"])
    server.start()
    daemon.wait_state("f", "connected")
    assert daemon.forward("f")["error"] is None
    peers.round_trip(up["bound_port"])


def test_link_lost_says_for_how_long_it_was_up(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add()
    daemon.wait_state("f", "connected")
    server.end_sessions()
    lost = env.wait_until(
        lambda: daemon.api("GET", "/events?kind=state&code=link_lost"),
        "the loss in the history")
    assert all("up_ms" in event["args"] for event in lost), lost
    daemon.wait_state("f", "connected")


def test_a_frozen_session_is_noticed_by_keep_alive(daemon, server, add):
    daemon.add_server("vps", **server.fields(
        keep_alive_s=1, keep_alive_count=2))
    add()
    port = daemon.wait_state("f", "connected")["bound_port"]
    sessions = server.sessions()
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    try:
        env.wait_until(
            lambda: daemon.api("GET", "/events?code=link_lost"), "link_lost")
        daemon.wait_state("f", "connected")
        peers.round_trip(port)
    finally:
        for pid in sessions:
            env.kill(pid)


@pytest.mark.sanitized
def test_a_remote_port_that_the_dead_link_still_holds(daemon, server, echo):
    """The server's side of the old link is frozen and keeps the port: that is
    said in so many words, and tried again until it can be had."""
    port = env.free_port()
    daemon.add_server("vps", **server.fields(
        keep_alive_s=1, keep_alive_count=2))
    daemon.add_forward("f", "vps", "remote", remote=f"127.0.0.1:{port}",
                       local=f"127.0.0.1:{echo.port}", start=True)
    daemon.wait_state("f", "connected")
    peers.round_trip(port)
    frozen = server.sessions()
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        held = env.wait_until(
            lambda: daemon.api("GET", "/events?kind=notice"
                               "&code=notice.remote_port_held_by_old_link"),
            lambda: daemon.forward("f"))
        assert str(port) in held[0]["message"], held
        waits = daemon.forward("f")
        assert waits["state"] in ("reconnecting", "connecting"), waits
        assert waits["wanted"]
    finally:
        for pid in frozen:
            env.kill(pid)
    daemon.wait_state("f", "connected")
    peers.round_trip(port)


@pytest.fixture
def far(networks, run, stack):
    """(here, there, daemon, server) on a wire of their own; the forward's two
    ends are Unix sockets, which reach across."""
    here, there = networks
    server = stack.enter_context(FarSshd(run, there))
    daemon = stack.enter_context(keeper.Daemon(prefix=here.prefix))
    target = daemon.folder / "echo"
    stack.enter_context(peers.Service(peers.echo, path=target))

    def launch(**fields):
        daemon.add_server("far", **server.fields(**fields))
        daemon.add_forward("f", "far", local=str(daemon.folder / "in"),
                           remote=str(target), start=True)
        daemon.wait_state("f", "connected")
        peers.round_trip(daemon.folder / "in")
        return daemon, server
    return here, there, launch


@pytest.fixture(scope="session")
def firewalls(networks_here):
    why = why_no_firewall()
    if why:
        pytest.skip(why)


@pytest.mark.parametrize("verdict, then", [
    ("drop", {"connect_timeout"}),
    ("reject with tcp reset", {"connect_refused"}),
    ("reject with icmp admin-prohibited", {"host_unreachable"})])
def test_cut_by_a_firewall(firewalls, far, verdict, then):
    """Without a word, or with one: the link is lost, and why the next one can't
    be had is said; the rule gone, all is well."""
    _, there, launch = far
    daemon, server = launch(
        keep_alive_s=1, keep_alive_count=2, connect_timeout_s=1)
    rule = Firewall(there, server.port, verdict)
    lost = daemon.wait_state("f", "reconnecting")
    assert lost["error"]["code"] == "link_lost"
    env.wait_until(
        lambda: (daemon.forward("f")["error"] or {}).get("code") in then,
        lambda: daemon.forward("f"))
    rule.lift()
    daemon.wait_state("f", "connected")
    peers.round_trip(daemon.folder / "in")


def test_a_route_that_swallows_all(far):
    """Answers vanish without a word; then they come again."""
    _, there, launch = far
    daemon, _ = launch(keep_alive_s=1, keep_alive_count=2, connect_timeout_s=1)
    there.ip("route", "add", "blackhole", f"{HERE}/32")
    lost = daemon.wait_state("f", "reconnecting")
    assert lost["error"]["code"] == "link_lost"
    env.wait_until(
        lambda: (daemon.forward("f")["error"] or {})
        .get("code") == "connect_timeout", lambda: daemon.forward("f"))
    there.ip("route", "del", "blackhole", f"{HERE}/32")
    daemon.wait_state("f", "connected")
    peers.round_trip(daemon.folder / "in")


def test_a_network_that_went_is_noticed_at_once(far):
    """Not by the keep-alive, which is far away."""
    here, _, launch = far
    daemon, _ = launch(keep_alive_s=600)
    here.ip("link", "set", "wire", "down")
    daemon.wait_state("f", "reconnecting")
    here.ip("link", "set", "wire", "up")
    daemon.wait_state("f", "connected")
    peers.round_trip(daemon.folder / "in")
    notices = daemon.api("GET", "/events?kind=notice")
    assert "notice.network_changed" in [event["code"] for event in notices]


@pytest.fixture
def lost_names(networks, folder, stack):
    """What a command runs behind, so that it asks for names where questions
    vanish: (prefix, the server's network)."""
    here, there = networks
    config = folder / "resolv.conf"
    config.write_text(f"nameserver {THERE}\noptions timeout:30 attempts:5\n")
    mount = f"mount --bind {config} /etc/resolv.conf"
    unshare = ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]
    if subprocess.run([*unshare, "true"], capture_output=True,
                      check=False).returncode:
        pytest.skip("needs leave to mount")
    sink = env.Process(
        [*there.prefix, sys.executable, "-c", "import socket\n"
         "s = socket.socket(type=socket.SOCK_DGRAM)\n"
         f"s.bind(('{THERE}', 53))\nprint('bound', flush=True)\n"
         "while True: s.recv(512)"], folder / "sink.log")
    stack.callback(sink.stop)
    env.wait_until(lambda: "bound" in sink.said(), sink.said)
    return [*here.prefix, *unshare], there


def test_names_that_nobody_answers(lost_names, run, stack):
    """More of them than there are threads to look up names: who is reached by
    an address is not held up, nor is what else those threads do, nor the end."""
    prefix, there = lost_names
    server = stack.enter_context(FarSshd(run, there))
    daemon = stack.enter_context(keeper.Daemon(prefix=prefix))
    target = daemon.folder / "echo"
    stack.enter_context(peers.Service(peers.echo, path=target))
    for number in range(12):
        daemon.add_server(f"s{number}", f"s{number}.example", 22)
        daemon.add_forward(f"f{number}", f"s{number}", "dynamic",
                           local=str(daemon.folder / f"in{number}"),
                           start=True)
    daemon.add_server("far", **server.fields())
    daemon.add_forward("f", "far", local=str(daemon.folder / "in"),
                       remote=str(target), start=True)
    daemon.wait_state("f", "connected")
    peers.round_trip(daemon.folder / "in")
    assert daemon.forward("f0")["state"] == "connecting"
    done = daemon.api("POST", "/import", {
        "format": "command", "text": "ssh -N -D 1080 me@host.example"})
    assert done["applied"]
    assert daemon.stop() == 0


# Shared.

@pytest.mark.sanitized
def test_forwards_share_one_link_and_the_last_one_closes_it(
        daemon, server, add):
    daemon.add_server("vps", **server.fields())
    names = [f"f{n}" for n in range(5)]
    for name in names:
        add(name)
    for name in names:
        daemon.wait_state(name, "connected")
    assert links_to(server.port) == 1
    shown = daemon.api("GET", "/servers")[0]
    assert (shown["forwards"], shown["forwards_wanted"]) == (5, 5)
    assert [link["ready"] for link in shown["links"]] == [True]
    act(daemon, "stop", *names[:4])
    for name in names[:4]:
        daemon.wait_state(name, "disconnected")
    peers.round_trip(daemon.forward("f4")["bound_port"])
    assert links_to(server.port) == 1
    act(daemon, "stop", "f4")
    wait_links(server, 0)
    assert daemon.api("GET", "/servers")[0]["state"] == "disconnected"


@pytest.mark.sanitized
@pytest.mark.parametrize("pool", [1, 3])
def test_the_pool_grows_as_far_as_it_may(daemon, server, add, stack, pool):
    daemon.add_server("vps", **server.fields(pool=pool))
    add()
    port = daemon.wait_state("f", "connected")["bound_port"]
    ends = [stack.enter_context(peers.dial(port)) for _ in range(200)]
    for end in ends:
        end.sendall(b"x")
        assert end.recv(1) == b"x"
    wait_links(server, pool)
    shown = daemon.api("GET", "/servers")[0]
    assert len(shown["links"]) == pool
    assert daemon.forward("f")["connections"] == 200


@pytest.mark.sanitized
def test_numbers_stay_after_a_stop(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add()
    port = daemon.wait_state("f", "connected")["bound_port"]
    for _ in range(3):
        peers.round_trip(port, bytes(1000))
    act(daemon, "stop", "f")

    def numbers():
        forward = daemon.forward("f")
        return [forward[name] for name in (
            "bytes_in", "bytes_out", "connections_total", "connections")]
    env.wait_until(lambda: numbers() == [3000, 3000, 3, 0], numbers)


@pytest.mark.sanitized
def test_groups_start_and_stop(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    for number in range(6):
        add(f"f{number}", start=False, tags=["db"] if number % 2 else ["web"])

    def states():
        return "".join(f["state"][0] for f in daemon.api("GET", "/forwards"))
    for what, body, wanted in (
            ("start", {"tag": "db"}, "dcdcdc"), ("start", {"all": True},
                                                 "cccccc"),
            ("stop", {"tag": "web"}, "dcdcdc"), ("restart", {"tag": "db"},
                                                 "dcdcdc"),
            ("stop", {"all": True}, "dddddd")):
        daemon.api("POST", f"/forwards/{what}", body)
        env.wait_until(
            lambda wanted=wanted: states() == wanted and all(
                f["state"] != "connecting"
                for f in daemon.api("GET", "/forwards")), states)
    wait_links(server, 0)


def wait_connected_anew(daemon, path):
    since = daemon.api("GET", "/events?limit=1")[0]["id"]
    daemon.api("POST", path)
    env.wait_until(
        lambda: [event for event in daemon.api("GET", f"/events?after={since}")
                 if (event["state"], event["forward"]) == ("connected", "f")],
        "connected anew")


@pytest.mark.sanitized
def test_start_over(daemon, server, add):
    """A forward alone keeps the server's link; a server's is a new one."""
    daemon.add_server("vps", **server.fields())
    add()
    daemon.wait_state("f", "connected")
    before = server.sessions()
    add("other")
    daemon.wait_state("other", "connected")
    wait_connected_anew(
        daemon, f"/forwards/{daemon.forward('f')['id']}/restart")
    assert server.sessions() == before
    wait_connected_anew(daemon, "/servers/1/reconnect")
    assert not set(server.sessions()) & set(before)
    wait_links(server, 1)


# When.

@pytest.mark.sanitized
def test_lazy_connects_with_its_first_client(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add(lazy=True)
    waits = env.wait_until(
        lambda: (f := daemon.forward("f"))["listen"] and f,
        lambda: daemon.forward("f"))
    assert waits["standby"] and waits["state"] == "disconnected"
    assert links_to(server.port) == 0
    peers.round_trip(waits["bound_port"])
    assert not daemon.wait_state("f", "connected")["standby"]
    assert links_to(server.port) == 1


@pytest.mark.sanitized
def test_idle_rests_and_wakes(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add(idle_disconnect_s=1)
    port = daemon.wait_state("f", "connected")["bound_port"]
    for _ in range(2):
        with peers.dial(port) as end:
            end.sendall(b"x")
            assert end.recv(1) == b"x"
        env.wait_until(lambda: daemon.forward("f")["standby"], "rest")
        wait_links(server, 0)
        assert daemon.forward("f")["wanted"] and env.listens(port)


def test_auto_off(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add(auto_off_s=1)
    add("stays")
    assert daemon.wait_state("f", "connected")["auto_off_at"]
    off = daemon.wait_state("f", "disconnected")
    assert not off["wanted"] and off["auto_off_at"] is None
    assert daemon.api("GET", "/events?code=event.auto_off")
    assert daemon.wait_state("stays", "connected")["wanted"]
    daemon.restart()
    assert not daemon.forward("f")["wanted"]


@pytest.mark.sanitized
def test_auto_off_passes_while_the_daemon_is_away(daemon, server, add):
    daemon.add_server("vps", **server.fields())
    add(auto_off_s=3600)
    daemon.wait_state("f", "connected")
    daemon.kill()
    change(daemon, "UPDATE forward SET wanted_since_ms = wanted_since_ms"
           " - 3600000")
    daemon.start()
    daemon.wait_state("f", "disconnected")
    assert not daemon.forward("f")["wanted"]


def change(daemon, text):
    """Another past, in the database of a daemon that does not run."""
    with contextlib.closing(
            sqlite3.connect(daemon.state / "taupe.db")) as database:
        assert database.execute(text).rowcount == 1
        database.commit()


def test_autostart(daemon, server, add):
    """With the machine, but not what a person stopped since it came up."""
    daemon.add_server("vps", **server.fields())
    add(start=False, autostart=True)
    add("other", start=False)
    assert daemon.forward("f")["state"] == "disconnected"
    daemon.restart()
    daemon.wait_state("f", "connected")
    act(daemon, "stop", "f")
    for how in ("stop", "kill"):
        daemon.restart(how)
        assert daemon.forward("f")["state"] == "disconnected"
    daemon.stop()
    change(daemon, "UPDATE forward SET stopped_boot = 'another boot'"
           " WHERE name = 'f'")
    daemon.start()
    daemon.wait_state("f", "connected")
    assert daemon.forward("other")["state"] == "disconnected"
