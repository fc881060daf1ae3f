"""A daemon that dies at any moment. What was answered is kept, what was wanted
comes back, and nothing is there by half."""
import contextlib
import fcntl
import http.client
import os
import random
import shutil
import signal
import socket
import sqlite3
import threading

import pytest

import daemon as keeper
import env
import makes
import peers

pytestmark = pytest.mark.taupe_only


def whole(state):
    """Looks into a copy of the database as it was left."""
    with contextlib.closing(Copy(state)) as copy:
        assert copy.rows("PRAGMA integrity_check") == [("ok",)]
        assert copy.rows("PRAGMA foreign_key_check") == []


class Copy:
    def __init__(self, state):
        self.folder = env.folder()
        for path in state.glob("taupe.db*"):
            shutil.copy(path, self.folder)
        self.database = sqlite3.connect(self.folder / "taupe.db")

    def rows(self, text):
        return self.database.execute(text).fetchall()

    def close(self):
        self.database.close()
        env.remove(self.folder)


class Writer(threading.Thread):
    """Changes forwards of its own and keeps account: `kept` is what was
    answered for, `open` what one request more may have made of it. A forward
    is (port of its destination, wanted), or None when there is none."""

    def __init__(self, daemon, number, server, port):
        super().__init__(daemon=True)
        self.daemon_ = daemon
        self.names = [f"w{number}-{n}" for n in range(4)]
        self.server, self.port = server, port
        self.random = random.Random(number)
        self.kept = dict.fromkeys(self.names)
        self.open = {}
        self.ids = {}
        self.answered = 0
        self.broken = None

    def run(self):
        try:
            while True:
                self.change(self.random.choice(self.names))
        except (OSError, http.client.HTTPException):
            pass  # It was killed.
        except Exception as error:
            self.broken = error

    def change(self, name):
        if self.kept[name] is None:
            wanted = self.random.random() < 0.6
            self.tell(name, (self.port, wanted), "POST",
                      f"/forwards{'?start=1' if wanted else ''}",
                      {"name": name, "server": self.server, "type": "local",
                       "local": "127.0.0.1:0", **self.value(self.port)})
            return
        port, wanted = self.kept[name]
        path = f"/forwards/{self.ids[name]}"
        kind = self.random.choice(["edit", "edit", "start", "stop", "remove"])
        if kind == "edit":
            other = self.random.randrange(1, 65536)
            self.tell(name, (other, wanted), "PATCH",
                      f"{path}?stop=1&start={int(wanted)}", self.value(other))
        elif kind == "remove":
            self.tell(name, None, "DELETE", f"{path}?stop=1")
        else:
            self.tell(name, (port, kind == "start"), "POST", f"{path}/{kind}")

    @staticmethod
    def value(port):
        return {"remote": f"127.0.0.1:{port}", "note": f"to {port}"}

    def tell(self, name, then, *request):
        self.open = {name: then}
        answer = self.daemon_.api(*request)
        self.kept[name] = then
        self.open = {}
        self.answered += 1
        if answer:
            self.ids[name] = answer["id"]

    def settle(self, found):
        """Compares with what is there now, and goes on from there."""
        assert self.broken is None, self.broken
        for name in self.names:
            forward = found.get(name)
            now = None
            if forward:
                assert forward["note"] == f"to {forward['remote_port']}"
                assert forward["server"] == self.server
                now = (forward["remote_port"], forward["wanted"])
                self.ids[name] = forward["id"]
            may = [self.kept[name], *(self.open[n] for n in self.open
                                      if n == name)]
            assert now in may, f"{name} is {now}, not one of {may}"
            self.kept[name] = now


def wait_settled(daemon):
    def look():
        forwards = daemon.api("GET", "/forwards")
        return all(f["state"] == ("connected" if f["wanted"]
                                  else "disconnected") for f in forwards)
    env.wait_until(look, lambda: daemon.api("GET", "/forwards"))


def crash_rounds(daemon, sshd, rounds, writers=4):
    for number in range(writers):
        daemon.add_server(f"server {number}", **sshd.fields())
    ledger = None
    for _ in range(rounds):
        fresh = [Writer(daemon, n, f"server {n}", 9) for n in range(writers)]
        for writer, before in zip(fresh, ledger or fresh):
            writer.kept, writer.ids = before.kept, before.ids
            writer.random = before.random
        ledger = fresh
        for writer in ledger:
            writer.start()
        enough = random.randrange(20, 120)
        env.wait_until(lambda: sum(w.answered for w in ledger) >= enough
                       or any(w.broken for w in ledger), "changes")
        daemon.kill()
        for writer in ledger:
            writer.join(env.PATIENCE)
        whole(daemon.state)
        daemon.start()
        found = {f["name"]: f for f in daemon.api("GET", "/forwards")}
        for writer in ledger:
            writer.settle(found)
        wait_settled(daemon)


