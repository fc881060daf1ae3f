"""What is measured of the daemon: bringing up, listing, coming back, telling.

The side "taupe" is the daemon with its command line; "ssh" and "run" (taupe run)
do the same by themselves where they can.
"""
import contextlib
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import threading
import time

from . import cases, world
from .tunnels import CIPHER

UP_COUNT, LS_COUNT, LS_RUNS = 200, 1000, 21
COMEBACKS, CHANGES = 20, 200


class Unix(http.client.HTTPConnection):
    """HTTP over the daemon's socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Keeper:
    """A daemon with a state folder of its own and the bench's server in it."""

    def __init__(self, b, port=None):
        self.world, self.taupe = b.world, b.programs["taupe"]
        self.ports = set()
        self.state = b.world.path(f"state-{random.randrange(1 << 30)}")
        self.socket = self.state + ".sock"
        self.env = {**b.world.env, "TAUPE_STATE": self.state,
                    "TAUPE_SOCKET": self.socket, "TAUPE_NO_START": "1"}
        env, b.world.env = b.world.env, self.env
        try:
            self.process = b.world.start(
                [self.taupe, "daemon", "--listen", "none"])
        finally:
            b.world.env = env
        self.process.wait_ready(self._is_up)
        self.ask("POST", "/servers", {
            "name": "bench", "host": "127.0.0.1",
            "port": port or b.world.sshd_port, "user": b.world.user,
            "identity_files": [b.world.user_key],
            "known_hosts": [b.world.path("known_hosts")],
            "host_key_policy": "accept-new", "ciphers": CIPHER})

    def _is_up(self):
        try:
            self.ask("GET", "/status")
        except OSError:
            return False
        return True

    def ask(self, method, path, body=None):
        link = Unix(self.socket)
        try:
            link.request(method, "/api/v1" + path,
                         json.dumps(body) if body is not None else None,
                         {"Content-Type": "application/json"})
            answer = link.getresponse()
            text = answer.read()
        finally:
            link.close()
        if answer.status >= 400:
            raise world.BenchError(f"{method} {path}: {text.decode()}")
        return json.loads(text) if text else None

    def add(self, name, target):
        port = world.free_port()
        while port in self.ports:
            port = world.free_port()
        self.ports.add(port)
        self.ask("POST", "/forwards", {
            "name": name, "type": "local", "server": "bench",
            "local": f"127.0.0.1:{port}", "remote": f"127.0.0.1:{target}"})
        return port

    def command(self, *words):
        """Runs taupe and gives what it took."""
        since = time.perf_counter()
        done = subprocess.run([self.taupe, *words], env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60)
        if done.returncode != 0:
            raise world.BenchError(f"taupe {words}: {done.stderr}")
        return time.perf_counter() - since

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.world.stop(self.process)


class Stream:
    """The daemon's live stream, read in a thread; stamps each message."""

    def __init__(self, keeper):
        self.link = Unix(keeper.socket)
        self.link.request("GET", "/api/v1/stream")
        self.answer = self.link.getresponse()
        self.seen = []
        self.more = threading.Condition()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        kind = ""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            while line := self.answer.readline():
                if line.startswith(b"event:"):
                    kind = line[6:].strip().decode()
                elif line.startswith(b"data:"):
                    with self.more:
                        self.seen.append((time.perf_counter(), kind,
                                          json.loads(line[5:])))
                        self.more.notify_all()

    def wait(self, fits, since=0, seconds=60):
        """The first message from place `since` on that fits, and its time."""
        def found():
            for stamp, kind, data in self.seen[since:]:
                if fits(kind, data):
                    return stamp, data
            return None
        with self.more:
            if not self.more.wait_for(lambda: found() is not None, seconds):
                raise world.BenchError("the stream did not tell")
            return found()

    def place(self):
        with self.more:
            return len(self.seen)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        with contextlib.suppress(OSError):
            self.link.sock.shutdown(socket.SHUT_RDWR)
        self.reader.join(5)
        self.link.close()


