"""Networks of the tests' own: namespaces joined by a veth pair, and an sshd in one.
The machine's network stays as it is."""
import os
import shutil
import subprocess

import env
import keys
import makes

HERE, THERE = "192.0.2.1", "192.0.2.2"


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


def why_not():
    """Why there can be none here, or None."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "needs root and iproute2"
    try:
        with Namespace() as probe:
            probe.ip("link", "add", "one", "type", "veth", "peer", "name",
                     "two")
            subprocess.run([*probe.prefix, "true"], check=True,
                           capture_output=True)
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.decode()}"
    return None


class Firewall:
    """A rule in a network of its own about packets that come for a port there;
    `verdict` is nft's: "drop", "reject with tcp reset". It goes with lift()."""

    def __init__(self, network, port, verdict):
        self.prefix = [*network.prefix, env.tool("nft")]
        self.nft("add table inet taupe; add chain inet taupe in"
                 " { type filter hook input priority 0; };"
                 f" add rule inet taupe in tcp dport {port} {verdict}")

    def nft(self, text):
        subprocess.run([*self.prefix, "-f", "-"], input=text, text=True,
                       check=True, capture_output=True)

    def lift(self):
        self.nft("delete table inet taupe")


def why_no_firewall():
    """Why there can be no rules here, or None."""
    if shutil.which("nft", path=env.PATH) is None:
        return "needs nftables"
    try:
        with Namespace() as probe:
            for verdict in ("drop", "reject with tcp reset"):
                Firewall(probe, 1, verdict).lift()
    except subprocess.CalledProcessError as error:
        return f"the kernel takes no rules: {error.stderr}"
    return None


def join(here, there):
    """Puts a wire between the two."""
    here.ip("link", "add", "wire", "type", "veth", "peer", "name", "wire",
            "netns", there.name)
    for network, address in ((here, HERE), (there, THERE)):
        network.ip("address", "add", f"{address}/24", "dev", "wire")
        network.ip("link", "set", "wire", "up")


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

    def fields(self, key="ed25519", **more):
        return super().fields(key, **{"host": THERE, **more})
