"""The command line of the daemon: the guide's steps in both languages, what it
prints for people and for programs, what it asks, and its exit codes."""
import json
import os
import re
import signal
import subprocess

import pytest

import console
import daemon as driver
import env
import makes
import peers
import taupe

WORDS = {
    "en": {"connected": "Connected", "disconnected": "Disconnected",
           "running": "running", "name": "Name", "error": "Error",
           "unknown": "There is no forward", "deleted": "Delete the forward"},
    "fr": {"connected": "Connecté", "disconnected": "Déconnecté",
           "running": "en marche", "name": "Nom", "error": "Erreur",
           "unknown": "n’existe pas", "deleted": "Supprimer la redirection"},
}
LANGUAGES = pytest.mark.parametrize("lang", ["en", "fr"])


@pytest.fixture(scope="module")
def daemon():
    with driver.Daemon() as made:
        yield made


@pytest.fixture
def fresh():
    with driver.Daemon() as made:
        yield made


class Speaker:
    """`taupe` in one language."""

    def __init__(self, daemon, lang="en"):
        self.daemon = daemon
        self.environ = {"LC_ALL": "", "LC_MESSAGES": "",
                        "LANG": {"en": "C.UTF-8", "fr": "fr_FR.UTF-8"}[lang]}

    def __call__(self, *words, code=0, text=None, environ=None):
        return self.daemon.command(
            *words, code=code, text=text,
            environ={**self.environ, **(environ or {})})

    def out(self, *words, **options):
        return self(*words, **options)[1]

    def json(self, *words, **options):
        return json.loads(self.out(*words, "--json", **options))

    def terminal(self, *words, **options):
        environ = {**self.daemon.environ, **self.environ,
                   "LC_CTYPE": "C.UTF-8",
                   "TAUPE_STATE": str(self.daemon.state),
                   "TAUPE_SOCKET": str(self.daemon.socket)}
        return console.Console([*taupe.COMMAND, *words], environ, **options)


def add_server(say, sshd, name="My VPS", *options, key="ed25519"):
    identity = ["-i", sshd.run.keys.user[key]] if key else []
    say("server", "add", name, f"{makes.USER}@127.0.0.1:{sshd.port}",
        *identity, "--known-hosts", sshd.known_hosts, *options)


@LANGUAGES
def test_the_guide_step_by_step(fresh, sshd, lang):
    words = WORDS[lang]
    say = Speaker(fresh, lang)
    add_server(say, sshd)
    with peers.Service(peers.echo) as mysql:
        local, remote, proxy = (env.free_port() for _ in range(3))
        say("add", "MySQL to localhost", "--server", "My VPS",
            "--type", "local", "--local", f"127.0.0.1:{local}",
            "--remote", f"127.0.0.1:{mysql.port}")
        say("add", "Dev", "--server", "My VPS", "--type", "remote",
            "--local", f"127.0.0.1:{mysql.port}",
            "--remote", f"127.0.0.1:{remote}")
        say("add", "Proxy", "--server", "My VPS", "--type", "dynamic",
            "--local", f"127.0.0.1:{proxy}")
        listed = say.out("ls")
        assert listed.count(words["disconnected"]) == 3
        # Start: all three carry traffic.
        started = say.out("up", "MySQL to localhost", "Dev", "Proxy")
        assert started.count(words["connected"]) == 3
        assert started.count(" → ") == 3  # that locale installed or not
        peers.round_trip(("127.0.0.1", local))
        peers.round_trip(("127.0.0.1", remote))
        assert say.out("ls").count(words["connected"]) == 3
    # Edit and delete want it stopped.
    said = say("edit", "MySQL", "--local", "127.0.0.1:1", code=1)[2]
    assert words["running"] in said and "taupe down" in said
    said = say("rm", "MySQL", "--yes", code=1)[2]
    assert words["running"] in said
    # Stop, edit, start again.
    assert words["disconnected"] in say.out("down", "MySQL")
    other = env.free_port()
    say("edit", "MySQL", "--local", f"127.0.0.1:{other}")
    assert f"127.0.0.1:{other}" in say.out("ls")
    say("up", "MySQL")
    assert env.listens(other)
    # Delete, with a confirmation.
    say("down", "--all")
    with say.terminal("rm", "MySQL") as asked:
        asked.wait_seen("MySQL to localhost")
        asked.type("no")
        assert asked.wait() == 1
    assert len(say.json("ls")) == 3
    with say.terminal("rm", "MySQL") as asked:
        asked.wait_seen(words["deleted"])
        asked.type("yes")
        assert asked.wait() == 0
    assert [f["name"] for f in say.json("ls")] == ["Dev", "Proxy"]


