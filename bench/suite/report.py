"""The table of the bench, and docs/benchmarks.md around it."""
import datetime
import json
import os
import re
import statistics
import subprocess
from collections import namedtuple

# bar: what taupe's value divided by the yardstick's must reach, or what the
# value itself must not exceed ("value" rows). None: told for information.
# kind: "value", or the yardstick.
Row = namedtuple("Row", "what case metric unit sign bar kind",
                 defaults=("ssh",))

ROWS = [
    Row("bulk up: throughput", "bulk", "up_rate", "MB/s", "≥", 1.5),
    Row("bulk up: client CPU per GiB", "bulk", "up_cpu", "s", "≤", 0.5),
    Row("   sshd's CPU per GiB meanwhile", "bulk", "up_sshd", "s", "≤", None),
    Row("bulk down: throughput", "bulk", "down_rate", "MB/s", "≥", 1.0),
    Row("bulk down: client CPU per GiB", "bulk", "down_cpu", "s", "≤", 0.75),
    Row("   sshd's CPU per GiB meanwhile", "bulk", "down_sshd", "s", "≤",
        None),
    Row("CPU per GiB up, against the floor", "bulk", "up_cpu", "s", "≤", 1.3,
        "floor"),
    Row("CPU per GiB down, against the floor", "bulk", "down_cpu", "s", "≤",
        1.3, "floor"),
    Row("   up, against a relay that does not seal", "bulk", "up_cpu", "s",
        "≤", None, "plain"),
    Row("   down, against a relay that does not seal", "bulk", "down_cpu", "s",
        "≤", None, "plain"),
    Row("bulk down, 100 ms path: steady", "long_path", "steady_rate", "MB/s",
        "≥", 6),
    Row("bulk down, 100 ms path: with the ramp", "long_path", "rate", "MB/s",
        "≥", None),
    Row("HTTP, 1 connection: requests/s", "http", "rate_1", "/s", "≥", 1.3),
    Row("HTTP, 1 connection: p99", "http", "p99_1", "ms", "≤", 1.0),
    Row("HTTP, 100 connections: requests/s", "http", "rate_100", "/s", "≥",
        1.3),
    Row("HTTP, 100 connections: p99", "http", "p99_100", "ms", "≤", 1.0),
    Row("HTTP, 500 connections: requests/s", "http", "rate_500", "/s", "≥",
        1.3),
    Row("HTTP, 500 connections: p99", "http", "p99_500", "ms", "≤", 1.0),
    Row("new connections per second", "connect", "rate", "/s", "≥", 1.3),
    Row("64-byte round trip, idle: p50", "rtt_idle", "p50", "ms", "≤", 1.0),
    Row("64-byte round trip, idle: p99", "rtt_idle", "p99", "ms", "≤", 1.0),
    Row("… beside a bulk upload: p50", "rtt_bulk", "p50", "ms", "≤", 0.5),
    Row("… beside a bulk upload: p99", "rtt_bulk", "p99", "ms", "≤", 0.5),
    Row("   that upload meanwhile", "rtt_bulk", "upload_rate", "MB/s", "≥",
        None),
    Row("… 200 Mbit/s, 20 ms, bulk upload: p50", "rtt_deep", "p50", "ms", "≤",
        0.5),
    Row("… 200 Mbit/s, 20 ms, bulk upload: p99", "rtt_deep", "p99", "ms", "≤",
        0.5),
    Row("   that upload meanwhile", "rtt_deep", "upload_rate", "MB/s", "≥",
        None),
    Row("… the same with a short queue: p50", "rtt_shallow", "p50", "ms", "≤",
        None),
    Row("… the same with a short queue: p99", "rtt_shallow", "p99", "ms", "≤",
        None),
    Row("   that upload meanwhile", "rtt_shallow", "upload_rate", "MB/s", "≥",
        None),
    Row("opening 5,000 idle connections", "idle", "seconds", "s", "≤", 0.1),
    Row("round trip beside them: p50", "idle", "p50", "ms", "≤", 0.2),
    Row("round trip beside them: p99", "idle", "p99", "ms", "≤", None),
    Row("daemon: 200 forwards up", "up", "seconds", "s", "≤", 2, "value"),
    Row("daemon: ls of 1,000 forwards", "ls", "seconds", "ms", "≤", 0.05,
        "value"),
    Row("daemon: back after the server listens, p95", "comeback", "p95", "s",
        "≤", 1, "value"),
    Row("   the same, p50", "comeback", "p50", "s", "≤", None),
    Row("daemon: from a change to its event, p99", "change", "p99", "ms", "≤",
        0.05, "value"),
    Row("daemon: bulk up, against taupe run", "carry", "up_rate", "MB/s", "≥",
        0.97, "run"),
    Row("daemon: bulk down, against taupe run", "carry", "down_rate", "MB/s",
        "≥", 0.97, "run"),
    Row("memory, started", "idle", "rss", "MiB", "≤", 10 << 20, "value"),
    Row("memory, per idle connection", "idle", "per_connection", "KiB", "≤",
        4 << 10, "value"),
]

