"""Trouble, as the API tells it: a stable code, a sentence in both languages, and
what to do next. The table of what may go wrong, row by row."""
import contextlib
import socket

import pytest

import daemon as keeper
import env
import keys
import makes
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


def told(daemon, path, code, *needles, field="error"):
    """Waits for that code; checks its words; its arguments."""
    def look(lang="en"):
        resource = daemon.api("GET", path,
                              headers={"Accept-Language": lang})
        trouble = resource[field]
        return trouble if trouble and trouble["code"] == code else None
    english = env.wait_until(look, lambda: f"{code}: "
                             f"{daemon.api('GET', path)}\n{daemon.said()}")
    french = look("fr") or english
    assert english["message"] and english["offer"]
    assert (english["message"], english["offer"]) \
        != (french["message"], french["offer"])
    assert english["args"] == french["args"]
    for words in (english["message"], french["message"]):
        assert "{" not in words
        for needle in needles:
            assert str(needle) in words, words
    return english


def start(daemon, fields, kind="local", **more):
    """A forward on a server with these fields; its path."""
    daemon.add_server("vps", **fields)
    more.setdefault("local", "127.0.0.1:0")
    if kind == "local":
        more.setdefault("remote", "127.0.0.1:9")
    return f"/forwards/{daemon.add_forward('f', 'vps', kind, start=True, **more)['id']}"


def history(daemon, code):
    """The codes of the history, too, in both languages."""
    events = [daemon.api("GET", f"/events?code={code}",
                         headers={"Accept-Language": lang})
              for lang in ("en", "fr")]
    assert events[0] and events[0][0]["message"] != events[1][0]["message"]


# Reaching the server.

def test_dns_failed(daemon):
    path = start(daemon, {"host": "nowhere.invalid", "port": 22})
    told(daemon, path, "dns_failed", "nowhere.invalid")
    history(daemon, "dns_failed")


def test_connect_refused(daemon):
    port = env.free_port()
    path = start(daemon, {"host": "127.0.0.1", "port": port})
    told(daemon, path, "connect_refused", "127.0.0.1", port)
    history(daemon, "connect_refused")
    assert env.wait_until(lambda: daemon.forward("f")["next_try_at"],
                          "the next try")


def test_connect_timeout(daemon):
    """A port whose queue is full answers no more."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with contextlib.suppress(TimeoutError):
            while True:
                one = held.enter_context(socket.socket())
                one.settimeout(0.3)
                one.connect(("127.0.0.1", port))
        path = start(daemon, {"host": "127.0.0.1", "port": port,
                              "connect_timeout_s": 1})
        told(daemon, path, "connect_timeout", "127.0.0.1", port, 1)


def test_host_unreachable(networks, stack):
    daemon = stack.enter_context(keeper.Daemon(prefix=networks[0].prefix))
    path = start(daemon, {"host": "198.51.100.7", "port": 22})
    told(daemon, path, "host_unreachable", "198.51.100.7")


def test_something_else_answers(daemon):
    def greet(connection):
        connection.sendall(b"220 mail.example ESMTP\r\n" * 2000)
        peers.drain(connection)

    with peers.Service(greet) as mail:
        path = start(daemon, {"host": "127.0.0.1", "port": mail.port})
        told(daemon, path, "protocol_error")


def test_a_web_page_answers(daemon):
    """A guest network's portal takes every port, and may hold the line."""
    def portal(connection):
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n")
        peers.drain(connection)

    with peers.Service(portal) as web:
        path = start(daemon, {"host": "127.0.0.1", "port": web.port})
        trouble = told(daemon, path, "protocol_error", "HTTP/1.1 302 Found",
                       "127.0.0.1", web.port)
        assert "browser" in trouble["offer"]
        history(daemon, "protocol_error")
        event = daemon.api("GET", "/events?code=protocol_error")[0]
        assert trouble["message"] in event["message"]


def test_a_server_that_hangs_up_at_once(daemon):
    """MaxStartups, fail2ban, a server that is starting: not a lost link."""
    with peers.Service(lambda connection: connection.recv(100)) as server:
        path = start(daemon, {"host": "127.0.0.1", "port": server.port})
        trouble = told(daemon, path, "link_lost", "127.0.0.1", server.port)
        assert "was lost" not in trouble["message"]
        assert "MaxStartups" in trouble["offer"]