def test_what_programs_read(daemon, sshd):
    say = Speaker(daemon)
    add_server(say, sshd, "shapes")
    port = env.free_port()
    say("add", "shape one", "--server", "shapes", "--type", "local",
        "--local", f"127.0.0.1:{port}", "--remote", "127.0.0.1:9",
        "--tag", "a", "--tag", "b")
    one = next(f for f in say.json("ls") if f["name"] == "shape one")
    expected = {
        "name": "shape one", "type": "local", "server": "shapes",
        "local": f"127.0.0.1:{port}", "remote": "127.0.0.1:9",
        "state": "disconnected", "connections": 0, "bytes_in": 0,
        "bytes_out": 0, "error": None, "tags": ["a", "b"]}
    assert expected.items() <= one.items()
    assert say.json("show", "shape one")["id"] == one["id"]
    assert say.json("server", "show", "shapes")["port"] == sshd.port
    # States are English words in every language.
    french = Speaker(daemon, "fr")
    assert french.json("show", "shape one")["state"] == "disconnected"
    up = say.json("up", "shape one")
    assert [f["state"] for f in up] == ["connected"]
    assert say.json("conns") == []
    assert say.json("status")["pid"] == daemon.pid
    assert say.json("down", "shape one")[0]["state"] == "disconnected"
    assert isinstance(say.json("logs"), list)
    say("rm", "shape one", "--yes")
    say("server", "rm", "shapes", "--yes")


def test_names_and_their_beginnings(daemon, sshd):
    say = Speaker(daemon)
    add_server(say, sshd, "names")
    for name in ("Postgres", "Post office", "Redis"):
        say("add", name, "--server", "na", "--type", "dynamic",
            "--local", "127.0.0.1:0")
    assert say.json("show", "Red")["name"] == "Redis"
    assert say.json("show", "red")["name"] == "Redis"
    number = str(say.json("show", "Redis")["id"])
    assert say.json("show", number)["name"] == "Redis"
    said = say("show", "Post", code=2)[2]
    assert "Postgres, Post office" in said
    said = say("show", "Rediss", code=1)[2]
    assert "Did you mean “Redis”?" in said
    said = Speaker(daemon, "fr")("show", "Rediss", code=1)[2]
    assert "Vouliez-vous dire « Redis »" in said.replace("\u202f", " ")
    say("server", "rm", "names", "--yes", "--forwards")
    assert say.json("ls") == []


def test_pipes_get_plain_lines(daemon, sshd):
    say = Speaker(daemon)
    add_server(say, sshd, "pipes")
    say("add", "n" * 64, "--server", "pipes", "--type", "dynamic",
        "--local", "127.0.0.1:0")
    out = say.out("ls")
    assert "n" * 64 in out and "\033" not in out and "\t" not in out
    up = say.out("up", "nnn")
    assert "\033" not in up and up.startswith("n" * 64 + ": Connected")
    # On a terminal: cut to its width, coloured unless NO_COLOR says not to.
    with say.terminal("ls", columns=60) as shown:
        assert shown.wait() == 0
        assert "\033[32m" in shown.seen
        plain = re.sub(r"\033\[\d*m", "", shown.seen)
        assert max(map(len, plain.splitlines())) <= 60
        assert "n" * 64 not in plain
    say.environ["NO_COLOR"] = "1"
    with say.terminal("ls") as shown:
        assert shown.wait() == 0
        assert "\033" not in shown.seen
    del say.environ["NO_COLOR"]
    say("server", "rm", "pipes", "--yes", "--forwards", "--stop")


