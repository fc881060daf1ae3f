"""A network that goes and comes back: seen at once, not when the keep-alive
gives up. Both ends are in network namespaces of their own, joined by a veth
pair; the machine's network stays as it is."""
import os
import shutil
import subprocess
from datetime import datetime, timedelta

import pytest

import env
import keys
import makes
import taupe as driver

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]

HERE, THERE = "192.0.2.1", "192.0.2.2"
# Not what these tests see it by.
KEEPALIVE = ["-o", "ServerAliveInterval=600"]


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True)


class Namespace:
    """A network of its own; `prefix` runs a command in it."""

    made = 0

    def __init__(self):
        Namespace.made += 1
        self.name = f"taupe{os.getpid()}-{Namespace.made}"
        ip("netns", "add", self.name)
        self.prefix = [env.tool("ip"), "netns", "exec", self.name]
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        ip("-n", self.name, *words)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@pytest.fixture(scope="module")
def permitted():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("needs root and iproute2")
    try:
        with Namespace() as probe:
            probe.ip("link", "add", "one", "type", "veth", "peer", "name",
                     "two")
            subprocess.run([*probe.prefix, "true"], check=True,
                           capture_output=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.decode()}")


@pytest.fixture
def networks(permitted, stack):
    """The client's and the server's, on one link."""
    here, there = (stack.enter_context(Namespace()) for _ in range(2))
    here.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire",
            "netns", there.name)
    for network, address in ((here, HERE), (there, THERE)):
        network.ip("address", "add", f"{address}/24", "dev", "wire")
        network.ip("link", "set", "wire", "up")
    return here, there


class FarSshd(makes.OpenSSH):
    def __init__(self, run, network):
        super().__init__(run, ListenAddress=THERE)
        self.network = network
        self.known_hosts.write_text("".join(
            keys.known_hosts_line(self.port, run.keys.host[kind], THERE)
            for kind in self.host_types))

    def command(self):
        return [*self.network.prefix, *super().command()]

    def listens(self):
        found = subprocess.run(
            [*self.network.prefix, "ss", "-Hltn", f"sport = :{self.port}"],
            check=True, capture_output=True)
        return found.stdout != b""

    def start(self):
        self.process = env.Process(self.command(), self.folder / "log",
                                   env=self.environment())
        env.wait_until(lambda: self.listens() or not self.process.alive(),
                       lambda: f"sshd:\n{self.said()}")
        assert self.process.alive(), self.said()
        return self

    def args(self, key="ed25519", *options):
        words = super().args(key, *options)
        return [*words[:-1], words[-1].replace("127.0.0.1", THERE)]


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


def test_a_link_that_stays_good_stays(networks, taupe):
    """A change that harms nothing: asked, answered, kept."""
    here, _ = networks
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
