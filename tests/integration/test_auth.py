"""Every way to log in, and what is said when none works."""
import os
import shutil
import subprocess

import pytest

import env
import keys
import makes
import peers
import taupe as driver
from askpass import Askpass

pytestmark = pytest.mark.sanitized
AUTH, HOST_KEY, INPUT = 4, 5, 7  # taupe's exit codes


@pytest.fixture
def forward(echo):
    port = env.free_port()
    return port, ["-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}"]


def proves(taupe, port):
    taupe.wait_connected()
    peers.round_trip(port)


def only(server, key, *options):
    """The server's place with one key file and no other way in."""
    return [*options, "-i", key, "-o", "IdentitiesOnly=yes",
            *server.args(None)]


class Agent:
    """A private ssh-agent with some keys in it."""

    def __init__(self, folder, *identities):
        self.path = folder / "agent"
        self.process = env.Process(["ssh-agent", "-D", "-a", self.path],
                                   folder / "agent.log")
        env.wait_until(self.path.exists, "ssh-agent")
        self.environ = {"SSH_AUTH_SOCK": str(self.path)}
        for identity in identities:
            self.call(identity)

    def call(self, *words, **more):
        subprocess.run(["ssh-add", "-q", *words], check=True,
                       capture_output=True, stdin=subprocess.DEVNULL,
                       env={**os.environ, **self.environ, **more})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


class TestKeys:
    @pytest.mark.parametrize("kind", keys.TYPES)
    def test_each_type(self, sshd, run, stack, forward, kind):
        port, words = forward
        taupe = stack.enter_context(driver.Taupe(
            *words, *only(sshd, run.keys.user[kind])))
        proves(taupe, port)

    @pytest.mark.parametrize("form", ["PEM", "PKCS8"])
    @pytest.mark.parametrize("kind", ["rsa", "ecdsa256"])
    def test_older_formats(self, sshd, run, stack, forward, folder, form, kind):
        port, words = forward
        key = run.keys.copy(run.keys.user[kind], folder / "key")
        keys.keygen("-p", "-m", form, "-N", "", "-P", "", "-f", key)
        taupe = stack.enter_context(driver.Taupe(*words, *only(sshd, key)))
        proves(taupe, port)

    def test_passphrase_is_asked(self, sshd, run, stack, forward, folder):
        port, words = forward
        ask = Askpass(folder, keys.PASSPHRASE)
        taupe = stack.enter_context(driver.Taupe(
            *words, *only(sshd, run.keys.locked), environ=ask.environ))
        proves(taupe, port)
        assert len(ask.asked()) == 1
        assert str(run.keys.locked) in ask.asked()[0]

    def test_one_passphrase_serves_the_whole_way(
            self, sshd, run, stack, forward, folder):
        port, words = forward
        ask = Askpass(folder, keys.PASSPHRASE)
        hops = [stack.enter_context(makes.OpenSSH(run)) for _ in range(2)]
        known = folder / "known"
        known.write_text("".join(server.known_hosts.read_text()
                                 for server in [sshd, *hops]))
        way = ",".join(f"{makes.USER}@127.0.0.1:{hop.port}" for hop in hops)
        taupe = stack.enter_context(driver.Taupe(
            *words, "-J", way, *only(sshd, run.keys.locked),
            "-o", f"UserKnownHostsFile={known}", environ=ask.environ))
        proves(taupe, port)
        assert len(ask.asked()) == 1

    def test_wrong_passphrase_is_asked_again(
            self, sshd, run, stack, forward, folder):
        port, words = forward
        ask = Askpass(folder, "wrong", keys.PASSPHRASE)
        taupe = stack.enter_context(driver.Taupe(
            *words, *only(sshd, run.keys.locked), environ=ask.environ))
        proves(taupe, port)
        assert len(ask.asked()) == 2

    def test_passphrase_on_the_terminal(self, sshd, run, stack, forward):
        port, words = forward
        taupe = stack.enter_context(driver.Taupe(
            *words, *only(sshd, run.keys.locked), terminal=True))
        taupe.wait_asked("passphrase")
        taupe.answer(keys.PASSPHRASE)
        proves(taupe, port)

    def test_stranger_is_told_what_was_tried(self, sshd, run, stack, forward):
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *only(sshd, run.keys.stranger)))
        assert taupe.wait() == (255 if driver.SHIM else AUTH)
        assert "auth_failed" in taupe.codes()

    @pytest.mark.taupe_only
    def test_key_that_all_can_read_is_refused(
            self, sshd, run, stack, forward, folder):
        key = run.keys.copy(run.keys.user["ed25519"], folder / "key")
        os.chmod(key, 0o644)
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *only(sshd, key)))
        assert taupe.wait() == AUTH
        assert "key_permissions" in taupe.said()

    @pytest.mark.taupe_only
    def test_damaged_key_is_said(self, sshd, run, stack, forward, folder):
        key = folder / "key"
        text = run.keys.user["ed25519"].read_text()
        key.write_text(text[:200] + text[220:])
        os.chmod(key, 0o600)
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *only(sshd, key)))
        assert taupe.wait() == AUTH
        assert str(key) in taupe.said()