def shell(daemon, line):
    """A line of sh in which $T is taupe: (exit code, stdout, stderr)."""
    done = subprocess.run(
        ["sh", "-c", line], text=True, capture_output=True,
        timeout=env.PATIENCE * 2, env={
            **daemon.environ, "T": str(taupe.COMMAND[0]),
            "TAUPE_STATE": str(daemon.state),
            "TAUPE_SOCKET": str(daemon.socket)})
    return done.returncode, done.stdout, done.stderr


def test_output_that_goes_nowhere(daemon):
    """A full disk and a closed descriptor are said; a reader that left knows."""
    lost = "Not all of the output could be written"
    say = Speaker(daemon)
    say("server", "add", "lost", "me@127.0.0.1:1")
    for words in ("ls", "ls --json", "logs", "help add", "version",
                  "completion bash", "server ls", "open --print"):
        for where in ">/dev/full", ">&-":
            code, _, said = shell(daemon, f"$T {words} {where}")
            assert code == 1 and lost in said, (words, where, said)
    code, _, said = shell(
        daemon, "$T add x --server lost --type dynamic --local 0 >&-")
    assert code == 1 and lost in said
    assert say.json("show", "x")["type"] == "dynamic"
    code, _, said = shell(
        daemon, "mkfifo \"$HOME/ends\" && { : <\"$HOME/ends\" & "
                "exec 3>\"$HOME/ends\"; wait; $T ls >&3; }")
    assert code == 1 and said == ""
    # Nothing is read from what is closed, and the socket is not taken for it.
    assert shell(daemon, "$T ls <&- 2>&-")[0] == 0
    assert shell(daemon, "$T server rm lost <&-")[0] == 7
    say("server", "rm", "lost", "--yes", "--forwards")


def test_common_options_anywhere(daemon):
    state = daemon.state
    for line in ("--json ls", "ls --json", "--lang fr --json ls",
                 "--json --lang=fr server ls", "server --json ls",
                 "server ls --json", f"--state {state} --json server ls",
                 f"server --state={state} --no-start --json ls"):
        code, out, said = shell(daemon, f"$T {line}")
        assert code == 0 and isinstance(json.loads(out), list), said
    assert "ajoute" in shell(daemon, "$T --lang fr help add")[1].lower()
    assert "Usage" in shell(daemon, "$T --json server --help")[1]
    for line in "--unknown ls", "--lang", "--lang xx ls", "--json", "--state":
        assert shell(daemon, f"$T {line}")[0] == 2, line


@LANGUAGES
def test_what_is_changed_is_said(fresh, lang):
    """In one line, and with --json the resource or nothing."""
    say = Speaker(fresh, lang)
    lines = {
        "en": ["Server added: vps.", "Added: one.", "Changed: two.",
               "Server changed: vps.", "Setting changed: theme.",
               "A secret of “vps” was set.",
               "Secrets of “vps” were forgotten.",
               "The secrets are open.", "All secrets were forgotten.",
               "Token revoked: ci.", "Deleted: two.", "Server deleted: vps."],
        "fr": ["Serveur ajouté : vps.", "Ajoutée : one.", "Modifiée : two.",
               "Serveur modifié : vps.", "Réglage modifié : theme.",
               "Un secret de « vps » a été enregistré.",
               "Des secrets de « vps » ont été oubliés.",
               "Les secrets sont ouverts.", "Tous les secrets ont été oubliés.",
               "Jeton révoqué : ci.", "Supprimée : two.",
               "Serveur supprimé : vps."]}[lang]
    said = [say.out(*words, text=text) for words, text in (
        (("server", "add", "vps", "me@127.0.0.1:1"), ""),
        (("add", "one", "--type", "dynamic", "--local", "0"), ""),
        (("edit", "one", "--name", "two"), ""),
        (("server", "edit", "vps", "--note", "x"), ""),
        (("settings", "set", "theme", "dark"), ""),
        (("secret", "set", "vps"), "moles\n"),
        (("secret", "rm", "vps"), ""),
        (("secret", "unlock"), ""),
        (("secret", "reset", "--yes"), ""))]
    say("token", "add", "ci")
    said += [say.out(*words) for words in (
        ("token", "rm", "ci"), ("rm", "two", "--yes"),
        ("server", "rm", "vps", "--yes"))]
    plain = [line.replace("\u00a0", " ").replace("\u202f", " ").strip()
             for line in said]
    assert plain == lines
    say("server", "add", "vps", "me@127.0.0.1:1", "--json")
    assert say.json("server", "edit", "vps", "--note", "y")["note"] == "y"
    assert say.out("server", "rm", "vps", "--yes", "--json") == ""


