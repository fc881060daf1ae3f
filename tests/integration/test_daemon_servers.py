"""Ways to a server: through others of the list, ssh's ProxyJump and
ProxyCommand texts; and what may be changed while it is in use."""
import re

import pytest

import env
import makes
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


@pytest.fixture
def pair(run, stack):
    """A jump host and what is behind it."""
    return [stack.enter_context(makes.OpenSSH(run)) for _ in range(2)]


@pytest.fixture
def carry(daemon, echo):
    """carry("server"): a forward there is up and carries; its port."""
    def launch(server, name="f"):
        daemon.add_forward(name, server, local="127.0.0.1:0",
                           remote=f"127.0.0.1:{echo.port}", start=True)
        port = daemon.wait_state(name, "connected")["bound_port"]
        peers.round_trip(port)
        return port
    return launch


def test_through_a_server_of_the_list(daemon, pair, carry):
    jump, end = pair
    first = daemon.add_server("jump", **jump.fields())
    through = daemon.add_server("end", **end.fields(jump_server="jump"))
    assert (through["jump_server"], through["jump_server_id"]) \
        == ("jump", first["id"])
    port = carry("end")
    assert jump.sessions() and end.sessions()
    assert daemon.refuses("DELETE", f"/servers/{first['id']}").code \
        == "still_in_use"
    jump.end_sessions()
    daemon.wait_state("f", ("reconnecting", "connecting"))
    daemon.wait_state("f", "connected")
    peers.round_trip(port)
    daemon.restart()
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])


def test_through_two_servers_of_the_list(daemon, run, stack, carry):
    before = None
    for number in range(3):
        server = stack.enter_context(makes.OpenSSH(run))
        daemon.add_server(f"hop {number}", **server.fields(
            jump_server=before))
        before = f"hop {number}"
    carry("hop 2")


def test_no_loops(daemon):
    for name, through in (("a", None), ("b", "a"), ("c", "b")):
        daemon.add_server(name, "127.0.0.1", 22, jump_server=through)
    problem = daemon.refuses("PATCH", "/servers/1", {"jump_server": "c"})
    assert problem.code == "invalid_argument"
    assert problem.answer.json["fields"][0]["field"] == "jump_server"
    problem = daemon.refuses("PATCH", "/servers/1", {"jump_server": "a"})
    assert problem.answer.json["fields"][0]["field"] == "jump_server"


def test_an_edited_jump_host_serves_with_the_next_link(
        daemon, run, stack, pair, carry):
    jump, end = pair
    other = stack.enter_context(makes.OpenSSH(run))
    daemon.add_server("jump", **jump.fields())
    daemon.add_server("end", **end.fields(jump_server="jump"))
    carry("end")
    daemon.api("PATCH", "/servers/1", {
        "port": other.port, "known_hosts": [str(other.known_hosts)]})
    jump.stop()
    env.wait_until(other.sessions, "the way through the other one")
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])


def test_proxy_jump(daemon, pair, carry, folder):
    jump, end = pair
    known = folder / "known"
    known.write_text(jump.known_hosts.read_text()
                     + end.known_hosts.read_text())
    daemon.add_server("end", **end.fields(
        proxy_jump=f"{makes.USER}@127.0.0.1:{jump.port}",
        known_hosts=[str(known)]))
    carry("end")
    assert jump.sessions()


def test_proxy_command(daemon, sshd, carry, folder, stack):
    """Its child knows nothing of the daemon's own matters."""
    seen = folder / "environ"
    notify = stack.enter_context(peers.Datagrams(folder / "notify"))
    daemon.environ |= {"NOTIFY_SOCKET": str(notify.path),
                       "WATCHDOG_USEC": "60000000"}
    daemon.restart()
    daemon.add_server("vps", **sshd.fields(
        proxy_command=f"sh -c 'env >{seen}; ls -l /proc/self/fd >>{seen}; "
                      "exec nc %h %p'"))
    port = carry("vps")
    environ, _, files = seen.read_text().partition("\ntotal 0\n")
    names = {line.partition("=")[0] for line in environ.splitlines()}
    assert not names & {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}
    targets = re.findall(r" (\d) -> (\S+)$", files, re.MULTILINE)
    assert [fd for fd, _ in targets[:3]] == ["0", "1", "2"]
    # ls looks at itself: what it opened to do so is the last.
    assert all(target.startswith("/proc/") for _, target in targets[3:])
    children = env.children(daemon.pid)
    assert children
    daemon.api("POST", "/forwards/1/stop")
    env.wait_until(lambda: not env.children(daemon.pid), "its end")
    daemon.api("POST", "/forwards/1/start")
    daemon.wait_state("f", "connected")
    for pid in env.children(daemon.pid):
        env.kill(pid)
    env.wait_until(lambda: set(env.children(daemon.pid)) - set(children)
                   and daemon.forward("f")["state"] == "connected",
                   "a new child")
    peers.round_trip(port and daemon.forward("f")["bound_port"])
    children = env.children(daemon.pid)
    assert daemon.stop() == 0
    assert not [pid for pid in children if alive(pid)]


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# What may change while it is in use.

