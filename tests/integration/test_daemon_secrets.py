"""What is kept of answers, for how long, and where it must never be seen."""
import base64
import contextlib
import pathlib

import pytest

import daemon as keeper
import env
import keys
import makes
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


@pytest.fixture
def server(run, stack):
    """It wants a password."""
    return stack.enter_context(makes.OpenSSH(
        run, PasswordAuthentication="yes", PubkeyAuthentication="no"))


@pytest.fixture
def vps(daemon, server, echo):
    """vps(keep_secrets="…"): a started forward on that server."""
    def launch(**fields):
        daemon.add_server("vps", **server.fields(None, **fields))
        daemon.add_forward("f", "vps", local="127.0.0.1:0",
                           remote=f"127.0.0.1:{echo.port}", start=True)
    return launch


def prompt(daemon):
    def look():
        found = daemon.api("GET", "/prompts")
        return found[0] if found else None
    return env.wait_until(look, lambda: daemon.api("GET", "/forwards"))


def answer(daemon, text, keep=True):
    daemon.api("POST", f"/prompts/{prompt(daemon)['id']}/answer",
               {"answers": [text], "keep": keep})


def connected(daemon):
    """And nothing was asked on the way."""
    def look():
        assert daemon.api("GET", "/prompts") == []
        return daemon.forward("f")["state"] == "connected"
    env.wait_until(look, lambda: f"{daemon.forward('f')}\n{daemon.said()}")
    peers.round_trip(daemon.forward("f")["bound_port"])


def act(daemon, what):
    daemon.api("POST", f"/forwards/{daemon.forward('f')['id']}/{what}")


def stored(daemon):
    return [row["kind"] for row in
            daemon.api("GET", "/servers/1")["stored_secrets"]]


def test_kept(daemon, vps, server):
    """Through a lost link, a stop, a restart and a crash."""
    vps()
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    env.wait_until(lambda: stored(daemon) == ["password"], "the secret")
    assert daemon.api("GET", "/settings")["secrets"] == "sealed"
    since = daemon.api("GET", "/events?limit=1")[0]["id"]
    server.end_sessions()
    env.wait_until(lambda: daemon.api(
        "GET", f"/events?after={since}&code=link_lost") or daemon.api(
        "GET", f"/events?after={since}&code=disconnected_by_server"), "a loss")
    connected(daemon)
    act(daemon, "stop")
    daemon.wait_state("f", "disconnected")
    act(daemon, "start")
    connected(daemon)
    for how in ("stop", "kill"):
        daemon.restart(how)
        connected(daemon)


def test_kept_only_when_asked_to(daemon, vps):
    vps()
    answer(daemon, makes.PASSWORD, keep=False)
    daemon.wait_state("f", "connected")
    assert stored(daemon) == []
    daemon.restart()
    assert prompt(daemon)["kind"] == "password"


def test_kept_only_when_it_is_right(daemon, vps):
    vps()
    answer(daemon, "wrong")
    env.wait_until(lambda: prompt(daemon)["retry"], "another question")
    assert stored(daemon) == []
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    env.wait_until(lambda: stored(daemon) == ["password"], "the secret")


def test_kept_while_the_daemon_runs(daemon, vps):
    vps(keep_secrets="session")
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    act(daemon, "stop")
    daemon.wait_state("f", "disconnected")
    act(daemon, "start")
    connected(daemon)
    daemon.restart()
    assert prompt(daemon)["kind"] == "password"
    assert stored(daemon) == []


def test_never_kept(daemon, vps):
    vps(keep_secrets="never")
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    act(daemon, "stop")
    daemon.wait_state("f", "disconnected")
    act(daemon, "start")
    assert prompt(daemon)["kind"] == "password"
    assert stored(daemon) == []


def test_set_ahead_and_forgotten(daemon, vps):
    vps(password=makes.PASSWORD)
    connected(daemon)
    assert stored(daemon) == ["password"]
    assert daemon.ask("DELETE", "/api/v1/servers/1/secrets").status == 204
    assert stored(daemon) == []
    act(daemon, "restart")
    daemon.api("POST", "/servers/1/reconnect")
    prompt(daemon)
    assert daemon.ask("PUT", "/api/v1/servers/1/secrets", {
        "kind": "password", "value": makes.PASSWORD}).status == 204
    env.wait_until(lambda: daemon.forward("f")["state"] == "connected",
                   "the waiting question served")