def test_wrong_fields_by_the_options_names(daemon):
    say = Speaker(daemon)
    say("server", "add", "wrong", "me@127.0.0.1:1")
    say("add", "taken", "--server", "wrong", "--type", "dynamic",
        "--local", "0")
    add = "add", "x", "--server", "wrong", "--type"
    for words, said in (
            ((*add, "local", "--local", "0"), "--remote: it is missing."),
            ((*add, "local", "--local", "a:b", "--remote", "h:1"),
             "--local: neither a host with a port nor a path."),
            ((*add, "both", "--local", "0", "--remote", "h:1"),
             "--type: it can't be “both”; it takes: local, remote, dynamic."),
            (("add", "taken", *add[2:], "dynamic", "--local", "0"),
             "The name “taken” is already taken."),
            (("add", "", *add[2:], "dynamic", "--local", "0"),
             "name: a name has 1 to 64 characters."),
            (("server", "add", "y", "me@h", "--pool", "0"),
             "--pool: a number is wanted (1..32), not “0”."),
            (("server", "add", "y", "me@h:99999"),
             "The host makes no sense: “me@h:99999”: not [user@]host[:port] "
             "(IPv6 goes in brackets).")):
        assert say(*words, code=2)[2] == f"taupe: {said}\n", words
    said = Speaker(daemon, "fr")(*add, "both", code=2)[2]
    assert said.replace("\u00a0", " ").replace("\u202f", " ") == (
        "taupe: --type : elle ne peut pas valoir « both » ; "
        "attendu : local, remote, dynamic.\n"
        "  --local : il manque.\n  --remote : il manque.\n")
    say("server", "rm", "wrong", "--yes", "--forwards")


def test_exit_codes_of_up(fresh, run, sshd):
    say = Speaker(fresh)
    add_server(say, sshd, "good")
    say("server", "add", "nobody", f"me@127.0.0.1:{env.free_port()}")
    stranger = fresh.folder / "stranger"
    stranger.write_text("")
    say("server", "add", "stranger", f"me@127.0.0.1:{sshd.port}",
        "--known-hosts", stranger, "--host-key-policy", "strict")
    say("server", "add", "locked", f"{makes.USER}@127.0.0.1:{sshd.port}",
        "--known-hosts", sshd.known_hosts, "--identities-only",
        "--auth-methods", "publickey")
    with peers.Service(peers.echo) as taken:
        rows = (("in use", "good", taken.port, 6),
                ("refused", "nobody", 0, 3),
                ("unknown", "stranger", 0, 5),
                ("keyless", "locked", 0, 4))
        for name, server, port, code in rows:
            say("add", name, "--server", server, "--type", "dynamic",
                "--local", f"127.0.0.1:{port}")
            said = say("up", name, code=code)[2]
            assert said.startswith(f"taupe: {name}:"), said
            say("down", name)
    said = say("up", "--tag", "none", code=1)[2]
    assert "tag" in said
    say("up", code=2)
    say("up", "keyless", "--timeout", "x", code=2)
    say("add", "x", "--unknown", code=2)
    say("nonsense", code=2)


