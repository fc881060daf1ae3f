"""The throwaway world of a benchmark: folder, processes, sshd, nginx, targets.

Everything listens on 127.0.0.1, lives in one temporary folder and is ended by
its process id when the world closes.
"""
import getpass
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import tempfile
import time

READY_S = 20


class BenchError(Exception):
    pass


def cpu_seconds(pid):
    """User and system time of all threads of a process, ended ones too, in ns
    resolution: its own CPU clock (clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | 2)


def descendants(pid):
    """The living children of a process, and theirs."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    # The name before it may hold anything, brackets too.
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(name))
    found = [pid]
    for parent in found:
        found += parents.get(parent, [])
    return found[1:]


def free_port():
    """A port below the ephemeral range, so that no outgoing connection of the
    load takes it between here and its use."""
    while True:
        port = random.randrange(18000, 32000)
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def answers(port, probe=None):
    """Whether something accepts there and, given a probe, echoes it."""
    try:
        with socket.create_connection(("127.0.0.1", port), 2) as s:
            if probe is None:
                return True
            s.settimeout(2)
            s.sendall(probe)
            return s.recv(len(probe)) == probe
    except OSError:
        return False


class Process:
    """A child that is ended with its world, and what it costs."""

    def __init__(self, argv, log, **kwargs):
        self.name = os.path.basename(argv[0])
        self.log = log
        with open(log, "ab") as err:
            kwargs.setdefault("stdout", err)
            kwargs.setdefault("stdin", subprocess.DEVNULL)
            self.child = subprocess.Popen(argv, stderr=err, **kwargs)
        self.pid = self.child.pid

    def cpu_seconds(self):
        return cpu_seconds(self.pid)

    def descendants_cpu(self):
        """{pid: CPU seconds} of its living descendants."""
        clocks = {}
        for pid in descendants(self.pid):
            try:
                clocks[pid] = cpu_seconds(pid)
            except OSError:  # ended meanwhile
                continue
        return clocks

    def memory(self, field):
        """A field of smaps_rollup, in bytes: Rss, Private_Dirty…"""
        with open(f"/proc/{self.pid}/smaps_rollup") as f:
            for line in f:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise BenchError(f"no {field} in smaps_rollup")

    def private_bytes(self):
        return self.memory("Private_Clean") + self.memory("Private_Dirty")

    def wait_ready(self, is_ready):
        end = time.monotonic() + READY_S
        while not is_ready():
            if self.child.poll() is not None or time.monotonic() > end:
                raise BenchError(f"{self.name} did not come up: {self.tail()}")
            time.sleep(0.02)
        return self

    def tail(self):
        with open(self.log, errors="replace") as f:
            return " | ".join(f.read().splitlines()[-5:])

    def close(self):
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                pipe.close()
        if self.child.poll() is None:
            self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


class World:
    def __init__(self, tools):
        self.tools = tools
        self.processes = []
        self.dir = tempfile.mkdtemp(prefix="taupe-bench-")
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith("SSH_")}
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for process in reversed(self.processes):
            process.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def start(self, argv, **kwargs):
        log = self.path(os.path.basename(argv[0]) + ".log")
        process = Process([str(a) for a in argv], log, env=self.env, **kwargs)
        self.processes.append(process)
        return process

    def stop(self, *processes):
        for process in processes:
            process.close()
            self.processes.remove(process)

    def service(self, tool, *args):
        """Starts one of our tools that stays; returns it and what its first
        line of JSON says."""
        process = self.start([os.path.join(self.tools, tool), *args],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = process.child.stdout.readline()
        if not line:
            raise BenchError(f"{tool} did not start: {process.tail()}")
        return process, json.loads(line)

    def load(self, tool, *args, timeout=300):
        """Runs one of our tools that ends; returns its JSON."""
        argv = [os.path.join(self.tools, tool), *map(str, args)]
        done = subprocess.run(argv, capture_output=True, text=True,
                              timeout=timeout, env=self.env)
        if done.returncode != 0:
            raise BenchError(done.stderr.strip() or f"{argv} failed")
        return json.loads(done.stdout)

    def keygen(self, name):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "",
                        "-f", self.path(name)], check=True)
        return self.path(name)

    def start_sshd(self):
        """A private sshd for the present user; returns its port."""
        port = free_port()
        host_key, self.user_key = self.keygen("host"), self.keygen("user")
        shutil.copy(self.user_key + ".pub", self.path("authorized"))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        config = self.write("sshd_config", f"""\
ListenAddress 127.0.0.1
Port {port}
HostKey {host_key}
AuthorizedKeysFile {self.path("authorized")}
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
LogLevel ERROR
MaxStartups 1000
MaxSessions 1000
""")
        sshd = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
        if sshd is None:
            raise BenchError("sshd is not installed")
        process = self.start([sshd, "-D", "-e", "-f", config])
        process.wait_ready(lambda: answers(port))
        self.sshd, self.sshd_port = process, port
        self.user = getpass.getuser()
        return port

    def start_nginx(self):
        """One small static file; returns the port, None without nginx."""
        nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if nginx is None or shutil.which("wrk") is None:
            return None
        port = free_port()
        self.write("index.html", "taupe\n" * 100)
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        temps = "".join(f"{kind}_temp_path {self.dir};"
                        for kind in ("client_body", "proxy", "fastcgi",
                                     "uwsgi", "scgi"))
        config = self.write("nginx.conf", f"""\
{user} daemon off; worker_processes 1; pid {self.path("nginx.pid")};
error_log {self.path("nginx.log")};
events {{ worker_connections 4096; }}
http {{
  access_log off; tcp_nodelay on; keepalive_requests 100000000;
  keepalive_timeout 600s; open_file_cache max=10; {temps}
  server {{ listen 127.0.0.1:{port} backlog=1024; root {self.dir}; }}
}}
""")
        process = self.start([nginx, "-c", config, "-p", self.dir])
        process.wait_ready(lambda: answers(port))
        return port
