"""A daemon's start and end: one a folder, signals, the log, the passphrase,
systemd's side of it."""
import json
import os
import pty
import signal
import socket
import subprocess

import pytest

import daemon as daemons
import env
import taupe as driver

pytestmark = pytest.mark.taupe_only


@pytest.fixture
def daemon():
    with daemons.Daemon() as made:
        yield made


def run(*words, environ=None, **options):
    """`taupe daemon WORDS…` that is expected to end by itself."""
    return subprocess.run(
        [*driver.COMMAND, "daemon", *map(str, words)], text=True,
        capture_output=True, timeout=env.PATIENCE, stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
             **(environ or {})}, **options)


def says(daemon, text):
    env.wait_until(lambda: text in daemon.process.said(),
                   lambda: f"{text}: {daemon.said()}")


def lock_with_passphrase(daemon):
    daemon.api("PUT", "/settings/secrets",
               {"how": "passphrase", "passphrase": "open sesame"})
    daemon.stop()


def is_locked(daemon):
    return daemon.api("GET", "/settings")["secrets_locked"]


def test_it_says_where_it_listens(daemon):
    host, port = daemon.address()
    says(daemon, f"taupe: listening on {daemon.socket}, "
                 f"page at http://{host}:{port}\n")


def test_a_second_one_is_told_who_runs(daemon):
    done = run("--state", daemon.state, "--listen", "none")
    assert done.returncode == 1
    assert f"process {daemon.pid}, {daemon.socket}" in done.stderr
    done = run("--state", daemon.state, "--lang", "fr")
    assert "Un démon" in done.stderr and str(daemon.pid) in done.stderr
    done = run("--state", daemon.state, "--json")
    assert json.loads(done.stderr)["code"] == "daemon_running"
    assert daemon.api("GET", "/status")["pid"] == daemon.pid


@pytest.mark.parametrize("words", [
    ["--no-such-option"], ["word"], ["--log-level", "loud"],
    ["--log-format", "xml"], ["--tls-cert", "c"], ["--passphrase-fd", "2"],
    ["--passphrase-fd", "-1"], ["--no-start"], ["--listen"]])
def test_a_bad_command_line_is_refused(folder, words):
    done = run("--state", folder / "state", *words)
    assert done.returncode == 2
    assert done.stderr.startswith("taupe: ")
    assert not (folder / "state").exists()


def test_folders_that_are_not_ours_alone_are_refused(folder):
    state = folder / "state"
    state.mkdir()
    state.chmod(0o777)
    done = run("--state", state)
    assert done.returncode == 1 and "chmod 700" in done.stderr
    done = run("--state", folder / "s", "--socket", "/tmp/" + "x" * 110)
    assert done.returncode == 1 and "107" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(daemon, how):
    assert daemon.process.stop(how) == 0
    assert not daemon.socket.exists()
    says(daemon, "info stopping")


def test_hup_and_usr_signals(daemon):
    env.kill(daemon.pid, signal.SIGUSR1)
    says(daemon, "debug the log's level is debug")
    env.kill(daemon.pid, signal.SIGUSR2)
    says(daemon, "info the log's level is info")
    daemon.api("PATCH", "/settings", {"log_level": "debug"})
    assert daemon.api("GET", "/settings")["log_level"] == "debug"
    env.kill(daemon.pid, signal.SIGUSR2)
    env.wait_until(
        lambda: daemon.api("GET", "/settings")["log_level"] == "info", "info")
    env.kill(daemon.pid, signal.SIGHUP)
    says(daemon, "info reload")
    env.wait_until(
        lambda: daemon.api("GET", "/settings")["log_level"] == "debug",
        "the setting again")


def test_the_log_can_be_json():
    with daemons.Daemon("--log-format", "json", "--log-level",
                        "debug") as daemon:
        env.kill(daemon.pid, signal.SIGHUP)
        says(daemon, "reload")
        daemon.stop()
        rows = [json.loads(line)
                for line in daemon.process.said().splitlines()]
    assert rows[0]["level"] == "info"
    assert any(row.get("socket") == str(daemon.socket) for row in rows)


def test_core_dumps_are_off(daemon):
    # Of a process that is not dumpable, root owns the files in /proc, and
    # nobody but root can read this one.
    with open(f"/proc/{daemon.pid}/status") as status:
        assert "Umask:\t0077\n" in status.read()


# ---- the passphrase of the secrets ----