def test_a_password_is_asked_here(fresh, run):
    say = Speaker(fresh)
    with makes.OpenSSH(run, PasswordAuthentication="yes",
                       AuthenticationMethods="password") as sshd:
        add_server(say, sshd, "pw", "--keep-secrets", "never", key=None)
        say("add", "asks", "--server", "pw", "--type", "dynamic",
            "--local", "127.0.0.1:0")
        # In a pipe there is nobody to ask.
        said = say("up", "asks", code=7)[2]
        assert f"taupe: asks: The password for {makes.USER}@" in said
        assert "is wanted. Answer it with “taupe answer”" in said
        prompt = say.json("answer")[0]
        assert prompt["kind"] == "password"
        say("answer", "--password-stdin", text=makes.PASSWORD + "\n")
        fresh.wait_state("asks", "connected")
        say("down", "asks")
        # On a terminal it is, wrong once, unseen.
        with say.terminal("up", "asks") as asked:
            asked.wait_seen("Password for ")
            asked.type("wrong")
            asked.wait_seen("That password was not accepted.")
            asked.type(makes.PASSWORD)
            assert asked.wait() == 0, asked.seen
            assert makes.PASSWORD not in asked.seen
            assert "wrong" not in asked.seen
            assert "Connected" in asked.seen
        say("down", "asks")
        say("up", "asks", "--no-wait")
        env.wait_until(lambda: say.json("answer"), "a question")
        with say.terminal("answer") as asked:
            asked.wait_seen("Password for ")
            asked.type(makes.PASSWORD)
            assert asked.wait() == 0, asked.seen
        fresh.wait_state("asks", "connected")


def test_a_host_key_is_asked_here(fresh, sshd):
    say = Speaker(fresh, "fr")
    new = fresh.folder / "new_hosts"
    say("server", "add", "neuf", f"{makes.USER}@127.0.0.1:{sshd.port}",
        "-i", sshd.run.keys.user["ed25519"], "--known-hosts", new)
    say("add", "premier", "--type", "dynamic", "--local", "127.0.0.1:0")
    with say.terminal("up", "premier") as asked:
        asked.wait_seen("SHA256:")
        asked.type("oui")
        assert asked.wait() == 0, asked.seen
    # With the server's others, which it has proved to have.
    keys = say.json("hosts")
    assert keys and all(k["fingerprint"].startswith("SHA256:") for k in keys)
    assert keys[0]["fingerprint"] in say.out("hosts")
    said = say("hosts", "rm", keys[0]["fingerprint"], code=7)[2]
    assert "--yes" in said
    say("hosts", "rm", keys[0]["fingerprint"], "--yes")
    assert len(say.json("hosts")) == len(keys) - 1
    say("hosts", "rm", f"[127.0.0.1]:{sshd.port}", "--yes",
        code=0 if len(keys) > 1 else 1)
    assert say.json("hosts") == []


def test_a_daemon_is_started_when_it_is_needed(sshd):
    folder = env.folder()
    environ = {"LC_ALL": "C.UTF-8", "HOME": str(folder),
               "PATH": os.environ["PATH"],
               "TAUPE_STATE": str(folder / "state"),
               "TAUPE_DEBUG": os.environ.get("TAUPE_DEBUG", "")}
    made = driver.Daemon.__new__(driver.Daemon)
    made.environ, made.state = environ, folder / "state"
    made.socket = folder / "state" / "taupe.sock"
    say = Speaker(made)
    try:
        said = say("status", code=1)[2]
        assert "taupe daemon" in said
        assert not made.socket.exists()
        say("ls", "--no-start", code=1)
        say("ls", environ={"TAUPE_NO_START": "1"}, code=1)
        assert not made.socket.exists()
        with say.terminal("ls") as shown:
            assert shown.wait() == 0
            assert "starting it" in shown.seen
        log = made.state / "daemon.log"
        assert log.stat().st_mode & 0o777 == 0o600
        pid = say.json("status")["pid"]
        # It has a session of its own: the terminal's end is not its end.
        assert os.getsid(pid) == pid
        add_server(say, sshd, "vps")
        say("add", "kept", "--type", "dynamic", "--local", "127.0.0.1:0",
            "--start")
        assert say.json("status")["pid"] == pid
        say("shutdown")
        say("shutdown", code=1)
        # What was up comes back with the next one.
        env.wait_until(lambda: say.json("show", "kept")["state"]
                       == "connected", "the forward's return")
    finally:
        found = say("status", "--json", code=None)[1]
        if found:
            env.kill(json.loads(found)["pid"], signal.SIGTERM)
            env.wait_until(lambda: not made.socket.exists(), "its end")
        env.remove(folder)


