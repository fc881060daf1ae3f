"""Whether the server is itself: known_hosts as ssh reads and writes it."""
import json
import os

import pytest

import env
import keys
import makes
import peers
import taupe as driver
from askpass import Askpass

pytestmark = pytest.mark.sanitized
HOST_KEY = 255 if driver.SHIM else 5  # taupe's exit code


@pytest.fixture
def book(folder):
    """A known_hosts of the test's own."""
    return folder / "known_hosts"


@pytest.fixture
def go(sshd, run, stack, echo, book):
    """go("-o", …): a taupe that knows what stands in the book."""
    def launch(*words, server=None, file=None, **options):
        port = env.free_port()
        taupe = stack.enter_context(driver.Taupe(
            "-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}", *words,
            "-i", run.keys.user["ed25519"], "-p", (server or sshd).port,
            "-o", f"UserKnownHostsFile={file or book}",
            f"{makes.USER}@127.0.0.1", **options))
        taupe.port = port
        return taupe
    return launch


def connects(taupe):
    taupe.wait_connected()
    peers.round_trip(taupe.port)


def refuses(taupe, code):
    assert taupe.wait() == HOST_KEY
    assert code in taupe.codes(), taupe.said()


def strict(value):
    return ["-o", f"StrictHostKeyChecking={value}"]


class TestUnknown:
    def test_accept_new_records(self, go, sshd, book, run):
        connects(go(*strict("accept-new")))
        env.wait_until(lambda: book.exists() and book.read_text(), "a record")
        assert f"[127.0.0.1]:{sshd.port} " in book.read_text()
        assert os.stat(book).st_mode & 0o022 == 0
        connects(go(*strict("yes")))

    def test_strict_refuses(self, go, book):
        refuses(go("--once", *strict("yes")), "host_key_unknown")
        assert not book.exists() or not book.read_text()

    def test_question_shows_the_fingerprint(self, go, run, book):
        taupe = go(terminal=True)
        said = taupe.wait_asked("yes/no")
        prints = [run.keys.fingerprint(run.keys.host[kind])
                  for kind in makes.OpenSSH.host_types]
        assert any(one in said for one in prints), said
        assert "connected" not in taupe.states().values()
        taupe.answer("yes")
        connects(taupe)
        assert "127.0.0.1" in book.read_text()

    def test_no_is_no(self, go, book):
        taupe = go("--once", terminal=True)
        taupe.wait_asked("yes/no")
        taupe.answer("no")
        assert taupe.wait() != 0
        assert not book.exists() or not book.read_text()

    def test_answer_may_be_the_fingerprint(self, go, run):
        taupe = go("-o", "HostKeyAlgorithms=ssh-ed25519", terminal=True)
        taupe.wait_asked("yes/no")
        taupe.answer(run.keys.fingerprint(run.keys.host["ed25519"]))
        connects(taupe)

    def test_asked_through_askpass(self, go, folder):
        ask = Askpass(folder, "yes")
        connects(go(environ=ask.environ))
        assert "SHA256:" in ask.asked()[0]

    @pytest.mark.taupe_only
    def test_nobody_to_ask(self, go, book):
        taupe = go("--once")
        assert taupe.wait() in (5, 7)
        assert {"host_key_unknown", "need_input"} & set(taupe.codes())
        assert not book.exists() or not book.read_text()

    def test_hash_known_hosts(self, go, book):
        connects(go(*strict("accept-new"), "-o", "HashKnownHosts=yes"))
        env.wait_until(lambda: book.exists() and book.read_text(), "a record")
        assert book.read_text().startswith("|1|")
        connects(go(*strict("yes")))


    @pytest.mark.taupe_only
    @pytest.mark.parametrize("asked", [False, True])
    def test_what_cannot_be_recorded_is_told(self, go, folder, asked):
        """And nobody says that it is recorded."""
        (folder / "file").write_text("no folder")
        elsewhere = folder / "file" / "known_hosts"
        if asked:
            taupe = go(file=elsewhere, terminal=True)
            taupe.wait_asked("yes/no")
            taupe.answer("yes")
        else:
            taupe = go(*strict("accept-new"), file=elsewhere)
        connects(taupe)
        told = taupe.wait_event(lambda e: e.get("event") == "notice")
        assert str(elsewhere) in told["text"], told
        assert "Not a directory" in told["text"], told

    @pytest.mark.taupe_only
    def test_what_is_recorded_nowhere_is_told(self, go):
        taupe = go(*strict("accept-new"), file="none")
        connects(taupe)
        told = taupe.wait_event(lambda e: e.get("event") == "notice")
        assert "nowhere" in told["text"], told


class TestChanged:
    @pytest.fixture(autouse=True)
    def other(self, book, sshd, run):
        book.write_text("# a comment\n" + keys.known_hosts_line(
            sshd.port, run.keys.other_host))

    @pytest.mark.parametrize("policy", [
        "yes", "accept-new", "ask",
        pytest.param("no", marks=pytest.mark.taupe_only)])
    def test_never_connects(self, go, policy):
        refuses(go("--once", *strict(policy)), "host_key_changed")

    @pytest.mark.taupe_only
    def test_says_both_fingerprints_and_the_line(self, go, run, book):
        taupe = go("--once", *strict("yes"),
                   "-o", "HostKeyAlgorithms=ssh-ed25519")
        refuses(taupe, "host_key_changed")
        error = next(e["error"] for e in taupe.events if e.get("error")
                     and e["error"]["code"] == "host_key_changed")
        said = json.dumps(error)
        assert str(book) in said
        assert run.keys.fingerprint(run.keys.other_host) in said
        assert run.keys.fingerprint(run.keys.host["ed25519"]) in said
        assert f"{book}:2" in said or '"2"' in said

    def test_book_stays_as_it_is(self, go, book):
        before = book.read_text()
        refuses(go("--once", *strict("accept-new")), "host_key_changed")
        assert book.read_text() == before