def test_a_passphrase_of_a_key(daemon, run, sshd, echo):
    daemon.add_server("vps", **sshd.fields(
        identity_files=[str(run.keys.locked)], identities_only=True,
        passphrase=keys.PASSPHRASE))
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    connected(daemon)
    daemon.restart()
    connected(daemon)


def test_under_a_passphrase(daemon, vps):
    """Locked after a start, until it is given."""
    word = "tunnels are dark"
    vps(password=makes.PASSWORD)
    connected(daemon)
    assert daemon.ask("PUT", "/api/v1/settings/secrets", {
        "how": "passphrase", "passphrase": word}).status == 204
    daemon.restart()
    settings = daemon.api("GET", "/settings")
    assert (settings["secrets"], settings["secrets_locked"]) \
        == ("passphrase", True)
    assert daemon.forward("f")["state"] != "connected"
    assert daemon.refuses("POST", "/settings/unlock",
                          {"passphrase": "wrong"}).status == 403
    assert daemon.ask("POST", "/api/v1/settings/unlock",
                      {"passphrase": word}).status == 204
    env.wait_until(lambda: daemon.forward("f")["state"] == "connected",
                   lambda: f"{daemon.forward('f')} "
                           f"{daemon.api('GET', '/prompts')}")
    seen_nowhere(daemon, word)


def test_a_proxys_password(daemon, sshd, web):
    daemon.add_server("vps", **sshd.fields())
    made = daemon.add_forward(
        "f", "vps", "dynamic", local="127.0.0.1:0", start=True,
        socks_user="mole", socks_password="very dark")
    assert made["has_socks_password"]
    for _ in range(2):
        port = daemon.wait_state("f", "connected")["bound_port"]
        for login, good in (("mole:very%20dark@", True), ("", False),
                            ("mole:other@", False)):
            done = peers.curl(f"http://127.0.0.1:{web.port}/", "--proxy",
                              f"socks5h://{login}127.0.0.1:{port}")
            assert (done.returncode == 0) == good, done.stderr
        seen_nowhere(daemon, "very dark")
        daemon.restart()


def test_a_proxy_whose_password_is_forgotten(daemon, sshd):
    """It is not open to everybody then."""
    daemon.add_server("vps", **sshd.fields())
    made = daemon.add_forward(
        "f", "vps", "dynamic", local="127.0.0.1:0", start=True,
        socks_user="mole", socks_password="very dark")
    daemon.wait_state("f", "connected")
    daemon.api("DELETE", "/settings/secrets")
    daemon.restart()
    assert daemon.wait_state("f", "error")["error"]["code"] == \
        "invalid_argument"
    daemon.api("PATCH", f"/forwards/{made['id']}?stop=1&start=1",
               {"socks_password": "very light"})
    daemon.wait_state("f", "connected")


def test_a_password_that_cannot_be_kept(daemon, server):
    """Nothing is half done: neither the server is there, nor its change."""
    fields = {"name": "vps", **server.fields(None)}
    daemon.api("PUT", "/settings/secrets", {"how": "passphrase",
                                            "passphrase": "open"})
    daemon.restart()
    refused = daemon.refuses("POST", "/servers",
                             {**fields, "password": makes.PASSWORD})
    assert refused.code == "secrets_locked"
    assert daemon.api("GET", "/servers") == []
    daemon.api("POST", "/servers", fields)
    refused = daemon.refuses("PATCH", "/servers/1",
                             {"name": "other", "password": makes.PASSWORD})
    assert refused.code == "secrets_locked"
    assert daemon.api("GET", "/servers/1")["name"] == "vps"
    daemon.api("PATCH", "/servers/1", {"keep_secrets": "session",
                                       "password": makes.PASSWORD})