def test_killed_under_a_writing_load(daemon, sshd):
    crash_rounds(daemon, sshd, rounds=6)


@pytest.mark.sanitized
@pytest.mark.workers
def test_killed_once_under_a_writing_load(daemon, sshd):
    crash_rounds(daemon, sshd, rounds=1, writers=2)


@pytest.mark.sanitized
def test_killed_at_any_time_of_its_start(daemon, sshd, echo):
    """Before it listens, while it connects, right after."""
    daemon.add_server("vps", **sshd.fields())
    for number in range(4):
        daemon.add_forward(
            f"f{number}", "vps", local="127.0.0.1:0",
            remote=f"127.0.0.1:{echo.port}", start=number % 2 == 0)
    daemon.kill()
    for look in (lambda: True, lambda: (daemon.state / "lock").read_text(),
                 lambda: daemon.socket.exists(),
                 lambda: env.accepts(str(daemon.socket)),
                 lambda: daemon.wait_state("f0", ("connecting", "connected"))):
        daemon.start(wait=False)

        def seen(look=look):
            try:
                return look()
            except OSError:
                return False
        env.wait_until(seen, "a part of its start")
        daemon.kill()
        whole(daemon.state)
    daemon.start()
    wait_settled(daemon)
    assert [f["wanted"] for f in daemon.api("GET", "/forwards")] == \
        [True, False, True, False]


@pytest.mark.sanitized
def test_tunnels_carry_again_after_a_crash(daemon, run, stack, echo):
    server = stack.enter_context(makes.OpenSSH(run))
    local, remote, stopped = (env.free_port() for _ in range(3))
    daemon.add_server("vps", **server.fields())
    daemon.add_forward("l", "vps", local=f"127.0.0.1:{local}",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    daemon.add_forward("r", "vps", "remote", local=f"127.0.0.1:{echo.port}",
                       remote=f"127.0.0.1:{remote}", start=True)
    daemon.add_forward("s", "vps", "dynamic", local=f"127.0.0.1:{stopped}",
                       start=True)
    for name in "lrs":
        daemon.wait_state(name, "connected")
    daemon.api("POST", f"/forwards/{daemon.forward('s')['id']}/stop")
    daemon.restart("kill")
    for name in "lr":
        daemon.wait_state(name, "connected")
    for port in (local, remote):
        peers.round_trip(port)
    assert daemon.forward("s")["state"] == "disconnected"
    assert not env.listens(stopped)


@pytest.mark.sanitized
def test_killed_during_an_import(daemon):
    """All of it is there afterwards, or nothing; and it can be had again."""
    count = 400
    text = "".join(
        f"Host h{n}\n HostName h{n}.example\n LocalForward {10000 + n} a:1\n"
        for n in range(count))
    request = {"format": "ssh-config", "text": text}

    def attempt():
        with contextlib.suppress(OSError, http.client.HTTPException):
            daemon.api("POST", "/import", request)

    def there():
        return [len(daemon.api("GET", path))
                for path in ("/servers", "/forwards")]
    log = daemon.state / "taupe.db-wal"
    for grown in (0, 1, 20000, 100000, 200000):
        before, size = there(), log.stat().st_size
        importer = threading.Thread(target=attempt, daemon=True)
        importer.start()
        env.wait_until(lambda grown=grown, size=size: not importer.is_alive()
                       or log.stat().st_size >= size + grown, "its way")
        daemon.kill()
        importer.join(env.PATIENCE)
        whole(daemon.state)
        daemon.start()
        assert there() in (before, [count, count])
    daemon.api("POST", "/import", request)
    assert there() == [count, count]


# One daemon a folder.

def second(first, *words):
    """Another daemon on the same folder: its exit code and words."""
    log = first.folder / "second.log"
    process = env.Process(
        [*keeper.driver.COMMAND, "daemon", "--state", first.state, *words],
        log, env=first.environ)
    code = process.wait()
    return code, process.said()


@pytest.mark.sanitized
def test_a_second_daemon_says_who_holds_the_folder(daemon):
    for words in (["--socket", daemon.socket],
                  ["--socket", daemon.folder / "other.sock"]):
        code, said = second(daemon, *words)
        assert code == 1
        assert str(daemon.pid) in said and str(daemon.socket) in said, said
    assert daemon.ask("GET", "/healthz").status == 200


def test_who_holds_the_folder_has_only_just_begun(daemon):
    """It has the lock, and has not written yet who it is."""
    assert daemon.stop() == 0
    path = daemon.state / "lock"
    with open(path, "r+b", buffering=0) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.truncate(0)
        daemon.start(wait=False)
        env.wait_until(lambda: not daemon.process.alive()
                       or has_open(daemon.pid, path), "its look")
        lock.write(b"4711\n/run/other.sock\n")
        assert daemon.process.wait() == 1
    assert "4711" in daemon.said() and "/run/other.sock" in daemon.said()


def has_open(pid, path):
    with contextlib.suppress(OSError):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.path.samefile(path, f"/proc/{pid}/fd/{fd}"):
                    return True
    return False


def test_the_folder_is_free_after_a_crash(daemon):
    first = daemon.pid
    daemon.restart("kill")
    assert daemon.api("GET", "/status")["pid"] == daemon.pid != first


def test_a_process_that_took_the_pid_is_not_believed(daemon):
    """What a crash left in the lock may name somebody else by now."""
    daemon.kill()
    (daemon.state / "lock").write_text(f"{os.getpid()}\n/nowhere\n")
    daemon.start()


def test_another_users_socket_path_is_not_stolen(daemon, folder):
    """A socket that somebody listens on is not taken away from them."""
    path = folder / "busy.sock"
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(path))
        busy.listen()
        other = folder / "state"
        process = env.Process(
            [*keeper.driver.COMMAND, "daemon", "--state", other,
             "--socket", path], folder / "log", env=daemon.environ)
        assert process.wait() == 6
        assert str(path) in process.said()
        assert env.accepts(str(path))