SCALE = {"MB/s": 1e6, "s": 1, "ms": 1e-3, "/s": 1, "MiB": 1 << 20,
         "KiB": 1 << 10}
HEAD = ("what", "ssh", "taupe", "ratio", "bar", "reached")


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def spread(values, unit):
    """The median, with the extremes behind it."""
    if not values:
        return "–"
    middle, low, high = (number(f(values) / SCALE[unit])
                         for f in (statistics.median, min, max))
    text = f"{middle} {unit}".replace(" /s", "/s")
    return text if low == high else f"{text} ({low}–{high})"


def line(row, results):
    """The cells of one row; results is {(case, sut): {metric: [values]}}."""
    def values(sut):
        return results.get((row.case, sut), {}).get(row.metric, [])

    yardstick = values("ssh" if row.kind == "value" else row.kind)
    own = values("taupe")
    cells = [row.what, spread(yardstick, row.unit), spread(own, row.unit)]
    if row.kind in ("floor", "plain", "run") and yardstick:
        cells[1] = f"{row.kind}: {cells[1]}"
    ratio = None
    if own and yardstick:
        ratio = statistics.median(own) / statistics.median(yardstick)
    cells.append("–" if ratio is None else f"{ratio:.2f} ×")
    if row.bar is None:
        return [*cells, "", ""]
    if row.kind == "value":
        ratio = statistics.median(own) if own else None
        cells.append(f"{row.sign} {number(row.bar / SCALE[row.unit])} "
                     f"{row.unit}")
    else:
        cells.append(f"{row.sign} {row.bar} ×")
    if ratio is None:
        return [*cells, "–"]
    reached = ratio >= row.bar if row.sign == "≥" else ratio <= row.bar
    return [*cells, "yes" if reached else "**no**"]


def table(results):
    """Markdown, padded so that it reads well on a terminal too."""
    cases = {case for case, _ in results}
    lines = [HEAD] + [line(r, results) for r in ROWS if r.case in cases]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEAD))]
    lines.insert(1, ["-" * w for w in widths])
    return "\n".join("| " + " | ".join(c.ljust(w) for c, w in
                                       zip(cells, widths)) + " |"
                     for cells in lines)


def output_of(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10)
    except OSError:
        return "not installed"
    return (done.stdout + done.stderr).strip().split("\n")[0]


def build_type(build_dir):
    try:
        options = {o["name"]: o["value"] for o in json.loads(
            output_of("meson", "introspect", "--buildoptions", build_dir))}
    except ValueError:
        return "unknown"
    return "{buildtype}, -O{optimization}, sanitizers: {b_sanitize}".format(
        **options)


def machine(programs):
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / (1 << 20)
    return [
        ("date", datetime.datetime.now(datetime.timezone.utc)
         .strftime("%Y-%m-%d %H:%M UTC")),
        ("processor", "{} × {}".format(
            os.cpu_count(), model.group(1) if model else os.uname().machine)),
        ("memory", f"{memory:.1f} GiB"),
        ("kernel", " ".join((os.uname().sysname, os.uname().release))),
        ("taupe", output_of(programs["taupe"], "--version")),
        ("taupe's build", build_type(os.path.dirname(programs["taupe"]))),
        ("ssh and sshd", output_of(programs["ssh"], "-V")),
        ("HTTP", output_of("nginx", "-v").removeprefix("nginx version: ")
         + ", " + " ".join(output_of("wrk", "-v").split()[:2])),
    ]