class TestAgent:
    @pytest.mark.parametrize("kind", ["ed25519", "ecdsa384", "rsa"])
    def test_signs(self, sshd, run, stack, forward, folder, kind):
        port, words = forward
        agent = stack.enter_context(Agent(folder, run.keys.user[kind]))
        taupe = stack.enter_context(driver.Taupe(
            *words, *sshd.args(None), environ=agent.environ))
        proves(taupe, port)

    def test_identity_agent_option(self, sshd, run, stack, forward, folder):
        port, words = forward
        agent = stack.enter_context(Agent(folder, run.keys.user["ed25519"]))
        taupe = stack.enter_context(driver.Taupe(
            *words, "-o", f"IdentityAgent={agent.path}", *sshd.args(None)))
        proves(taupe, port)

    def test_locked_agent_does_not_stop_a_key_file(
            self, sshd, run, stack, forward, folder):
        port, words = forward
        agent = stack.enter_context(Agent(folder, run.keys.user["rsa"]))
        agent.call("-x", **Askpass(folder, "word", "word").environ)
        taupe = stack.enter_context(driver.Taupe(
            *words, *sshd.args(), environ=agent.environ))
        proves(taupe, port)

    def test_agent_that_is_gone(self, sshd, stack, forward, folder):
        port, words = forward
        taupe = stack.enter_context(driver.Taupe(
            *words, *sshd.args(),
            environ={"SSH_AUTH_SOCK": str(folder / "nobody")}))
        proves(taupe, port)

    @pytest.mark.taupe_only
    def test_agent_that_never_answers(self, sshd, stack, forward, folder):
        port, words = forward
        stack.enter_context(peers.Service(
            peers.drain, path=folder / "silent"))
        taupe = stack.enter_context(driver.Taupe(
            *words, *sshd.args(),
            environ={"SSH_AUTH_SOCK": str(folder / "silent")}))
        taupe.wait_connected(timeout=90)
        peers.round_trip(port)


class TestCertificates:
    @pytest.fixture(scope="class")
    def server(self, run):
        """Knows the authority, and no key of its own."""
        with makes.OpenSSH(run, TrustedUserCAKeys=f"{run.keys.ca}.pub",
                           AuthorizedKeysFile="none") as made:
            yield made

    @pytest.mark.parametrize("kind", ["ed25519", "ecdsa256", "rsa"])
    def test_beside_the_key(self, server, run, stack, forward, folder, kind):
        port, words = forward
        key = run.keys.copy(run.keys.user[kind], folder / "key")
        run.keys.certify(key, "-n", makes.USER)
        taupe = stack.enter_context(driver.Taupe(*words, *only(server, key)))
        proves(taupe, port)

    def test_certificate_file(self, server, run, stack, forward, folder):
        port, words = forward
        key = run.keys.copy(run.keys.user["ed25519"], folder / "key")
        elsewhere = folder / "elsewhere"
        shutil.move(run.keys.certify(key, "-n", makes.USER), elsewhere)
        taupe = stack.enter_context(driver.Taupe(
            *words, "-o", f"CertificateFile={elsewhere}", *only(server, key)))
        proves(taupe, port)

    def test_from_the_agent(self, server, run, stack, forward, folder):
        port, words = forward
        key = run.keys.copy(run.keys.user["ed25519"], folder / "key")
        run.keys.certify(key, "-n", makes.USER)
        agent = stack.enter_context(Agent(folder, key))
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(None), environ=agent.environ))
        proves(taupe, port)

    def test_expired_is_refused(self, server, run, stack, forward, folder):
        key = run.keys.copy(run.keys.user["ed25519"], folder / "key")
        run.keys.certify(key, "-n", makes.USER, "-V", "20200101:20200102")
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *only(server, key)))
        assert taupe.wait() == (255 if driver.SHIM else AUTH)
        assert "auth_failed" in taupe.codes()


