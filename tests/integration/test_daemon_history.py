"""What flowed, by hour and by day: true across a restart, a crash, midnight and a
clock that is set back; and bounded."""
import contextlib
import datetime
import sqlite3

import pytest

import daemon as keeper
import env
import peers
import sleeper

pytestmark = pytest.mark.taupe_only

HOUR_S, DAY_S = 3600, 24 * 3600
KIB = 1024


def until(clock, hour, day):
    """Seconds from now to that hour of that day from today on, in UTC."""
    now = datetime.datetime.now(datetime.timezone.utc)
    then = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return round((then - now).total_seconds()) + day * DAY_S - clock.wall_s


@pytest.fixture
def clock(folder):
    """Half past twelve: no test runs into another hour unasked."""
    why = sleeper.why_not()
    if why:
        pytest.skip(why)
    made = sleeper.Clock(folder)
    made.set(until(made, 12, 1) + HOUR_S // 2)
    return made


@pytest.fixture
def daemon(clock, stack):
    return stack.enter_context(keeper.Daemon(environ=clock.environ))


@pytest.fixture
def carry(daemon, sshd, echo):
    """carry(KiB): so much there and back; returns when the daemon knows."""
    daemon.add_server("vps", **sshd.fields())
    daemon.add_forward("f", "vps", local=f"127.0.0.1:{env.free_port()}",
                       remote=f"127.0.0.1:{echo.port}", start=True)

    def launch(kib):
        forward = daemon.wait_state("f", "connected")
        before = forward["bytes_in"]
        peers.round_trip(forward["bound_port"], bytes(kib * KIB))
        env.wait_until(lambda: daemon.forward("f")["bytes_in"]
                       == before + kib * KIB, lambda: daemon.forward("f"))
    return launch


def history(daemon, span):
    """[(start, KiB in, KiB out, connections)…]"""
    rows = daemon.api("GET", f"/forwards/1/traffic?by={span}"
                      "&since=2000-01-01T00:00:00Z")
    assert [row["start"] for row in rows] == \
        sorted({row["start"] for row in rows})
    return [(row["start"], row["bytes_in"] / KIB, row["bytes_out"] / KIB,
             row["connections"]) for row in rows]


def amounts(daemon, span):
    return [row[1:] for row in history(daemon, span)]


def test_it_is_there_at_once_and_stays(daemon, carry):
    """Not when it is next written: and that a restart loses none of it."""
    total = 0
    for how in ("stop", None, "stop"):
        carry(64)
        total += 1
        for span in ("hour", "day", "hour"):
            rows = amounts(daemon, span)
            assert [sum(column) for column in zip(*rows)] == \
                [64 * total, 64 * total, total]
        if how:
            daemon.restart(how)
    assert daemon.forward("f")["connections_total"] == 0


def test_nothing_is_lost_that_nobody_asked_for(daemon, carry):
    """However it ends, and with a connection that is open: numbers are taken a
    last time before."""
    carry(0)
    forward = daemon.forward("f")
    for number, path in enumerate((
            None, "/forwards/1/restart", "/servers/1/reconnect"), 1):
        peers.round_trip(forward["bound_port"], bytes(10 * KIB))
        if path:
            daemon.api("POST", path)
        else:
            daemon.restart()
        daemon.wait_state("f", "connected")
        daemon.restart()
        daemon.wait_state("f", "connected")
        assert [row[0] for row in amounts(daemon, "day")] == [10 * number]
    with peers.dial(forward["bound_port"]) as end:
        end.sendall(bytes(5 * KIB))
        peers.read_exactly(end, 5 * KIB)
        daemon.restart()
    assert [row[:2] for row in amounts(daemon, "hour")] == [(35, 35)]


def test_each_hour_and_day_has_its_own(daemon, clock, carry):
    """Five minutes before midnight, and after; that nothing has been written
    meanwhile does not carry it over."""
    clock.set(until(clock, 0, 2) - 600)
    carry(10)
    carry(20)
    clock.set(900)
    carry(30)
    clock.set(HOUR_S)
    carry(40)
    assert amounts(daemon, "hour") == [(30, 30, 2), (30, 30, 1), (40, 40, 1)]
    assert amounts(daemon, "day") == [(30, 30, 2), (70, 70, 2)]
    starts = [row[0][11:16] for row in history(daemon, "hour")]
    assert starts == ["23:00", "00:00", "01:00"]
    before = [history(daemon, span) for span in ("hour", "day")]
    daemon.restart()
    assert [history(daemon, span) for span in ("hour", "day")] == before


def test_a_clock_that_is_set_back(daemon, clock, carry):
    """As at the end of a battery: each amount is in one place, none is lost."""
    clock.set(until(clock, 12, 2) + HOUR_S // 2)
    carry(10)
    clock.set(-2 * HOUR_S)
    carry(20)
    clock.set(2 * HOUR_S)
    carry(30)
    assert amounts(daemon, "hour") == [(20, 20, 1), (40, 40, 2)]
    assert amounts(daemon, "day") == [(60, 60, 3)]


def test_old_rows_go(daemon, clock, carry):
    """Hours after 32 days, days after three years, when others are written."""
    for _ in range(4):
        carry(1)
        clock.set(20 * DAY_S)
    carry(1)
    daemon.restart()
    assert len(history(daemon, "hour")) == 2
    assert len(history(daemon, "day")) == 5
    clock.set(4 * 366 * DAY_S)
    carry(2)
    daemon.restart()
    assert amounts(daemon, "hour") == amounts(daemon, "day") == [(2, 2, 1)]


def test_the_history_is_bounded(daemon):
    """Its oldest rows go, whatever wrote them."""
    bound = daemon.api("GET", "/settings")["events_kept"]
    daemon.stop()
    with contextlib.closing(
            sqlite3.connect(daemon.state / "taupe.db")) as database:
        database.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < ?) INSERT INTO event (at_ms, kind, level, data)"
            " SELECT i, 'notice', 'info', '{}' FROM n", (bound,))
        database.commit()
    daemon.start()
    daemon.add_server("vps", "vps.example", 22)
    newest = daemon.api("GET", "/events?limit=1")[0]["id"]
    assert newest > bound
    oldest = daemon.api(
        "GET", f"/events?before={newest - bound + 2}&limit=10")
    assert [event["id"] for event in oldest] == [newest - bound + 1]