def test_a_pasted_command(fresh, sshd):
    say = Speaker(fresh)
    port = env.free_port()
    line = (f"ssh -N -L {port}:127.0.0.1:9 -D {env.free_port()} "
            f"-p {sshd.port} -i {sshd.run.keys.user['ed25519']} "
            f"-o UserKnownHostsFile={sshd.known_hosts} "
            f"{makes.USER}@127.0.0.1")
    say("add", line)
    assert sorted(f["type"] for f in say.json("ls")) == ["dynamic", "local"]
    # A second time adds nothing.
    say("add", line)
    assert len(say.json("ls")) == 2
    say("up", "--all")
    assert env.listens(port)
    assert "LocalForward" in say.out("export", "ssh")
    assert json.loads(say.out("export", "json"))


def test_connections_are_listed_and_closed(fresh, sshd, echo):
    say = Speaker(fresh)
    add_server(say, sshd, "vps")
    port = env.free_port()
    say("add", "echo", "--type", "local", "--local", f"127.0.0.1:{port}",
        "--remote", f"127.0.0.1:{echo.port}", "--start")
    with peers.dial(("127.0.0.1", port)) as client:
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        one, = say.json("conns", "echo")
        assert one["destination"].endswith(f":{echo.port}")
        assert one["id"] in say.out("conns")
        say("conns", "kill", one["id"])
        assert peers.ended(client)
    say("conns", "kill", "../forwards/1", code=2)


def test_events_as_they_come(fresh, sshd):
    say = Speaker(fresh)
    add_server(say, sshd, "vps")
    say("add", "seen", "--type", "dynamic", "--local", "127.0.0.1:0")
    with say.terminal("logs", "seen", "-f") as shown:
        shown.wait_seen("was added")
        say("up", "seen")
        shown.wait_seen("was started")
        shown.process.child.send_signal(signal.SIGINT)
        assert shown.wait() == 130
    out = say.out("logs", "-n", "1")
    assert len(out.splitlines()) == 1
    say("logs", "--since", "never", code=2)


def test_tests_tell_each_step(fresh, sshd, echo):
    say = Speaker(fresh)
    add_server(say, sshd, "vps")
    out = say.out("server", "test", "vps")
    assert [line.split()[0] for line in out.splitlines()] == ["ok"] * 5
    say("add", "echo", "--type", "local", "--local", "127.0.0.1:0",
        "--remote", f"127.0.0.1:{echo.port}")
    assert say.json("test", "echo")["ok"] is True
    say("server", "edit", "vps", "--port", str(env.free_port()))
    out = say.out("server", "test", "vps", code=3)
    assert "failed" in out and "skipped" in out


