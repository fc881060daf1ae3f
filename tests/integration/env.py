"""What every test stands on: ports, folders, conditions, child processes."""
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = float(os.environ.get("TAUPE_TEST_PATIENCE", "30"))


# Servers are in sbin, where not everybody looks.
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/bin:/bin"


def tool(name):
    """A program's path."""
    found = shutil.which(name, path=PATH)
    assert found, f"{name} is not installed: scripts/deps test"
    return found


class Timeout(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, what, timeout=None):
    """Returns the first true value of condition()."""
    end = time.monotonic() + (timeout or PATIENCE)
    pause = 0.002
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            said = what() if callable(what) else what
            raise Timeout(f"waited in vain for {said}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def free_port():
    """A port that nobody has now, below the range that the kernel hands out."""
    while True:
        port = random.SystemRandom().randrange(10000, 32000)
        try:
            with socket.socket(socket.AF_INET6) as both:
                both.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                both.bind(("::", port))
            return port
        except OSError:
            continue


def accepts(address):
    """Whether something listens at (host, port) or a Unix socket's path."""
    family = socket.AF_INET
    if isinstance(address, str):
        family = socket.AF_UNIX
    elif ":" in address[0]:
        family = socket.AF_INET6
    with socket.socket(family) as probe:
        probe.settimeout(2)
        return probe.connect_ex(address) == 0


def listens(port):
    """Whether a TCP port of this machine is in LISTEN, without touching it."""
    needle = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table) as lines:
            for line in lines:
                field = line.split()
                if field[3] == "0A" and field[1].endswith(needle):
                    return True
    return False


def unread(port):
    """How many bytes came over connections to this port of 127.0.0.1 and were
    not read yet."""
    with open("/proc/net/tcp") as lines:
        rows = [line.split() for line in lines]
    return sum(int(row[4].rpartition(":")[2], 16) for row in rows
               if row[1] == f"0100007F:{port:04X}" and row[3] == "01")


def folder():
    """A new private folder with a short name: Unix sockets go there."""
    return pathlib.Path(tempfile.mkdtemp(prefix="tp", dir="/tmp"))


def remove(path):
    shutil.rmtree(path, ignore_errors=True)


class Process:
    """A child with its output in a file; ended by its own id, always reaped."""

    def __init__(self, command, log, **options):
        self.log = pathlib.Path(log)
        self.command = [str(word) for word in command]
        options.setdefault("stdin", subprocess.DEVNULL)
        with open(self.log, "ab") as out:
            options.setdefault("stdout", out)
            self.child = subprocess.Popen(
                self.command, stderr=out, start_new_session=True, **options)
        self.pid = self.child.pid

    def said(self):
        return self.log.read_text(errors="replace")

    def alive(self):
        return self.child.poll() is None

    def wait(self, timeout=None):
        try:
            return self.child.wait(timeout or PATIENCE)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.command[0]} does not end:\n"
                          f"{self.said()[-3000:]}") from None

    def stop(self, how=signal.SIGTERM, timeout=10):
        """Ends it, by force when it does not listen; its exit code."""
        if self.alive():
            self.child.send_signal(how)
            try:
                self.child.wait(timeout)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait()


def children(pid):
    """The ids of a process's children, and theirs."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        if int(stat.rpartition(")")[2].split()[1]) == pid:
            found += [int(entry.name), *children(int(entry.name))]
    return found


def kill(pid, how=signal.SIGKILL):
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        pass


def memory_kib(pid):
    """The resident memory of a process."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines()
                if line.startswith("VmRSS:"))
