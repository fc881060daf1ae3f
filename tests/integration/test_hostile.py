"""Servers that break every rule: taupe says what is wrong or goes on, stays small,
never crashes, and can be stopped at once."""
import contextlib
import json
import threading

import pytest

import env
import makes
import peers
import taupe as driver
from hostile import scenarios, transport

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]
# A sanitizer's shadow and quarantine are not taupe's memory.
MEMORY_KIB = 96 * 1024 if "build-" not in driver.PROGRAM else 1 << 20


def small(taupe):
    """It may have ended: some troubles no second try will mend."""
    try:
        return env.memory_kib(taupe.pid) < MEMORY_KIB
    except (FileNotFoundError, ProcessLookupError, StopIteration):
        return True  # its memory is gone already


def poke(taupe, port):
    """A client that sends without end and does not mind what happens."""
    with contextlib.suppress(env.Timeout):
        env.wait_until(lambda: env.listens(port) or not taupe.process.alive(),
                       "the listener")
    with contextlib.suppress(OSError, AssertionError):
        with peers.dial(port) as end:
            end.settimeout(60)
            while True:
                end.sendall(b"x" * 65536)


@pytest.fixture
def face(run, stack, folder):
    """face(scenario): a taupe in front of it, with a Local and a Remote."""
    def launch(scenario, *words):
        known = folder / "known_hosts"
        server = stack.enter_context(transport.Server(scenario, known))
        port = env.free_port()
        taupe = stack.enter_context(driver.Taupe(
            "-L", f"127.0.0.1:{port}:127.0.0.1:80",
            "-o", "ConnectTimeout=2", "-o", "ServerAliveInterval=1",
            "-o", "ServerAliveCountMax=2", "-o", "TaupePool=1", *words,
            "-i", run.keys.user["ed25519"], "-p", server.port,
            "-o", f"UserKnownHostsFile={known}", f"{makes.USER}@127.0.0.1"))
        return server, taupe, port
    return launch


def no_escapes(taupe):
    said = json.dumps(taupe.events, ensure_ascii=False) + taupe.process.said()
    assert "\x1b" not in said and "\\u001b" not in said
    assert "\x07" not in said and "\u202e" not in said


def of_kind(kind):
    return pytest.mark.parametrize("name", [
        name for name, scenario in scenarios.SCENARIOS.items()
        if scenario.kind == kind])


@of_kind("fails")
def test_is_named(face, name):
    scenario = scenarios.SCENARIOS[name]
    server, taupe, port = face(scenario)
    threading.Thread(target=poke, args=(taupe, port), daemon=True).start()
    taupe.wait_event(
        lambda e: (e.get("error") or {}).get("code") in scenario.codes,
        timeout=90)
    assert small(taupe)
    taupe.stop(timeout=5, may_end=True)
    no_escapes(taupe)
    assert not server.faults, server.faults


@of_kind("carries_on")
def test_carries_on(face, name):
    scenario = scenarios.SCENARIOS[name]
    server, taupe, port = face(scenario)
    taupe.wait_state("connected")
    with contextlib.suppress(OSError), peers.dial(port) as first:
        first.sendall(b"the one that may suffer")
        first.recv(1)
    for _ in range(3):
        peers.round_trip(port)
    assert small(taupe)
    taupe.stop(timeout=5)
    no_escapes(taupe)
    assert not server.faults, server.faults
    lost = [e for e in taupe.events if e.get("event") == "link"
            and e.get("up") is False and e.get("error")]
    assert not lost, lost


@of_kind("may_fail")
def test_is_named_or_carries_on(face, name):
    scenario = scenarios.SCENARIOS[name]
    server, taupe, port = face(scenario)
    taupe.wait_state("connected")
    with contextlib.suppress(OSError), peers.dial(port) as first:
        first.sendall(b"the one that may suffer")
        first.recv(1)

    def settled():
        if set(scenario.codes) & set(taupe.codes()):
            return True
        with contextlib.suppress(OSError, AssertionError):
            peers.round_trip(port)
            return True
        return False

    env.wait_until(settled, lambda: f"either:\n{taupe.said()}")
    assert small(taupe)
    taupe.stop(timeout=5)
    assert not server.faults, server.faults


def test_remote_forward_without_an_answer_harms_no_other(face):
    _, taupe, port = face(scenarios.never_answers_global_requests,
                          "-R", "8080:127.0.0.1:80")
    taupe.wait_state("connected")
    peers.round_trip(port)
    taupe.stop(timeout=5)


def test_a_server_that_falls_at_each_opening_is_not_asked_for_ever(face):
    server, taupe, port = face(scenarios.falls_at_each_opening)
    taupe.wait_connected()
    peers.dial_in_vain(port)
    links = [e for e in taupe.events if e.get("event") == "link" and e["up"]]
    assert len(links) == 2, links
    taupe.stop(timeout=5)
    assert not server.faults, server.faults
