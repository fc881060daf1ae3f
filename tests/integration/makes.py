"""SSH servers of six makes, each private to one test: own port on 127.0.0.1, own
keys and folder, ended by its process id.

Every make has the same shape: Make(run, …).start(), .port, .args() (what taupe
needs to reach it), .stop(). `run` is the run's Run: keys, shims, built helpers.
"""
import getpass
import os
import shutil
import signal
import socket
import subprocess
import threading

import env
import keys

PASSWORD = "correct horse"
USER = getpass.getuser()


class Run:
    """What is made once for all tests."""

    def __init__(self):
        self.folder = env.folder()
        self.keys = keys.Keys(self.folder)
        self.shim = self.folder / "passwd.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.shim,
                        env.HERE / "servers" / "passwd.c", "-ldl"], check=True)
        self.hash = subprocess.run(
            ["openssl", "passwd", "-6", PASSWORD], check=True,
            capture_output=True, text=True).stdout.strip()
        self._go = None
        self._made_run_sshd = False
        if os.geteuid() == 0 and not os.path.isdir("/run/sshd"):
            os.mkdir("/run/sshd", 0o755)
            self._made_run_sshd = True

    def go_server(self):
        """The Go server's program, built at its first use."""
        if self._go is None:
            go = self.folder / "goserver"
            environment = {
                **os.environ, "GO111MODULE": "off", "GOFLAGS": "",
                "GOPATH": "/usr/share/gocode", "CGO_ENABLED": "0",
                "GOCACHE": str(env.ROOT / "build" / "go-cache")}
            subprocess.run(["go", "build", "-o", go, "main.go"], check=True,
                           cwd=env.HERE / "servers" / "goserver",
                           env=environment, timeout=300)
            self._go = go
        return self._go

    def done(self):
        env.remove(self.folder)
        if self._made_run_sshd:
            try:
                os.rmdir("/run/sshd")
            except OSError:
                pass


class Server:
    """What the makes share."""

    host_types = ("ed25519",)

    def __init__(self, run, port=None, host_types=None):
        self.run = run
        self.folder = env.folder()
        self.port = port or env.free_port()
        self.host_types = host_types or self.host_types
        self.process = None
        self.home = self.folder / "home"
        (self.home / ".ssh").mkdir(parents=True, mode=0o700)
        self.authorized = self.home / ".ssh" / "authorized_keys"
        shutil.copy(run.keys.authorized, self.authorized)
        self.known_hosts = self.folder / "known_hosts"
        self.known_hosts.write_text("".join(
            keys.known_hosts_line(self.port, run.keys.host[kind])
            for kind in self.host_types))

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {**os.environ, "LD_PRELOAD": str(self.run.shim),
                "TEST_HOME": str(self.home), "TEST_HASH": self.run.hash,
                "HOME": str(self.home)}

    def start(self):
        self.process = env.Process(self.command(), self.folder / "log",
                                   env=self.environment())
        env.wait_until(
            lambda: env.listens(self.port) or not self.process.alive(),
            lambda: f"{self.process.command[0]}:\n{self.said()}")
        assert self.process.alive(), self.said()
        return self

    def sessions(self):
        """The processes that serve the connections of now."""
        return env.children(self.process.pid)

    def end_sessions(self):
        """All at once: none serves while another is gone."""
        sessions = self.sessions()
        for how in (signal.SIGSTOP, signal.SIGKILL):
            for pid in sessions:
                env.kill(pid, how)

    def said(self):
        return self.process.said()[-2000:] if self.process else ""

    def stop(self):
        """Ends the server; what it serves ends too."""
        if self.process is None:
            return
        sessions = self.sessions()
        self.process.stop()
        for pid in sessions:
            env.kill(pid)
        self.process = None

    def close(self):
        self.stop()
        env.remove(self.folder)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def args(self, key="ed25519", *options):
        """Where it is and how to get in: the end of taupe's command line."""
        identity = ["-i", self.run.keys.user[key]] if key else []
        return [*options, *identity, "-p", self.port,
                "-o", f"UserKnownHostsFile={self.known_hosts}",
                f"{USER}@127.0.0.1"]

    def fields(self, key="ed25519", **more):
        """The same as the daemon's API takes it."""
        identity = [str(self.run.keys.user[key])] if key else []
        return {"host": "127.0.0.1", "port": self.port, "user": USER,
                "identity_files": identity,
                "known_hosts": [str(self.known_hosts)], **more}


