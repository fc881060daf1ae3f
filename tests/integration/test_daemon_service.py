"""The daemon under a service manager: sd_notify, the watchdog, a socket that is
handed over, signals; and what it costs while nothing happens."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

import daemon as keeper
import env
import peers

pytestmark = pytest.mark.taupe_only

# Listens on a Unix socket, then becomes the daemon with that as descriptor 3.
HAND_OVER = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def manager(folder, stack):
    return stack.enter_context(peers.Datagrams(folder / "notify"))


@pytest.mark.sanitized
def test_tells_its_manager(manager, stack):
    daemon = stack.enter_context(keeper.Daemon(environ={
        "NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "200000"}))
    ready = manager.wait("READY=1")
    assert any(line.startswith("STATUS=") and str(daemon.socket) in line
               for line in ready)
    for _ in range(3):
        manager.wait("WATCHDOG=1")
    os.kill(daemon.pid, signal.SIGHUP)
    assert any(line.startswith("MONOTONIC_USEC=")
               for line in manager.wait("RELOADING=1"))
    manager.wait("READY=1")
    assert daemon.ask("POST", "/api/v1/reload").status == 204
    manager.wait("RELOADING=1")
    manager.wait("READY=1")
    os.kill(daemon.pid, signal.SIGTERM)
    manager.wait("STOPPING=1")
    assert daemon.process.wait() == 0


def test_a_manager_that_is_gone_harms_nobody(folder, stack):
    daemon = stack.enter_context(keeper.Daemon(environ={
        "NOTIFY_SOCKET": str(folder / "nobody"), "WATCHDOG_USEC": "10000"}))
    os.kill(daemon.pid, signal.SIGHUP)
    assert daemon.api("GET", "/status")["pid"] == daemon.pid


@pytest.mark.sanitized
def test_a_socket_is_handed_over(folder, stack):
    """What connects before it is ready waits; the socket is not ours to
    remove."""
    path = folder / "taupe.sock"
    daemon = stack.enter_context(keeper.Daemon(
        folder=folder, prefix=[sys.executable, "-c", HAND_OVER, path]))
    assert daemon.api("GET", "/status")["pid"] == daemon.pid
    assert daemon.stop() == 0
    assert path.exists()


def test_a_socket_that_is_elsewhere_is_found(folder, stack):
    """Not where --socket says: whoever hands it over decides. The lock leads
    commands to it."""
    path = folder / "other.sock"
    daemon = stack.enter_context(keeper.Daemon(
        folder=folder, prefix=[sys.executable, "-c", HAND_OVER, path],
        wait=False))
    elsewhere, daemon.socket = daemon.socket, path
    daemon.wait_ready()
    assert daemon.api("GET", "/status")["socket"] == str(path)
    assert f"listening on {path}" in daemon.said()
    assert not elsewhere.exists()
    _, out, _ = daemon.command(
        "status", "--json", code=0, environ={"TAUPE_SOCKET": ""})
    assert str(path) in out


def test_another_processs_sockets_are_not_taken(daemon):
    daemon.stop()
    daemon.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": "1"}
    daemon.start()
    assert daemon.stop() == 0


@pytest.mark.sanitized
def test_the_logs_level_changes_while_it_runs(daemon):
    def level():
        return daemon.api("GET", "/settings")["log_level"]
    os.kill(daemon.pid, signal.SIGUSR1)
    env.wait_until(lambda: "debug" in daemon.said(), "its word")
    os.kill(daemon.pid, signal.SIGUSR2)
    env.wait_until(lambda: daemon.said().count("log's level") == 2, "its word")
    daemon.api("PATCH", "/settings", {"log_level": "debug"})
    assert level() == "debug"
    daemon.restart()
    assert level() == "debug"


def test_the_log_is_json_when_asked(stack):
    import json
    daemon = stack.enter_context(keeper.Daemon("--log-format", "json"))
    assert daemon.stop() == 0
    lines = daemon.process.said().splitlines()
    assert lines and all(json.loads(line) for line in lines)


# The units.

def analyze(folder, *words):
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(folder)}
    done = subprocess.run(["systemd-analyze", *words], text=True, cwd=folder,
                          capture_output=True, env=environ, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def units(folder):
    """As they are installed, but for the program's path."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    bin_ = folder / "bin"
    bin_.mkdir()
    (bin_ / "taupe").symlink_to(keeper.driver.COMMAND[-1])
    for path in (env.ROOT / "packaging").iterdir():
        if path.suffix in (".in", ".socket"):
            name = path.name.removesuffix(".in").replace("@", "@root")
            (folder / name).write_text(
                path.read_text().replace("@BINDIR@", str(bin_)))
    return folder


def test_systemd_understands_the_units(units):
    for words in (["--user", "verify", "--man=no", "./taupe.service",
                   "./taupe.socket"],
                  ["verify", "--man=no", "./taupe@root.service"]):
        assert analyze(units, *words) == (0, "")


def test_the_machines_unit_gives_little_away(units):
    """By systemd's own measure, in tenths: 0 is nothing, 100 everything."""
    code, said = analyze(units, "security", "--offline=true", "--threshold=25",
                         "--no-pager", "./taupe@root.service")
    assert code == 0, said


# At rest.

def wakes(pid):
    """How often any of its threads has gone to sleep by itself."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text()
        total += next(int(line.split()[1]) for line in status.splitlines()
                      if line.startswith("voluntary_ctxt_switches:"))
    return total


def test_sleeps_while_nothing_happens(daemon, sshd, echo, record_property):
    """Between two keep-alives: links up, listeners open, nobody looks."""
    for number in range(3):
        daemon.add_server(f"s{number}", **sshd.fields(keep_alive_s=600))
        for kind in ("local", "dynamic"):
            daemon.add_forward(
                f"{kind}{number}", f"s{number}", kind, local="127.0.0.1:0",
                remote=f"127.0.0.1:{echo.port}" if kind == "local" else None,
                start=True)
    env.wait_until(lambda: {f["state"] for f in daemon.api(
        "GET", "/forwards")} == {"connected"}, "all of them")
    peers.round_trip(daemon.forward("local0")["bound_port"])
    # What is still to be done after traffic and a request is done by then:
    # five seconds in a row without any.
    seen = [(time.monotonic(), wakes(daemon.pid))]

    def is_quiet():
        count = wakes(daemon.pid)
        if count != seen[-1][1]:
            seen.append((time.monotonic(), count))
        return time.monotonic() - seen[-1][0] >= 5

    env.wait_until(is_quiet, lambda: f"quiet; wakes: {seen}", timeout=75)
    record_property("wakes", seen[-1][1] - seen[0][1])
    record_property("memory_kib", env.memory_kib(daemon.pid))
    assert env.memory_kib(daemon.pid) < 12 * 1024