class TestPasswords:
    @pytest.fixture(scope="class")
    def server(self, run):
        with makes.OpenSSH(run, PasswordAuthentication="yes",
                           PubkeyAuthentication="no") as made:
            yield made

    def test_password(self, server, stack, forward, folder):
        port, words = forward
        ask = Askpass(folder, makes.PASSWORD)
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(None), environ=ask.environ))
        proves(taupe, port)
        assert makes.PASSWORD not in taupe.said()

    def test_password_on_the_terminal_is_not_shown(
            self, server, stack, forward):
        port, words = forward
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(None), terminal=True))
        taupe.wait_asked("password")
        taupe.answer(makes.PASSWORD)
        proves(taupe, port)
        os.set_blocking(taupe.master, False)
        try:
            assert makes.PASSWORD.encode() not in os.read(taupe.master, 4096)
        except OSError:
            pass

    def test_three_wrong_ones_are_the_end(self, server, stack, forward, folder):
        ask = Askpass(folder, "a", "b", "c", makes.PASSWORD)
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *server.args(None), environ=ask.environ))
        assert taupe.wait() == (255 if driver.SHIM else AUTH)
        assert "auth_failed" in taupe.codes()
        assert len(ask.asked()) == 3

    @pytest.mark.taupe_only
    def test_nobody_to_ask_is_said(self, server, stack, forward):
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *server.args(None)))
        assert taupe.wait() in (AUTH, INPUT)
        assert {"need_input", "auth_failed"} & set(taupe.codes())

    @pytest.mark.taupe_only
    def test_batch_mode_asks_nobody(self, server, stack, forward, folder):
        ask = Askpass(folder, makes.PASSWORD)
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], "-o", "BatchMode=yes", *server.args(None),
            environ=ask.environ))
        assert taupe.wait() != 0
        assert ask.asked() == []

    def test_change(self, run, stack, forward, folder):
        port, words = forward
        server = stack.enter_context(makes.AsyncSSH(run, mode=["change"]))
        new = makes.PASSWORD + "!"
        ask = Askpass(folder, makes.PASSWORD, makes.PASSWORD, new, new) \
            if driver.SHIM else Askpass(folder, makes.PASSWORD, new, new)
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(None), environ=ask.environ))
        proves(taupe, port)


class TestKeyboardInteractive:
    @pytest.fixture(scope="class")
    def server(self, run):
        with makes.AsyncSSH(run, mode=["kbdint"]) as made:
            yield made

    def test_two_rounds(self, server, stack, forward, folder):
        port, words = forward
        ask = Askpass(folder, makes.PASSWORD, "123456", "mauve")
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(None), environ=ask.environ))
        proves(taupe, port)
        assert "Password:" in ask.asked()[0]
        assert "Code:" in ask.asked()[1]
        assert "Colour:" in ask.asked()[2]

    def test_wrong_code(self, server, stack, forward, folder):
        ask = Askpass(folder, *[makes.PASSWORD, "654321", "mauve"] * 3)
        taupe = stack.enter_context(driver.Taupe(
            "--once", *forward[1], *server.args(None), environ=ask.environ))
        assert taupe.wait() == (255 if driver.SHIM else AUTH)
        assert "auth_failed" in taupe.codes()


class TestPartialSuccess:
    def test_key_then_password(self, run, stack, forward, folder):
        port, words = forward
        server = stack.enter_context(makes.OpenSSH(
            run, PasswordAuthentication="yes",
            AuthenticationMethods="publickey,password"))
        ask = Askpass(folder, makes.PASSWORD)
        taupe = stack.enter_context(driver.Taupe(
            *words, *server.args(), environ=ask.environ))
        proves(taupe, port)
        assert len(ask.asked()) == 1

    def test_two_keys(self, run, stack, forward):
        port, words = forward
        server = stack.enter_context(makes.OpenSSH(
            run, AuthenticationMethods="publickey,publickey"))
        taupe = stack.enter_context(driver.Taupe(
            *words, "-i", run.keys.user["rsa"], *server.args()))
        proves(taupe, port)