def test_secrets_tokens_settings_and_the_link(fresh, run):
    say = Speaker(fresh)
    with makes.OpenSSH(run, PasswordAuthentication="yes",
                       AuthenticationMethods="password") as sshd:
        add_server(say, sshd, "pw", key=None)
        say("secret", "set", "pw", text=makes.PASSWORD + "\n")
        say("add", "ahead", "--type", "dynamic", "--local", "127.0.0.1:0",
            "--start")
        assert [s["kind"] for s in say.json("secret", "ls", "pw")] == \
            ["password"]
        say("secret", "rm", "pw")
        assert say.json("secret", "ls", "pw") == []
    token = say.out("token", "add", "scrape").strip()
    answer = fresh.tcp("GET", "/api/v1/forwards",
                       headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200
    assert "scrape" in say.out("token", "ls")
    say("token", "rm", "scrape")
    assert say.json("token", "ls") == []
    say("settings", "set", "language", "fr")
    assert say.out("settings", "get", "language") == "fr\n"
    say("settings", "set", "language", "auto")
    said = say("settings", "set", "nothing", "1", code=2)[2]
    assert said.startswith("taupe: ")
    link = say.out("open", "--print")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/login#\S+\n", link)
    page = driver.Browser(fresh, log_in=False)
    assert page.log_in(link.strip().partition("#")[2]).status == 204


def test_how_secrets_are_kept(fresh):
    say = Speaker(fresh)
    word, piped = "tunnels are dark", "moles are blind"

    def kept():
        settings = say.json("settings", "get")
        return settings["secrets"], settings["secrets_locked"]

    # In a pipe, only when that is said.
    said = say("secret", "keep", "passphrase", text=f"{piped}\n", code=7)[2]
    assert "--passphrase-stdin" in said
    say("secret", "keep", "nowhere", code=2)
    say("secret", "keep", "sealed", "--passphrase-stdin", code=2)
    assert kept() == ("sealed", False)
    # Typed twice, unseen; a slip changes nothing.
    for again, code in ("tunnels are bark", 7), (word, 0):
        with say.terminal("secret", "keep", "passphrase") as asked:
            asked.wait_seen("New passphrase:").type(word)
            asked.wait_seen("Once more:").type(again)
            assert asked.wait() == code, asked.seen
            assert "tunnels" not in asked.seen
        assert kept() == ("passphrase" if code == 0 else "sealed", False)
    say("secret", "unlock")  # nothing to do, nothing asked
    fresh.restart()
    assert kept() == ("passphrase", True)
    say("secret", "unlock", text=f"{word}\n", code=7)
    for typed, code in ("daylight", 1), (word, 0):
        with say.terminal("secret", "unlock") as asked:
            asked.wait_seen("Passphrase of taupe’s secrets:").type(typed)
            assert asked.wait() == code, asked.seen
            assert typed not in asked.seen
        assert kept() == ("passphrase", code != 0)
    say("secret", "keep", "passphrase", "--passphrase-stdin",
        text=f"{piped}\n")
    fresh.restart()
    assert kept() == ("passphrase", True)
    say("secret", "unlock", "--passphrase-stdin", text=f"{piped}\n")
    assert kept() == ("passphrase", False)
    say("secret", "keep", "sealed")
    fresh.restart()
    assert kept() == ("sealed", False)


def test_a_daemon_whose_socket_lies_elsewhere(fresh):
    """The state folder tells where."""
    say = Speaker(fresh)
    unnamed = {"TAUPE_SOCKET": ""}
    assert not (fresh.state / "taupe.sock").exists()
    for words in ["status"], ["ls"], ["ls", "--no-start"]:
        say(*words, environ=unnamed)
    assert say.json("status", environ=unnamed)["pid"] == fresh.pid
    say("server", "add", "vps", "me@127.0.0.1:1", environ=unnamed)
    assert [s["name"] for s in say.json("server", "ls")] == ["vps"]
    # A socket that is named is the one that is meant.
    say("ls", "--no-start", "--socket", fresh.folder / "none.sock", code=1)
    say("ls", "--no-start", environ={
        "TAUPE_SOCKET": str(fresh.folder / "none.sock")}, code=1)
    fresh.kill()
    say("status", environ=unnamed, code=1)
    assert not (fresh.state / "taupe.sock").exists()


@LANGUAGES
def test_what_a_lost_link_says(fresh, run, lang):
    say = Speaker(fresh, lang)
    with makes.OpenSSH(run) as sshd:
        add_server(say, sshd, "vps")
        say("add", "lost", "--type", "dynamic", "--local", "0", "--start")
        sshd.end_sessions()
        env.wait_until(
            lambda: "link_lost" in str(say.json("logs", "lost")), "the loss")
    said = say.out("logs", "lost").replace("\u00a0", " ")
    for words in {"en": ("The link was lost: ", " It had been up for ",
                         " Next try in "),
                  "fr": ("La liaison est perdue : ", " Elle a tenu ",
                         " Prochain essai dans ")}[lang]:
        assert words in said


@LANGUAGES
def test_every_command_has_its_help(daemon, lang):
    say = Speaker(daemon, lang)
    main = say.out("help")
    for word in re.findall(r"^  ([a-z]+)(?:,|  )", main, re.M):
        out = say.out(word, "--help")
        assert out.startswith(("Usage: taupe", "Usage : taupe",
                               "Usage\u00a0: taupe", "Usage\u202f: taupe"))
        assert out == say.out("help", word)
        assert max(map(len, out.splitlines())) <= 80