class TestReading:
    def test_hashed_names(self, go, book, sshd, run):
        book.write_text(keys.known_hosts_line(sshd.port,
                                              run.keys.host["ed25519"]))
        keys.keygen("-H", "-f", book)
        assert book.read_text().startswith("|1|")
        connects(go(*strict("yes")))

    def test_wildcards(self, go, book, sshd, run):
        book.write_text(f"[127.*.0.?]:{sshd.port} "
                        f"{keys.public(run.keys.host['ed25519'])}\n")
        connects(go(*strict("yes")))

    def test_negation(self, go, book, sshd, run):
        book.write_text(f"[127.*]:{sshd.port},![127.0.0.1]:{sshd.port} "
                        f"{keys.public(run.keys.host['ed25519'])}\n")
        refuses(go("--once", *strict("yes")), "host_key_unknown")

    @pytest.mark.parametrize("kind", makes.OpenSSH.host_types)
    def test_offers_what_is_recorded_first(self, go, book, sshd, run, kind):
        book.write_text(keys.known_hosts_line(sshd.port, run.keys.host[kind]))
        connects(go(*strict("yes")))

    def test_several_keys_and_noise(self, go, book, sshd, run):
        book.write_text(
            "# comment\n\nnonsense\n"
            + keys.known_hosts_line(sshd.port + 1, run.keys.other_host)
            + keys.known_hosts_line(sshd.port, run.keys.other_host)
            + keys.known_hosts_line(sshd.port, run.keys.host["ed25519"]))
        connects(go(*strict("yes")))

    def test_global_file(self, go, folder, sshd, run):
        shared = folder / "global"
        shared.write_text(keys.known_hosts_line(sshd.port,
                                                run.keys.host["ed25519"]))
        if driver.SHIM:
            pytest.skip("the shim sets its own")
        connects(go(*strict("yes"), "-o", f"GlobalKnownHostsFile={shared}"))

    def test_host_key_alias(self, go, book, run):
        book.write_text(f"molehill {keys.public(run.keys.host['ed25519'])}\n")
        connects(go(*strict("yes"), "-o", "HostKeyAlias=molehill"))

    def test_revoked(self, go, book, sshd, run):
        book.write_text(
            f"@revoked * {keys.public(run.keys.host['ed25519'])}\n"
            + keys.known_hosts_line(sshd.port, run.keys.host["ed25519"]))
        refuses(go("--once", *strict("accept-new"),
                   "-o", "HostKeyAlgorithms=ssh-ed25519"), "host_key_revoked")


class TestCertificates:
    @pytest.fixture
    def certified(self, run, folder, stack):
        """certified("-n", …): a server with a host certificate."""
        def make(*options, kind="ed25519"):
            key = run.keys.copy(run.keys.host[kind], folder / "host")
            cert = run.keys.certify(key, "-h", *options)
            return stack.enter_context(makes.OpenSSH(
                run, host_types=[kind], HostCertificate=cert))
        return make

    @pytest.fixture
    def trust(self, book, run):
        book.write_text(f"@cert-authority * {keys.public(run.keys.ca)}\n")

    @pytest.mark.parametrize("kind", ["ed25519", "ecdsa256", "rsa"])
    def test_trusted_authority(self, go, certified, trust, kind):
        server = certified("-n", "127.0.0.1", kind=kind)
        connects(go(*strict("yes"), server=server))

    def test_other_name(self, go, certified, trust):
        server = certified("-n", "elsewhere.example")
        taupe = go("--once", *strict("yes"), server=server)
        assert taupe.wait() == HOST_KEY

    def test_expired(self, go, certified, trust):
        server = certified("-n", "127.0.0.1", "-V", "20200101:20200102")
        taupe = go("--once", *strict("yes"), server=server)
        assert taupe.wait() == HOST_KEY

    def test_unknown_authority(self, go, certified, book, run):
        book.write_text(
            f"@cert-authority * {keys.public(run.keys.other_host)}\n")
        server = certified("-n", "127.0.0.1")
        refuses(go("--once", *strict("yes"), server=server), "host_key_unknown")

    def test_revoked_authority(self, go, certified, trust, book, run):
        with open(book, "a", encoding="ascii") as more:
            more.write(f"@revoked * {keys.public(run.keys.ca)}\n")
        server = certified("-n", "127.0.0.1")
        taupe = go("--once", *strict("yes"), server=server)
        assert taupe.wait() == HOST_KEY


def test_update_host_keys_learns_the_others(go, book, sshd, run):
    comment = "# mine\n"
    book.write_text(comment + keys.known_hosts_line(
        sshd.port, run.keys.host["ed25519"]))
    connects(go(*strict("yes"), "-o", "UpdateHostKeys=yes"))
    for kind in makes.OpenSSH.host_types:
        blob = keys.public(run.keys.host[kind])
        env.wait_until(lambda: blob in book.read_text(), f"the {kind} key")
    assert book.read_text().startswith(comment)


def test_update_host_keys_can_be_off(go, book, sshd, run):
    line = keys.known_hosts_line(sshd.port, run.keys.host["ed25519"])
    book.write_text(line)
    connects(go(*strict("yes"), "-o", "UpdateHostKeys=no"))
    assert book.read_text() == line