def test_a_server_that_says_why_and_hangs_up(daemon):
    def refuse(connection):
        connection.recv(100)
        connection.sendall(b"Exceeded MaxStartups\r\n")

    with peers.Service(refuse) as server:
        path = start(daemon, {"host": "127.0.0.1", "port": server.port})
        told(daemon, path, "link_lost", "Exceeded MaxStartups")


def test_a_server_that_hangs_up_in_the_handshake(daemon):
    def greet(connection):
        connection.sendall(b"SSH-2.0-busy\r\n")
        connection.recv(100)

    with peers.Service(greet) as server:
        path = start(daemon, {"host": "127.0.0.1", "port": server.port})
        trouble = told(daemon, path, "link_lost", "127.0.0.1", server.port)
        assert "was lost" not in trouble["message"]


@pytest.mark.parametrize("greeting, said", (
    (b"", "said nothing"), (b"SSH-2.0-mute\r\n", "SSH-2.0-mute")))
def test_a_server_that_falls_silent(daemon, greeting, said):
    """The packets got through: that is another trouble than none."""
    def talk(connection):
        connection.sendall(greeting)
        peers.drain(connection)

    with peers.Service(talk) as server:
        path = start(daemon, {"host": "127.0.0.1", "port": server.port,
                              "connect_timeout_s": 1})
        trouble = told(daemon, path, "connect_timeout", "127.0.0.1",
                       server.port, 1)
        assert said in trouble["message"]


# Whether it is itself.

@pytest.fixture
def book(folder):
    return folder / "known_hosts"


def prompt(daemon, kind):
    def look():
        found = daemon.api("GET", "/prompts")
        return found[0] if found and found[0]["kind"] == kind else None
    return env.wait_until(look, lambda: f"{kind}: {daemon.api('GET', '/prompts')}"
                          f" {daemon.api('GET', '/forwards')}")


def answer(daemon, asked, *answers, **more):
    daemon.api("POST", f"/prompts/{asked['id']}/answer",
               {"answers": list(answers), **more})


def test_host_key_unknown(daemon, run, stack, book, echo):
    """Asked once, with the fingerprint; nothing is sent before the answer."""
    server = stack.enter_context(makes.OpenSSH(run, host_types=("ed25519",)))
    stream = stack.enter_context(daemon.stream())
    path = start(daemon, server.fields(known_hosts=[str(book)]),
                 remote=f"127.0.0.1:{echo.port}")
    fingerprint = run.keys.fingerprint(run.keys.host["ed25519"])
    asked = prompt(daemon, "host_key")
    assert asked["host_key"]["fingerprint"] == fingerprint
    assert asked["host_key"]["type"] == "ED25519"
    assert str(server.port) in asked["host_key"]["host"] + asked["about"]
    told(daemon, path, "host_key_unknown", fingerprint)
    stream.wait("prompt", lambda data: data["id"] == asked["id"])
    for word in ("Accepted", "Postponed", "Failed", makes.USER):
        assert word not in server.said()
    assert daemon.api("GET", "/status")["prompts"] == 1
    answer(daemon, asked, "yes")
    stream.wait("prompt_gone", lambda data: data["id"] == asked["id"])
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])
    assert book.read_text().startswith(f"[127.0.0.1]:{server.port} ssh-ed25519")
    listed = daemon.api("GET", "/known-hosts?server_id=1")
    assert [row["fingerprint"] for row in listed] == [fingerprint]
    daemon.restart()
    daemon.wait_state("f", "connected")
    assert daemon.api("GET", "/prompts") == []


def test_host_key_declined(daemon, sshd, book):
    path = start(daemon, sshd.fields(known_hosts=[str(book)]))
    answer(daemon, prompt(daemon, "host_key"), "no")
    daemon.wait_state("f", "error")
    told(daemon, path, "host_key_unknown")
    assert daemon.forward("f")["next_try_at"] is None
    assert not book.exists() or not book.read_text()
    daemon.api("POST", f"{path}/start")
    asked = prompt(daemon, "host_key")
    answer(daemon, asked, asked["host_key"]["fingerprint"])
    daemon.wait_state("f", "connected")