def test_the_key_is_lost(daemon, vps):
    """The way out: everything is forgotten, and asked for again."""
    vps()
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    env.wait_until(lambda: stored(daemon) == ["password"], "the secret")
    daemon.stop()
    (daemon.state / "secret.key").unlink()
    daemon.start()
    assert daemon.api("GET", "/settings")["secrets_locked"]
    assert prompt(daemon)["kind"] == "password"
    with daemon.stream() as stream:
        stream.wait("hello")
        daemon.api("DELETE", "/settings/secrets")
        assert not stream.wait("settings")[2]["secrets_locked"]
    assert stored(daemon) == []
    assert prompt(daemon)["kind"] == "password"
    answer(daemon, makes.PASSWORD)
    connected(daemon)
    env.wait_until(lambda: stored(daemon) == ["password"], "the secret")
    daemon.restart()
    connected(daemon)


READABLE = [
    "/forwards", "/servers", "/servers/1", "/events?limit=1000", "/prompts",
    "/settings", "/status", "/doctor", "/tokens", "/known-hosts",
    "/export?format=json", "/export?format=ssh", "/export?format=ssh-commands"]


def seen_nowhere(daemon, *secrets):
    """Not in files, not in what it says, not where `ps` looks."""
    places = {path: daemon.ask("GET", f"/api/v1{path}").body
              for path in READABLE}
    places["metrics"] = daemon.ask("GET", "/metrics").body
    for path in daemon.folder.rglob("*"):
        if path.is_file():
            places[path] = path.read_bytes()
    for name in ("cmdline", "environ"):
        places[name] = pathlib.Path(f"/proc/{daemon.pid}/{name}").read_bytes()
    for secret in secrets:
        for form in (secret.encode(), base64.b64encode(secret.encode())[:-3],
                     secret.encode().hex().encode()):
            for place, data in places.items():
                assert form not in data, f"{secret} is in {place}"


def test_secrets_are_seen_nowhere(run, server, stack, echo):
    """However much is logged."""
    daemon = stack.enter_context(keeper.Daemon("--log-level", "trace"))
    stream = stack.enter_context(daemon.stream())
    daemon.add_server("vps", **server.fields(
        None, identity_files=[str(run.keys.locked)],
        passphrase=keys.PASSPHRASE))
    daemon.add_forward("f", "vps", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    answer(daemon, "a wrong one")
    env.wait_until(lambda: prompt(daemon)["retry"], "another question")
    answer(daemon, makes.PASSWORD)
    daemon.wait_state("f", "connected")
    daemon.api("POST", "/servers/1/test")
    daemon.command("server", "show", "vps", "--json")
    secrets = makes.PASSWORD, keys.PASSPHRASE, "a wrong one"
    seen_nowhere(daemon, *secrets)
    assert not any(s in str(stream.messages) for s in secrets)
    for path in daemon.state.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    daemon.stop()
    assert not any(s in daemon.process.said() for s in secrets)


# In memory.

LARGE = 1 << 28  # what a sanitizer keeps account in


def times_in_memory(pid, text):
    """How often it is there, in what a core dump would hold."""
    count = 0
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights = line.split()[:2]
            start, end = (int(number, 16) for number in place.split("-"))
            if "w" not in rights or "r" not in rights or end - start > LARGE:
                continue
            memory.seek(start)
            with contextlib.suppress(OSError):
                count += memory.read(end - start).count(text.encode())
    return count


@pytest.mark.parametrize("keep", ["keep", "never"])
def test_nothing_is_left_in_memory(daemon, vps, keep):
    """Of an answer, when nobody needs it any more; of one set ahead, until
    somebody does. While it runs, a server's pool may need it again."""
    try:
        open(f"/proc/{daemon.pid}/mem", "rb").close()
    except PermissionError:
        pytest.skip("may not look into the daemon's memory")
    vps(keep_secrets=keep)
    answer(daemon, makes.PASSWORD, keep == "keep")
    connected(daemon)
    assert times_in_memory(daemon.pid, makes.PASSWORD) > 0
    act(daemon, "stop")
    daemon.wait_state("f", "disconnected")
    env.wait_until(lambda: times_in_memory(daemon.pid, makes.PASSWORD) == 0,
                   "a clean memory")
    daemon.api("PATCH", "/servers/1", {"keep_secrets": "keep"})
    daemon.api("PUT", "/servers/1/secrets",
               {"kind": "password", "value": "set ahead, and sealed"})
    assert times_in_memory(daemon.pid, "set ahead, and sealed") == 0
