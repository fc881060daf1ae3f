"""What is measured. Each case takes the bench and the side under test ("sut")
and returns {metric: value}; a fresh tunnel for every measurement.

Rates are bytes or events a second, times seconds, sizes bytes.
"""
import contextlib
import json
import os
import re
import subprocess

from .tunnels import Tunnel
from .world import BenchError

GIB = 1 << 30
BULK_BYTES = GIB
LONG_DELAY_MS = 50          # one way
LONG_SECONDS, LONG_SKIP = 14, 4
NARROW_DELAY_MS, NARROW_MBIT = 10, 200
DEEP_QUEUE, SHALLOW_QUEUE = 4 << 20, 256 << 10
HTTP_CONNECTIONS, HTTP_SECONDS = (1, 100, 500), 4
CHURN_COUNT, CHURN_PARALLEL = 5000, 16
IDLE_COUNT, IDLE_PARALLEL = 5000, 64


class Bench:
    """The world, its targets, and the programs that are compared."""

    def __init__(self, w, programs):
        self.world, self.programs = w, programs
        w.start_sshd()
        self.http_port = w.start_nginx()
        # Two targets, so that pings do not wait behind bulk in the target.
        self.bulk_target = w.service("target")[1]
        self.ping_target = w.service("target")[1]

    def tunnel(self, sut, *names, **kwargs):
        known = {
            "sink": self.bulk_target["sink"],
            "source": self.bulk_target["source"],
            "echo": self.ping_target["echo"],
            "http": self.http_port,
        }
        return Tunnel(self.world, sut, self.programs,
                      {n: known[n] for n in (*names, "echo")}, **kwargs)

    @contextlib.contextmanager
    def path(self, *args, target=None):
        """A delaying relay, to sshd unless told otherwise; gives its port."""
        process, said = self.world.service(
            "delay_relay", target or self.world.sshd_port, *args)
        try:
            yield said["port"]
        finally:
            self.world.stop(process)

    @contextlib.contextmanager
    def floor(self, target, *args):
        """Two floors in a row, the second in sshd's place: the first has the
        neighbours that a tunnel's client has. Gives it and its port."""
        far, far_said = self.world.service("floor", target, *args)
        near, near_said = self.world.service(
            "floor", far_said["port"], *args)
        try:
            yield near, near_said["port"]
        finally:
            self.world.stop(near, far)

    @contextlib.contextmanager
    def idle_connections(self, port):
        """Opens them all; gives what it took, and holds them meanwhile."""
        holder, said = self.world.service("conns", "hold", port, IDLE_COUNT,
                                          IDLE_PARALLEL)
        try:
            if said["failed"]:
                raise BenchError(f"{said['failed']} connections failed")
            yield said
        finally:
            self.world.stop(holder)


def measure_bulk(b, process, way, port):
    client, servers = process.cpu_seconds(), b.world.sshd.descendants_cpu()
    result = b.world.load("bulk", way, port, "-n", BULK_BYTES)
    client = process.cpu_seconds() - client
    # Sessions of earlier tunnels may end in between: only the living count.
    sshd = sum(seconds - servers.get(pid, 0) for pid, seconds in
               b.world.sshd.descendants_cpu().items())
    gib = result["bytes"] / GIB
    return {way + "_rate": result["rate"], way + "_cpu": client / gib,
            way + "_sshd": sshd / gib}


def bulk(b, sut):
    metrics = {}
    ways = (("up", "sink"), ("down", "source"))
    if sut in ("floor", "plain"):
        args = ["plain"] if sut == "plain" else []
        for way, name in ways:
            with b.floor(b.bulk_target[name], *args) as (process, port):
                metrics.update(measure_bulk(b, process, way, port))
        return metrics
    with b.tunnel(sut, "sink", "source") as t:
        for way, name in ways:
            metrics.update(
                measure_bulk(b, t.process, way, t.ports[name]))
    return metrics