class OpenSSH(Server):
    """sshd in the foreground; keyword arguments are lines of its config."""

    host_types = ("ed25519", "ecdsa256", "rsa")

    def __init__(self, run, port=None, host_types=None, **config):
        super().__init__(run, port, host_types)
        self.config = {
            "ListenAddress": "127.0.0.1", "Port": self.port, "PidFile": "none",
            "AuthorizedKeysFile": self.authorized, "StrictModes": "no",
            "UsePAM": "no", "PermitRootLogin": "yes",
            "PasswordAuthentication": "no", "GatewayPorts": "clientspecified",
            "KbdInteractiveAuthentication": "no", "LogLevel": "VERBOSE",
            "MaxStartups": "1000", "MaxSessions": "1000", "UseDNS": "no",
            **config}

    def command(self):
        path = self.folder / "sshd_config"
        lines = [f"{name} {value}" for name, value in self.config.items()]
        lines += [f"HostKey {self.run.keys.host[kind]}"
                  for kind in self.host_types]
        path.write_text("\n".join(lines) + "\n")
        return [env.tool("sshd"), "-D", "-e", "-f", path]


class Dropbear(Server):
    host_types = ("ed25519", "ecdsa256", "rsa")

    def command(self):
        words = [env.tool("dropbear"),
                 "-F", "-E", "-m", "-a", "-p", f"127.0.0.1:{self.port}",
                 "-P", self.folder / "pid"]
        for kind in self.host_types:
            key = self.folder / kind
            subprocess.run(["dropbearconvert", "openssh", "dropbear",
                            self._pem(kind), key],
                           check=True, capture_output=True)
            words += ["-r", key]
        return words

    def _pem(self, kind):
        """dropbearconvert reads what OpenSSH writes, RSA only as PEM."""
        if kind != "rsa":
            return self.run.keys.host[kind]
        copy = self.run.keys.copy(self.run.keys.host[kind],
                                  self.folder / "rsa.pem")
        keys.keygen("-p", "-m", "PEM", "-N", "", "-P", "", "-f", copy)
        return copy


class TinySSH(Server):
    """tinysshd speaks on its standard input: an acceptor here feeds it. It has
    one host key type and forwards nothing."""

    def __init__(self, run, port=None):
        super().__init__(run, port)
        self.key_folder = self.folder / "keys"
        subprocess.run([env.tool("tinysshd-makekey"), "-q", self.key_folder], check=True)
        line = subprocess.run([env.tool("tinysshd-printkey"),
                               self.key_folder],
                              check=True, capture_output=True, text=True).stdout
        kind, blob = next(row.split()[:2] for row in line.splitlines()
                          if row.startswith("ssh-ed25519"))
        self.known_hosts.write_text(
            f"[127.0.0.1]:{self.port} {kind} {blob}\n")
        self._children = []
        self._socket = None

    def start(self):
        self._socket = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self):
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            with connection:
                self._children.append(env.Process(
                    [env.tool("tinysshd"), "-v", self.key_folder],
                    self.folder / "log", stdin=connection, stdout=connection,
                    env=self.environment()))

    def said(self):
        log = self.folder / "log"
        return log.read_text(errors="replace")[-6000:] if log.exists() else ""

    def sessions(self):
        return [child.pid for child in self._children if child.alive()]

    def stop(self):
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._socket = None
        for child in self._children:
            child.stop()


class Script(Server):
    """A server of tests/integration/servers in Debian's Python; `mode` words
    choose what it does."""

    script = ""

    def __init__(self, run, port=None, host_types=None, mode=()):
        super().__init__(run, port, host_types)
        self.mode = mode

    def command(self):
        return ["/usr/bin/python3", env.HERE / "servers" / self.script,
                self.port, self.authorized, PASSWORD,
                ",".join(str(self.run.keys.host[kind])
                         for kind in self.host_types), *self.mode]

    def end_sessions(self):
        raise NotImplementedError("one process serves all")


class AsyncSSH(Script):
    script = "asyncssh_server.py"
    host_types = ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa")


class Paramiko(Script):
    script = "paramiko_server.py"
    host_types = ("ed25519", "ecdsa256", "rsa")


class Go(Script):
    host_types = ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa")

    def command(self):
        return [self.run.go_server(), *super().command()[2:]]