# Ends in good order.

@pytest.mark.sanitized
@pytest.mark.workers
def test_stops_in_order_under_traffic(daemon, run, stack):
    server = stack.enter_context(makes.OpenSSH(run))

    def pour(connection):
        while True:
            connection.sendall(b"x" * 65536)

    source = stack.enter_context(peers.Service(pour))
    port = env.free_port()
    daemon.add_server("vps", **server.fields())
    daemon.add_forward("f", "vps", local=f"127.0.0.1:{port}",
                       remote=f"127.0.0.1:{source.port}", start=True)
    daemon.wait_state("f", "connected")
    ends = [stack.enter_context(peers.dial(port)) for _ in range(4)]
    for end in ends:
        end.recv(65536)
    assert daemon.stop() == 0
    for end in ends:
        with contextlib.suppress(ConnectionResetError):
            peers.read_all(end)
    assert not env.listens(port)
    assert not daemon.socket.exists()
    env.wait_until(lambda: not server.sessions(), "the sessions' end")
    whole(daemon.state)
    daemon.start()
    daemon.wait_state("f", "connected")


def test_shutdown_over_the_api(daemon):
    assert daemon.ask("POST", "/api/v1/shutdown").status == 202
    assert daemon.process.wait() == 0


@pytest.mark.sanitized
def test_reload_tries_again_what_has_failed(daemon, sshd, echo):
    taken = socket.create_server(("127.0.0.1", 0))
    port = taken.getsockname()[1]
    daemon.add_server("vps", **sshd.fields())
    daemon.add_forward("f", "vps", local=f"127.0.0.1:{port}",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    daemon.wait_state("f", "error")
    taken.close()
    os.kill(daemon.pid, signal.SIGHUP)
    daemon.wait_state("f", "connected")
    peers.round_trip(port)


def test_a_second_signal_ends_it_at_once(daemon, run, stack):
    """Whatever the first one waits for: here a server that is frozen."""
    server = stack.enter_context(makes.OpenSSH(run))
    daemon.add_server("vps", **server.fields())
    daemon.add_forward("f", "vps", "dynamic", local="127.0.0.1:0", start=True)
    daemon.wait_state("f", "connected")
    sessions = server.sessions()
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    for _ in range(2):
        os.kill(daemon.pid, signal.SIGTERM)
        env.wait_until(lambda: "stopping" in daemon.said(), "its word")
    assert daemon.process.wait(10) in (
        0, 128 + signal.SIGTERM, -signal.SIGTERM)
    whole(daemon.state)
    for pid in sessions:
        env.kill(pid)
