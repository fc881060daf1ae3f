"""Programs that people use, through the tunnels."""
import filecmp
import hashlib
import http.server
import os
import threading

import pytest

import databases
import env
import peers
from databases import call


class TestPostgres:
    @pytest.fixture(scope="class")
    def cluster(self, postgres):
        call(*postgres.bench(postgres.folder, postgres.port, "-i", "-q"))
        return postgres

    def bench(self, cluster, host, port):
        said = call(*cluster.bench(host, port, "-c", 8, "-j", 2, "-t", 100))
        assert "number of transactions actually processed: 800/800" in said

    @pytest.mark.sanitized
    def test_pgbench(self, sshd, start, cluster):
        port = env.free_port()
        start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{cluster.port}"
              ).wait_connected()
        self.bench(cluster, "127.0.0.1", port)

    def test_pgbench_over_unix_sockets(self, sshd, start, cluster, folder):
        name = f".s.PGSQL.{cluster.port}"
        start(sshd, "-L", f"{folder}/{name}:{cluster.folder}/{name}"
              ).wait_connected()
        self.bench(cluster, folder, cluster.port)

    def test_pgbench_through_a_remote_forward(self, sshd, start, cluster):
        port = env.free_port()
        start(sshd, "-R", f"127.0.0.1:{port}:127.0.0.1:{cluster.port}"
              ).wait_connected()
        self.bench(cluster, "127.0.0.1", port)


@pytest.mark.sanitized
def test_redis_benchmark(sshd, start, stack):
    target = stack.enter_context(databases.Redis()).port
    port = env.free_port()
    start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{target}").wait_connected()
    for words in (["-n", 20000, "-c", 50, "-t", "ping,set,get,lrange_100"],
                  ["-n", 300, "-c", 10, "-d", 300000, "-t", "set,get"],
                  ["-n", 50000, "-c", 20, "-P", 32, "-t", "incr"]):
        said = call("redis-benchmark", "-p", port, "--csv", *words)
        assert "Error" not in said
    assert call("redis-cli", "-p", port, "dbsize").strip().isdigit()


@pytest.mark.parametrize("way", [[], ["-R"], ["--bidir"]],
                         ids=["up", "down", "both"])
def test_iperf3(sshd, start, folder, stack, way):
    target, port = env.free_port(), env.free_port()
    server = env.Process(["iperf3", "-s", "-p", target], folder / "log")
    stack.callback(server.stop)
    env.wait_until(lambda: env.listens(target), server.said)
    start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{target}").wait_connected()
    said = call("iperf3", "-c", "127.0.0.1", "-p", port, "-P", 4,
                "-n", "100M", *way)
    assert "iperf Done" in said


def test_rsync(sshd, start, folder, stack):
    there, here = folder / "there", folder / "here"
    for number in range(200):
        path = there / f"{number % 7}" / f"file{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(number * 997))
    (there / "large").write_bytes(os.urandom(20 << 20))
    target, port = env.free_port(), env.free_port()
    user = f"uid = {os.geteuid()}\ngid = {os.getegid()}\n" \
        if os.geteuid() == 0 else ""
    (folder / "rsyncd.conf").write_text(
        f"use chroot = no\nport = {target}\naddress = 127.0.0.1\n{user}"
        f"[mole]\npath = {there}\nread only = yes\n")
    server = env.Process(
        ["rsync", "--daemon", "--no-detach", f"--config={folder}/rsyncd.conf"],
        folder / "log")
    stack.callback(server.stop)
    env.wait_until(lambda: env.listens(target), server.said)
    start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{target}").wait_connected()
    call("rsync", "-a", f"rsync://127.0.0.1:{port}/mole/", f"{here}/")
    names = [str(path.relative_to(there)) for path in there.rglob("*")
             if path.is_file()]
    assert len(names) == 201
    equal, *other = filecmp.cmpfiles(there, here, names, shallow=False)
    assert len(equal) == 201 and other == [[], []]


class TestCurl:
    @pytest.fixture(scope="class")
    def files(self):
        """A web server with one large file: (port, its SHA-256)."""
        content = os.urandom(64 << 20)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_PUT(self):
                left = int(self.headers["Content-Length"])
                digest = hashlib.sha256()
                while left:
                    data = self.rfile.read(min(left, 1 << 16))
                    digest.update(data)
                    left -= len(data)
                text = digest.hexdigest().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, content
        server.shutdown()
        server.server_close()

    def test_download(self, sshd, start, files, folder):
        target, content = files
        port = env.free_port()
        start(sshd, "-D", port).wait_connected()
        done = peers.curl(f"http://localhost:{target}/", "-o", folder / "got",
                          "--proxy", f"socks5h://127.0.0.1:{port}")
        assert done.returncode == 0, done.stderr
        assert (folder / "got").read_bytes() == content

    def test_upload(self, sshd, start, files, folder):
        target, content = files
        (folder / "send").write_bytes(content)
        port = env.free_port()
        start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{target}"
              ).wait_connected()
        done = peers.curl(f"http://127.0.0.1:{port}/", "-T", folder / "send",
                          "-H", "Expect:")
        assert done.stdout == hashlib.sha256(content).hexdigest(), done.stderr

    def test_many_in_parallel(self, sshd, start, web):
        port = env.free_port()
        start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{web.port}"
              ).wait_connected()
        done = peers.curl(f"http://127.0.0.1:{port}/[1-200]", "--parallel",
                          "--parallel-max", "50")
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("HTTP/1.1") == 200