def up(b, sut):
    """Until 200 forwards on one server accept clients."""
    target = b.ping_target["echo"]
    if sut == "ssh":
        ports = [world.free_port() for _ in range(UP_COUNT)]
        argv = [b.programs["ssh"], "-N", "-F", "none", "-p",
                b.world.sshd_port, "-i", b.world.user_key,
                "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
                "-o", f"UserKnownHostsFile={b.world.path('known_hosts')}"]
        for port in ports:
            argv += ["-L", f"127.0.0.1:{port}:127.0.0.1:{target}"]
        since = time.perf_counter()
        process = b.world.start([*argv, f"{b.world.user}@127.0.0.1"])
        try:
            process.wait_ready(lambda: world.answers(ports[-1], b"x"))
            return {"seconds": time.perf_counter() - since}
        finally:
            b.world.stop(process)
    with Keeper(b) as keeper:
        for i in range(UP_COUNT):
            keeper.add(f"forward {i}", target)
        seconds = keeper.command("up", "--all")
        states = {f["state"] for f in keeper.ask("GET", "/forwards")}
        if states != {"connected"}:
            raise world.BenchError(f"after up: {states}")
        return {"seconds": seconds}


def ls(b, _):
    with Keeper(b) as keeper:
        for i in range(LS_COUNT):
            keeper.add(f"forward {i}", 80)
        times = [keeper.command("ls") for _ in range(LS_RUNS)]
        return {"seconds": statistics.median(times)}


def comeback(b, _):
    """From the moment when the server listens again until the forward is
    connected, after outages of up to eight seconds."""
    sshd = b.world.sshd
    port = world.free_port()
    config = b.world.write("sshd_again", open(
        b.world.path("sshd_config")).read().replace(
            f"Port {b.world.sshd_port}\n", f"Port {port}\n"))
    argv = [sshd.child.args[0], "-D", "-e", "-f", config]
    took = []
    server = b.world.start(argv)
    server.wait_ready(lambda: world.answers(port))
    with Keeper(b, port) as keeper:
        keeper.add("one", b.ping_target["echo"])
        keeper.command("up", "--all")
        with Stream(keeper) as stream:
            for i in range(COMEBACKS):
                time.sleep(1)  # up for a while, as servers are
                place = stream.place()
                lost = list(world.descendants(server.pid))
                b.world.stop(server)
                for pid in lost:
                    with contextlib.suppress(OSError):
                        os.kill(pid, 9)
                stream.wait(lambda kind, data: kind == "forward" and
                            data["state"] == "reconnecting", place)
                time.sleep(random.Random(i).uniform(0.1, 8))
                server = b.world.start(argv)
                server.wait_ready(lambda: world.answers(port))
                since = time.perf_counter()
                stamp, _ = stream.wait(
                    lambda kind, data: kind == "forward" and
                    data["state"] == "connected", place)
                took.append(max(0.0, stamp - since))
    b.world.stop(server)
    took.sort()
    return {"p50": statistics.median(took),
            "p95": took[int(len(took) * 0.95) - 1]}


def change(b, _):
    """From sending a change until its message has come."""
    with Keeper(b) as keeper, Stream(keeper) as stream:
        keeper.add("one", 80)
        one = keeper.ask("GET", "/forwards")[0]["id"]
        took = []
        for i in range(CHANGES):
            place = stream.place()
            since = time.perf_counter()
            keeper.ask("PATCH", f"/forwards/{one}", {"note": str(i)})
            stamp, _ = stream.wait(lambda kind, data: kind == "forward" and
                                   data["note"] == str(i), place)
            took.append(stamp - since)
        took.sort()
        return {"p50": statistics.median(took),
                "p99": took[int(len(took) * 0.99) - 1]}


class Carried:
    """A forward of the daemon in the place of a tunnel's process."""

    def __init__(self, keeper, ports):
        self.process, self.ports = keeper.process, ports


def carry(b, sut):
    """The daemon's way for bulk beside taupe run's."""
    ways = (("up", "sink"), ("down", "source"))
    metrics = {}
    with contextlib.ExitStack() as stack:
        if sut == "run":
            tunnel = stack.enter_context(_run(b))
        else:
            keeper = stack.enter_context(Keeper(b))
            tunnel = Carried(keeper, {
                name: keeper.add(name, b.bulk_target[name])
                for _, name in ways})
            keeper.command("up", "--all")
        for way, name in ways:
            metrics.update(cases.measure_bulk(
                b, tunnel.process, way, tunnel.ports[name]))
    return metrics


@contextlib.contextmanager
def _run(b):
    with b.tunnel("taupe", "sink", "source") as tunnel:
        yield tunnel