def test_the_way_is_changed_stopped_first(daemon, sshd, carry):
    daemon.add_server("vps", **sshd.fields())
    carry("vps")
    problem = daemon.refuses("PATCH", "/servers/1", {"keep_alive_s": 7})
    assert (problem.status, problem.code) == (409, "still_running")
    assert daemon.refuses("DELETE", "/servers/1").code == "still_in_use"
    assert daemon.refuses("DELETE", "/servers/1?forwards=1").code \
        == "still_running"
    assert daemon.api("GET", "/servers/1")["keep_alive_s"] == 15
    assert daemon.forward("f")["state"] == "connected"


def test_names_and_notes_may_change_at_any_time(daemon, sshd, carry):
    daemon.add_server("vps", **sshd.fields())
    port = carry("vps")
    before = sshd.sessions()
    changed = daemon.api("PATCH", "/servers/1",
                         {"name": "my vps", "note": "in the cellar"})
    assert changed["revision"] == 2
    daemon.api("PATCH", "/forwards/1", {"tags": ["a"], "note": "n"})
    peers.round_trip(port)
    assert daemon.forward("f")["server"] == "my vps"
    assert sshd.sessions() == before


def test_stopped_changed_and_started_in_one(daemon, sshd, carry):
    daemon.add_server("vps", **sshd.fields())
    carry("vps")
    daemon.api("PATCH", "/servers/1?stop=1&start=1", {"keep_alive_s": 7})
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])
    daemon.api("PATCH", "/servers/1?stop=1", {"keep_alive_s": 8})
    assert daemon.wait_state("f", "disconnected")["wanted"] is False
    assert daemon.api("GET", "/servers/1")["keep_alive_s"] == 8


def test_a_forward_moves_to_another_server(daemon, pair, carry):
    daemon.add_server("one", **pair[0].fields())
    daemon.add_server("two", **pair[1].fields())
    carry("one")
    assert daemon.refuses("PATCH", "/forwards/1", {"server": "two"}).code \
        == "still_running"
    daemon.api("PATCH", "/forwards/1?stop=1&start=1", {"server": "two"})
    env.wait_until(pair[1].sessions, "its new server")
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])
    env.wait_until(lambda: not pair[0].sessions(), "the end of the old link")


def test_two_editors_do_not_overwrite_each_other(daemon, sshd):
    daemon.add_server("vps", **sshd.fields())
    tag = daemon.ask("GET", "/api/v1/servers/1").headers["etag"]
    daemon.api("PATCH", "/servers/1", {"note": "first"}, {"If-Match": tag})
    for request in (("PATCH", "/servers/1", {"note": "second"}),
                    ("DELETE", "/servers/1", None)):
        problem = daemon.refuses(*request, {"If-Match": tag})
        assert (problem.status, problem.code) == (412, "changed_meanwhile")
    assert daemon.api("GET", "/servers/1")["note"] == "first"


def test_removed_with_all_that_is_on_it(daemon, sshd, carry):
    daemon.add_server("vps", **sshd.fields())
    port = carry("vps")
    assert daemon.ask("DELETE", "/api/v1/servers/1?stop=1&forwards=1"
                      ).status == 204
    assert daemon.api("GET", "/servers") == daemon.api("GET", "/forwards") == []
    env.wait_until(lambda: not env.listens(port) and not sshd.sessions(),
                   "its end")
    events = daemon.api("GET", "/events?code=event.server_removed")
    assert [event["server"] for event in events] == ["vps"]
