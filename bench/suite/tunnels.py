"""The two sides of the comparison: ssh -N and taupe run, asked for the same."""
from . import world

CIPHER = "aes128-gcm@openssh.com"


class Tunnel:
    """One client process with a local port for each target port. `port` stands
    in for sshd's, `prefix` goes before the command line (a profiler)."""

    def __init__(self, w, sut, programs, targets, port=None, prefix=()):
        self.world = w
        self.ports = {name: world.free_port() for name in targets}
        argv = [*prefix, programs[sut], *self._mode(sut, w),
                "-p", port or w.sshd_port, "-i", w.user_key]
        for option in (f"UserKnownHostsFile={w.path('known_hosts')}",
                       "StrictHostKeyChecking=accept-new",
                       f"Ciphers={CIPHER}"):
            argv += ["-o", option]
        for name, local in self.ports.items():
            argv += ["-L", f"127.0.0.1:{local}:127.0.0.1:{targets[name]}"]
        self.process = w.start([*argv, f"{w.user}@127.0.0.1"])
        try:
            self.process.wait_ready(self._all_ready)
        except world.BenchError:
            w.stop(self.process)
            raise

    @staticmethod
    def _mode(sut, w):
        if sut == "taupe":
            return ["run", "--json"]
        return ["-N", "-F", "none", "-o", "IdentitiesOnly=yes", "-o",
                "GlobalKnownHostsFile=/dev/null"]

    def _all_ready(self):
        """A byte has gone to each echo and back: the listeners are up, and so
        is everything behind them. Other targets are left untouched."""
        return all(world.answers(p, b"x")
                   for n, p in self.ports.items() if n == "echo")

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.world.stop(self.process)