def long_path(b, sut):
    args = ("-d", LONG_DELAY_MS)
    load = ("-t", LONG_SECONDS, "-s", LONG_SKIP)
    if sut == "relay":  # alone: how much the path itself can carry
        with b.path(*args, target=b.bulk_target["source"]) as port:
            result = b.world.load("bulk", "down", port, "-t", 3, "-s", 1)
    else:
        with b.path(*args) as path_port, \
                b.tunnel(sut, "source", port=path_port) as t:
            result = b.world.load("bulk", "down", t.ports["source"], *load)
    return {"rate": result["rate"], "steady_rate": result["steady_rate"]}


UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}


def run_wrk(port, connections):
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{HTTP_SECONDS}s", "--latency",
         f"http://127.0.0.1:{port}/"],
        capture_output=True, text=True, timeout=60 + HTTP_SECONDS)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", done.stdout)
    if rate is None or p99 is None:
        raise BenchError("wrk said: " + done.stdout + done.stderr)
    errors = re.search(r"(Socket errors|Non-2xx).*", done.stdout)
    if errors:
        raise BenchError("wrk: " + errors.group(0))
    return float(rate.group(1)), float(p99.group(1)) * UNITS[p99.group(2)]


def http(b, sut):
    if b.http_port is None:
        raise BenchError("nginx or wrk is not installed")
    metrics = {}
    with b.tunnel(sut, "http") as t:
        for n in HTTP_CONNECTIONS:
            rate, p99 = run_wrk(t.ports["http"], n)
            metrics[f"rate_{n}"], metrics[f"p99_{n}"] = rate, p99
    return metrics


def connect(b, sut):
    with b.tunnel(sut) as t:
        result = b.world.load("conns", "churn", t.ports["echo"], CHURN_COUNT,
                              CHURN_PARALLEL)
    if result["failed"]:
        raise BenchError(f"{result['failed']} connections failed")
    return {"rate": result["opened"] / result["seconds"]}


def ping(b, port, *args):
    result = b.world.load("ping", port, *args)
    return {"p50": result["p50_us"] / 1e6, "p99": result["p99_us"] / 1e6}


def rtt_idle(b, sut):
    with b.tunnel(sut) as t:
        return ping(b, t.ports["echo"], "-k", 5000, "-t", 10)


def ping_beside_upload(b, t, seconds, warm_up):
    """Pings while an upload runs on another connection; the upload's own rate
    too, so that one is not bought with the other."""
    load = subprocess.Popen(
        [os.path.join(b.world.tools, "bulk"), "up", str(t.ports["sink"])],
        stdout=subprocess.PIPE)
    try:
        ping(b, t.ports["echo"], "-t", warm_up, "-g", 1000)
        metrics = ping(b, t.ports["echo"], "-t", seconds, "-g", 1000)
        if load.poll() is not None:
            raise BenchError("the upload broke off")
        load.terminate()
        metrics["upload_rate"] = json.loads(load.communicate(timeout=60)[0])[
            "rate"]
    finally:
        load.kill()
        load.wait()
    return metrics


def rtt_bulk(b, sut):
    with b.tunnel(sut, "sink") as t:
        return ping_beside_upload(b, t, 4, 1)


def rtt_narrow(b, sut, queue):
    with b.path("-d", NARROW_DELAY_MS, "-r", NARROW_MBIT, "-q", queue) as port:
        with b.tunnel(sut, "sink", port=port) as t:
            return ping_beside_upload(b, t, 8, 2)


def rtt_deep(b, sut):
    return rtt_narrow(b, sut, DEEP_QUEUE)


def rtt_shallow(b, sut):
    return rtt_narrow(b, sut, SHALLOW_QUEUE)


def idle(b, sut):
    with b.tunnel(sut) as t:
        client, port = t.process, t.ports["echo"]
        metrics = {"rss": client.memory("Rss")}
        before = client.private_bytes()
        with b.idle_connections(port) as opened:
            metrics["seconds"] = opened["seconds"]
            metrics["per_connection"] = \
                (client.private_bytes() - before) / opened["opened"]
            metrics.update(ping(b, port, "-k", 500, "-t", 10))
    return metrics