def test_host_key_strict(daemon, sshd, book):
    path = start(daemon, sshd.fields(known_hosts=[str(book)],
                                     host_key_policy="strict"))
    told(daemon, path, "host_key_unknown", "SHA256:")
    assert daemon.api("GET", "/prompts") == []


@pytest.mark.parametrize("policy", ["ask", "strict", "accept-new"])
def test_host_key_changed(daemon, run, sshd, book, policy):
    """Both fingerprints, the file and the line; it never connects."""
    book.write_text("# a comment\n" + keys.known_hosts_line(
        sshd.port, run.keys.other_host))
    before = book.read_text()
    path = start(daemon, sshd.fields(
        known_hosts=[str(book)], host_key_policy=policy,
        host_key_algorithms="ssh-ed25519"))
    trouble = told(daemon, path, "host_key_changed", book,
                   run.keys.fingerprint(run.keys.host["ed25519"]),
                   run.keys.fingerprint(run.keys.other_host))
    assert trouble["args"]["line"] == "2"
    assert daemon.forward("f")["state"] == "error"
    assert daemon.api("GET", "/prompts") == []
    assert book.read_text() == before
    history(daemon, "host_key_changed")


# Whether we may.

def test_auth_failed(daemon, run, sshd):
    path = start(daemon, sshd.fields(
        identity_files=[str(run.keys.stranger)], identities_only=True))
    trouble = told(daemon, path, "auth_failed", makes.USER)
    assert "stranger" in trouble["args"]["tried"]
    assert "publickey" in trouble["args"]["offered"]
    assert daemon.forward("f")["state"] == "error"
    history(daemon, "auth_failed")


@pytest.fixture
def by_password(run, stack):
    return stack.enter_context(makes.OpenSSH(
        run, PasswordAuthentication="yes", PubkeyAuthentication="no"))


def test_password_is_asked(daemon, by_password, echo):
    path = start(daemon, by_password.fields(None),
                 remote=f"127.0.0.1:{echo.port}")
    asked = prompt(daemon, "password")
    assert asked["server"] == "vps" and not asked["retry"]
    assert makes.USER in asked["about"] and len(asked["fields"]) == 1
    assert not asked["fields"][0]["echo"]
    trouble = told(daemon, path, "need_input", asked["about"])
    assert "nobody" not in trouble["message"]
    answer(daemon, asked, "wrong")
    again = env.wait_until(lambda: (p := prompt(daemon, "password"))["retry"]
                           and p, "a second question")
    answer(daemon, again, makes.PASSWORD)
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])
    assert daemon.forward("f")["error"] is None


def test_question_is_cancelled(daemon, by_password):
    path = start(daemon, by_password.fields(None))
    asked = prompt(daemon, "password")
    daemon.api("POST", f"/prompts/{asked['id']}/cancel")
    daemon.wait_state("f", "error")
    assert daemon.api("GET", path)["error"]["code"] in (
        "need_input", "auth_failed", "cancelled")
    assert daemon.refuses("POST", f"/prompts/{asked['id']}/answer",
                          {"answers": ["late"]}).status == 404


def test_question_goes_with_its_forward(daemon, by_password):
    path = start(daemon, by_password.fields(None))
    prompt(daemon, "password")
    daemon.api("POST", f"{path}/stop")
    env.wait_until(lambda: daemon.api("GET", "/prompts") == [], "its end")
    assert daemon.forward("f")["state"] == "disconnected"


def test_passphrase_is_asked(daemon, run, sshd, echo):
    path = start(daemon, sshd.fields(
        identity_files=[str(run.keys.locked)], identities_only=True),
        remote=f"127.0.0.1:{echo.port}")
    asked = prompt(daemon, "passphrase")
    assert str(run.keys.locked) in asked["about"]
    told(daemon, path, "need_input", run.keys.locked)
    answer(daemon, asked, keys.PASSPHRASE)
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])


