"""A network that goes and comes back: seen at once, not when the keep-alive
gives up. Both ends are in network namespaces of their own, joined by a veth
pair; the machine's network stays as it is."""
import sys
from datetime import datetime, timedelta

import pytest

import env
import taupe as driver
from networks import HERE, FarSshd

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]

# Not what these tests see it by.
KEEPALIVE = ["-o", "ServerAliveInterval=600"]


@pytest.fixture
def server(run, networks, stack):
    return stack.enter_context(FarSshd(run, networks[1]))


@pytest.fixture
def taupe(networks, server, stack):
    return stack.enter_context(driver.Taupe(
        "-D", env.free_port(), "--stats", 1, *KEEPALIVE, *server.args(),
        prefix=networks[0].prefix)).wait_connected()


def wait_notice(taupe, since):
    return taupe.wait_event(
        lambda e: e.get("event") == "notice"
        and "network" in e.get("text", ""), since=since)


def cut(network, taupe):
    """Takes the link down; waits until taupe has noticed. What it said until
    then is before the returned mark."""
    since = len(taupe.events)
    network.ip("link", "set", "wire", "down")
    wait_notice(taupe, since)
    taupe.wait_state("reconnecting", since=since)
    return since


def test_a_cut_is_noticed_and_mended(networks, taupe):
    here, _ = networks
    mark = cut(here, taupe)
    here.ip("link", "set", "wire", "up")
    taupe.wait_state("connected", since=mark)
    assert "link_lost" in taupe.codes()


def test_the_pause_before_the_next_try_is_cut_short(networks, taupe):
    """After some vain tries the pauses are long; this one is not sat out."""
    here, _ = networks
    mark = cut(here, taupe)
    pause = taupe.wait_event(lambda e: e.get("event") == "server"
                             and e.get("next_try_ms", 0) > 4000, since=mark)
    here.ip("link", "set", "wire", "up")
    up = taupe.wait_event(lambda e: e.get("event") == "server"
                          and e.get("state") == "connected", since=mark)
    waited = datetime.fromisoformat(up["time"].replace("Z", "+00:00")) \
        - datetime.fromisoformat(pause["time"].replace("Z", "+00:00"))
    assert waited < timedelta(milliseconds=pause["next_try_ms"])


def test_another_address_is_noticed(networks, taupe):
    """The address that the link stands on goes; its carrier stays."""
    here, _ = networks
    mark = len(taupe.events)
    here.ip("address", "del", f"{HERE}/24", "dev", "wire")
    here.ip("address", "add", "192.0.2.77/24", "dev", "wire")
    wait_notice(taupe, mark)
    taupe.wait_state("reconnecting", since=mark)
    taupe.wait_state("connected", since=mark)


def harmless_change(here, taupe):
    """Asked, answered, kept."""
    mark = len(taupe.events)
    here.ip("link", "add", "more", "type", "veth", "peer", "name", "less")
    here.ip("link", "set", "less", "up")
    here.ip("link", "set", "more", "up")
    wait_notice(taupe, mark)
    # Longer than a link has to answer.
    for _ in range(3):
        seen = len(taupe.events)
        taupe.wait_event(lambda e: e.get("event") == "stats", since=seen)
    assert not [e for e in taupe.events[mark:]
                if e.get("event") in ("server", "forward", "link")]


def test_a_link_that_stays_good_stays(networks, taupe):
    harmless_change(networks[0], taupe)


def test_a_link_over_a_slow_path_stays(networks, server, stack):
    """Its answers take longer than a second, whatever changes here."""
    command = (f"{sys.executable} {env.HERE / 'servers' / 'slow_path.py'} "
               "%h %p 0.8")
    taupe = stack.enter_context(driver.Taupe(
        "-D", env.free_port(), "--stats", 1, *KEEPALIVE,
        "-o", f"ProxyCommand={command}", *server.args(),
        prefix=networks[0].prefix)).wait_connected()
    taupe.wait_event(lambda e: e.get("rtt_us", 0) > 1000000)
    harmless_change(networks[0], taupe)