def test_a_passphrase_comes_by_descriptor(daemon):
    lock_with_passphrase(daemon)
    daemon.start()
    assert is_locked(daemon)
    says(daemon, "the secrets are locked")
    refused = daemon.refuses("POST", "/settings/unlock",
                             {"passphrase": "open barley"})
    assert refused.status == 403
    daemon.api("POST", "/settings/unlock", {"passphrase": "open sesame"})
    assert not is_locked(daemon)
    daemon.stop()
    reader, writer = os.pipe()
    os.write(writer, b"open sesame\n")
    os.close(writer)
    # The child's descriptor 0 stands in for any other.
    daemon.words = ["--passphrase-fd", "0"]
    daemon.process = env.Process(
        [*driver.COMMAND, "daemon", "--state", daemon.state, "--socket",
         daemon.socket, "--listen", "none", *daemon.words],
        daemon.folder / "daemon.log", env=daemon.environ, stdin=reader)
    os.close(reader)
    daemon.wait_ready()
    assert not is_locked(daemon)


@pytest.mark.parametrize("text, opens", [
    ("open sesame\n", True), ("open barley", False)])
def test_a_passphrase_comes_as_a_credential(daemon, text, opens):
    lock_with_passphrase(daemon)
    (daemon.folder / "taupe-passphrase").write_text(text)
    daemon.environ["CREDENTIALS_DIRECTORY"] = str(daemon.folder)
    daemon.start()
    assert is_locked(daemon) is not opens


def test_a_passphrase_is_asked_for_on_a_terminal(daemon):
    lock_with_passphrase(daemon)
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*map(str, driver.COMMAND), "daemon", "--state",
                   str(daemon.state), "--socket", str(daemon.socket),
                   "--listen", "none"]
        os.execve(command[0], command, daemon.environ)
    seen = b""

    def wait_for(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(terminal, 4096)
    try:
        wait_for(b"Passphrase of taupe")
        os.write(terminal, b"open barley\n")
        wait_for(b"Once more:")
        os.write(terminal, b"open sesame\n")
        wait_for(b"listening on")
        assert b"sesame" not in seen and b"barley" not in seen
        assert not is_locked(daemon)
    finally:
        os.kill(pid, signal.SIGTERM)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(terminal)
    assert code == 0


def test_a_closed_terminal_ends_it(daemon):
    daemon.stop()
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*map(str, driver.COMMAND), "daemon", "--state",
                   str(daemon.state), "--socket", str(daemon.socket),
                   "--listen", "none"]
        os.execve(command[0], command, daemon.environ)
    seen = b""
    while b"listening on" not in seen:
        seen += os.read(terminal, 4096)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# ---- systemd ----

def test_the_service_manager_hears_and_hands_over_the_socket(folder):
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(folder / "notify"))
    notify.settimeout(env.PATIENCE)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "taupe.sock"))
    listening.listen()

    def heard(text):
        while text not in (said := notify.recv(4096).decode()):
            pass
        return said

    # What systemd does between fork and exec.
    script = ("import os, sys; os.dup2(int(sys.argv[1]), 3);"
              "os.environ['LISTEN_PID'] = str(os.getpid());"
              "os.execv(sys.argv[2], sys.argv[2:])")
    process = env.Process(
        ["/usr/bin/python3", "-c", script, listening.fileno(),
         *driver.COMMAND, "daemon", "--state", folder / "state",
         "--socket", folder / "taupe.sock", "--listen", "none"],
        folder / "log", pass_fds=[listening.fileno()],
        env={"PATH": os.environ["PATH"], "HOME": str(folder),
             "LISTEN_FDS": "1", "NOTIFY_SOCKET": str(folder / "notify"),
             "WATCHDOG_USEC": "200000"})
    try:
        assert "STATUS=listening on" in heard("READY=1")
        connection = daemons.UnixConnection(folder / "taupe.sock")
        assert daemons.ask(connection, "GET", "/healthz").status == 200
        connection.close()
        heard("WATCHDOG=1")
        env.kill(process.pid, signal.SIGHUP)
        assert "MONOTONIC_USEC=" in heard("RELOADING=1")
        heard("READY=1")
        env.kill(process.pid, signal.SIGTERM)
        heard("STOPPING=1")
        assert process.wait() == 0
        # It is systemd's: the next daemon gets it again.
        assert (folder / "taupe.sock").exists()
    finally:
        process.stop()
        notify.close()
        listening.close()
