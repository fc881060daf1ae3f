"""Secrets at rest with a real Secret Service: gnome-keyring on a bus of its own."""
import signal
import sqlite3
import subprocess

import pytest

import daemon as daemons
import env
import taupe as driver

pytestmark = pytest.mark.taupe_only

BUS = """<busconfig><type>session</type><listen>unix:path={path}</listen>
<auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"""


class Keyring:
    """A session bus and its keyring, in a folder of their own."""

    def __init__(self):
        self.folder = env.folder()
        self.environ = {
            "HOME": str(self.folder), "PATH": "/usr/bin:/bin",
            "XDG_RUNTIME_DIR": str(self.folder), "LC_ALL": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.folder}/bus"}
        (self.folder / "bus.conf").write_text(
            BUS.format(path=self.folder / "bus"))
        self.bus = env.Process(
            [env.tool("dbus-daemon"), "--nofork", "--nopidfile",
             f"--config-file={self.folder}/bus.conf"],
            self.folder / "bus.log", env=self.environ)
        env.wait_until(lambda: env.accepts(f"{self.folder}/bus"), "the bus")
        self.service = None
        self.start()

    def start(self, unlocked=True):
        password = self.folder / "password"
        password.write_text("of the keyring")
        words = ["--unlock"] if unlocked else []
        with open(password, "rb") as typed:
            self.service = env.Process(
                [env.tool("gnome-keyring-daemon"), "--foreground",
                 "--components=secrets", *words],
                self.folder / "keyring.log", env=self.environ, stdin=typed)
        env.wait_until(lambda: self.ask("get", "none") in (10, 11),
                       lambda: f"the keyring: {self.service.said()}")

    def ask(self, verb, item):
        """What `taupe keyring` gives: 0 done, 10 not there, 11 locked, 12 no
        keyring."""
        return subprocess.run(
            [*driver.COMMAND, "keyring", verb, item], env=self.environ,
            stdin=subprocess.DEVNULL, capture_output=True,
            timeout=env.PATIENCE).returncode

    def stop(self):
        if self.service.alive():
            env.kill(self.service.pid, signal.SIGCONT)
        self.service.stop()

    def close(self):
        self.stop()
        self.bus.stop()
        env.remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def near(self):
        """The environment of a daemon on this bus."""
        return {"DBUS_SESSION_BUS_ADDRESS":
                self.environ["DBUS_SESSION_BUS_ADDRESS"]}


@pytest.fixture
def keyring():
    with Keyring() as made:
        yield made


@pytest.fixture
def daemon(keyring):
    with daemons.Daemon(environ=keyring.near()) as made:
        yield made


def settings(daemon):
    found = daemon.api("GET", "/settings")
    return found["secrets"], found["secrets_locked"]


def item(daemon):
    """The name of the key in the keyring."""
    with sqlite3.connect(f"file:{daemon.state}/taupe.db?mode=ro",
                         uri=True) as db:
        row = db.execute("SELECT value FROM setting"
                         " WHERE name = 'secrets_keyring'").fetchone()
    return row and row[0]


def put_password(daemon, name="vps"):
    server = daemon.add_server(name, "host.example", 22)
    daemon.api("PUT", f"/servers/{server['id']}/secrets",
               {"kind": "password", "value": "a very clear text"})
    return server["id"]


def reseals(daemon):
    """What is kept opens: it can be sealed under another key."""
    daemon.api("PUT", "/settings/secrets", {"how": "sealed"})
    assert "does not open" not in daemon.said()
    assert (daemon.state / "secret.key").stat().st_mode & 0o777 == 0o600


def test_the_keyring_is_taken_where_there_is_one(keyring, daemon):
    assert settings(daemon) == ("keyring", False)
    assert not (daemon.state / "secret.key").exists()
    put_password(daemon)
    for part in daemon.state.glob("taupe.db*"):
        assert b"very clear" not in part.read_bytes()
    daemon.restart("kill")
    assert settings(daemon) == ("keyring", False)
    name = item(daemon)
    assert keyring.ask("get", name) == 0
    reseals(daemon)
    assert item(daemon) is None
    assert keyring.ask("get", name) == 10
    daemon.restart()
    assert settings(daemon) == ("sealed", False)


def test_a_sealed_vault_moves_into_the_keyring(keyring, folder):
    with daemons.Daemon(environ={"DBUS_SESSION_BUS_ADDRESS": ""}) as daemon:
        assert settings(daemon) == ("sealed", False)
        put_password(daemon)
        refused = daemon.refuses("PUT", "/settings/secrets", {"how": "keyring"})
        assert refused.code == "try_again"
        daemon.environ |= keyring.near()
        daemon.restart()
        assert settings(daemon) == ("sealed", False)
        daemon.api("PUT", "/settings/secrets", {"how": "keyring"})
        assert not (daemon.state / "secret.key").exists()
        daemon.restart()
        assert settings(daemon) == ("keyring", False)
        reseals(daemon)


def test_without_its_keyring_a_daemon_starts_locked(keyring, daemon):
    server = put_password(daemon)
    daemon.stop()
    keyring.stop()
    daemon.start()
    assert settings(daemon) == ("keyring", True)
    refused = daemon.refuses("PUT", f"/servers/{server}/secrets",
                             {"kind": "password", "value": "x"})
    assert refused.code == "secrets_locked"
    assert daemon.refuses(
        "POST", "/settings/unlock", {}).code == "try_again"
    keyring.start()
    daemon.api("POST", "/settings/unlock", {})
    assert settings(daemon) == ("keyring", False)
    reseals(daemon)


def test_a_locked_keyring_is_not_asked_to_open(keyring, daemon):
    put_password(daemon)
    daemon.stop()
    keyring.stop()
    keyring.start(unlocked=False)
    daemon.start()
    assert settings(daemon) == ("keyring", True)
    assert daemon.refuses(
        "POST", "/settings/unlock", {}).code == "secrets_locked"
    with daemons.Daemon(environ=keyring.near()) as other:
        assert settings(other) == ("sealed", False)


def test_a_keyring_that_hangs_holds_nothing_up(keyring, daemon):
    put_password(daemon)
    daemon.stop()
    env.kill(keyring.service.pid, signal.SIGSTOP)
    daemon.start()
    assert settings(daemon) == ("keyring", True)
    with daemons.Daemon(environ=keyring.near()) as other:
        assert settings(other) == ("sealed", False)
    assert env.children(daemon.pid) == []
    env.kill(keyring.service.pid, signal.SIGCONT)
    daemon.api("POST", "/settings/unlock", {})
    assert settings(daemon) == ("keyring", False)