def test_one_time_code_is_asked(daemon, run, stack, echo):
    """Two rounds, the second with two fields, in the server's own words."""
    server = stack.enter_context(makes.AsyncSSH(run, mode=("kbdint",)))
    start(daemon, server.fields(None), remote=f"127.0.0.1:{echo.port}")
    asked = prompt(daemon, "keyboard_interactive")
    assert asked["fields"] == [{"text": "Password: ", "echo": False}]
    assert "Please answer." in asked["instruction"]
    assert daemon.refuses("POST", f"/prompts/{asked['id']}/answer",
                          {"answers": ["a", "b"]}).status == 422
    answer(daemon, asked, makes.PASSWORD)
    asked = env.wait_until(
        lambda: (p := prompt(daemon, "keyboard_interactive"))["fields"][0]
        ["text"] == "Code: " and p, "the second round")
    assert [field["echo"] for field in asked["fields"]] == [True, True]
    answer(daemon, asked, "123456", "mauve")
    peers.round_trip(daemon.wait_state("f", "connected")["bound_port"])


# What it would not do.

@pytest.mark.parametrize("config", [
    {"AllowTcpForwarding": "local"}, {"PermitListen": "none"}, {}],
    ids=["forbidden", "not permitted", "taken"])
def test_remote_listen_refused(daemon, run, stack, echo, config):
    server = stack.enter_context(makes.OpenSSH(run, **config))
    port = echo.port if not config else env.free_port()
    path = start(daemon, server.fields(), "remote",
                 remote=f"127.0.0.1:{port}", local=f"127.0.0.1:{echo.port}")
    told(daemon, path, "remote_listen_refused", port)
    history(daemon, "remote_listen_refused")


def refused_target(daemon, fields, code, remote):
    """The forward stays connected and shows the last failure."""
    path = start(daemon, fields, remote=remote)
    port = daemon.wait_state("f", "connected")["bound_port"]
    peers.dial_in_vain(port)
    trouble = told(daemon, path, code, remote, field="last_target_error")
    assert trouble["at"]
    forward = daemon.forward("f")
    assert forward["state"] == "connected" and forward["error"] is None
    history(daemon, code)


def test_target_refused(daemon, sshd):
    refused_target(daemon, sshd.fields(), "target_refused",
                   f"127.0.0.1:{env.free_port()}")


def test_target_unreachable(daemon, sshd):
    refused_target(daemon, sshd.fields(), "target_unreachable",
                   "nowhere.invalid:80")


def test_target_prohibited(daemon, run, stack):
    server = stack.enter_context(makes.OpenSSH(run, PermitOpen="127.0.0.1:1"))
    refused_target(daemon, server.fields(), "target_prohibited",
                   "127.0.0.1:9")


# The staged test, on a good way and on a bad one.

def stages(daemon, path):
    test = daemon.api("POST", f"{path}/test")["id"]
    done = env.wait_until(
        lambda: (t := daemon.api("GET", f"/tests/{test}"))["done"] and t,
        lambda: daemon.api("GET", f"/tests/{test}"))
    return done, {stage["stage"]: stage["state"] for stage in done["stages"]}


def test_a_test_finds_the_stage_that_fails(daemon, run, sshd, echo):
    daemon.add_server("good", **sshd.fields())
    daemon.add_server("deaf", "127.0.0.1", env.free_port())
    daemon.add_server("stranger", **sshd.fields(
        identity_files=[str(run.keys.stranger)], identities_only=True))
    done, found = stages(daemon, "/servers/1")
    assert done["ok"] and set(found.values()) == {"ok"}, done
    assert list(found) == ["dns", "tcp", "banner", "host_key", "auth"]
    done, found = stages(daemon, "/servers/2")
    assert not done["ok"] and found["tcp"] == "failed", done
    assert found["auth"] == "skipped"
    done, found = stages(daemon, "/servers/3")
    assert found["host_key"] == "ok" and found["auth"] == "failed", done
    daemon.add_forward("f", "good", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{echo.port}")
    daemon.add_forward("g", "good", local="127.0.0.1:0",
                       remote=f"127.0.0.1:{env.free_port()}")
    done, found = stages(daemon, "/forwards/1")
    assert done["ok"] and list(found)[-2:] == ["permission", "target"], done
    done, found = stages(daemon, "/forwards/2")
    assert not done["ok"] and found["target"] == "failed", done
    assert done["stages"][-1]["error"]["code"] == "target_refused"
    assert {f["state"] for f in daemon.api("GET", "/forwards")} \
        == {"disconnected"}
