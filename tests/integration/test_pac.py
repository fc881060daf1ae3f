"""The PAC file that a proxy's own port serves: what a browser makes of it."""
import json
import shutil
import subprocess

import pytest

import env
import peers

pytestmark = pytest.mark.taupe_only

TYPE = "application/x-ns-proxy-autoconfig"
# Evaluates the file as a browser does, in a world that has nothing else.
EVALUATE = """
const vm = require("vm"), world = vm.createContext(Object.create(null));
vm.runInContext(process.argv[1], world);
for (const host of JSON.parse(process.argv[2])) {
    world.host = host;
    console.log(vm.runInContext(
        "FindProxyForURL('http://' + host + '/', host)", world));
}
"""
DIRECT = ["localhost", "LOCALHOST", "127.0.0.1", "127.255.1.2", "::1", "[::1]"]
PROXIED = ["example.org", "intranet", "localhost.example.org", "10.0.0.1",
           "127.0.0.1.example.org", "x127.0.0.1", "1.127.0.0.1", "2001:db8::1"]


@pytest.fixture(params=["dynamic", "reverse dynamic", "with a login"])
def proxy(request, sshd, start, folder):
    """The port of a proxy, here or on the server."""
    port = env.free_port()
    words = ["-R" if request.param == "reverse dynamic" else "-D",
             f"127.0.0.1:{port}"]
    if request.param == "with a login":
        login = folder / "login"
        login.write_text("mole:deep\n")
        login.chmod(0o600)
        words += ["--socks-auth", login]
    start(sshd, *words).wait_connected()
    return port


def fetch(url, *options):
    done = peers.curl(url, "-w", "\n%{content_type}", *options)
    assert done.returncode == 0, done.stderr
    body, _, kind = done.stdout.rpartition("\n")
    assert kind == TYPE
    return body


def decisions(text, hosts):
    """What the file says of each host."""
    if shutil.which("node") is None:
        pytest.skip("no node to evaluate it")
    done = subprocess.run(["node", "-e", EVALUATE, text, json.dumps(hosts)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", ["proxy.pac", "wpad.dat"])
def test_it_names_the_port(proxy, path):
    text = fetch(f"http://127.0.0.1:{proxy}/{path}")
    place = f"127.0.0.1:{proxy}"
    assert f'"SOCKS5 {place}; SOCKS {place}; PROXY {place}"' in text


def test_the_clients_word_counts_where_it_can_be_true(proxy):
    url = f"http://127.0.0.1:{proxy}/proxy.pac"
    said = fetch(url, "-H", f"Host: box.example.org:{proxy}")
    assert f"SOCKS5 box.example.org:{proxy};" in said
    for lie in ("box.example.org", "box.example.org:1", f'";x():{proxy}'):
        said = fetch(url, "-H", f"Host: {lie}")
        assert f"SOCKS5 127.0.0.1:{proxy};" in said


def test_everything_but_this_machine_goes_through(proxy):
    text = fetch(f"http://localhost:{proxy}/proxy.pac", "-4")
    place = f"localhost:{proxy}"
    way = f"SOCKS5 {place}; SOCKS {place}; PROXY {place}"
    assert decisions(text, DIRECT) == ["DIRECT"] * len(DIRECT)
    assert decisions(text, PROXIED) == [way] * len(PROXIED)


def test_a_head_of_it(proxy):
    done = peers.curl(f"http://127.0.0.1:{proxy}/proxy.pac", "--head")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("HTTP/1.1 200 ") and TYPE in done.stdout


def test_other_requests_are_told_where_it_is(proxy):
    with peers.dial(proxy) as end:
        end.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % proxy)
        said = peers.read_all(end).decode()
    assert said.startswith(("HTTP/1.1 405 ", "HTTP/1.1 407 "))
    assert f"http://127.0.0.1:{proxy}/proxy.pac" in said


def test_a_port_that_was_picked(sshd, start):
    """Port 0: the file names the one that it became."""
    port = start(sshd, "-D", "0").wait_connected().listening("dynamic")
    assert f"SOCKS5 127.0.0.1:{port};" in \
        fetch(f"http://127.0.0.1:{port}/proxy.pac")


def test_a_socket_has_no_file(sshd, start, folder):
    """Nothing that a browser could be told."""
    path = folder / "proxy"
    start(sshd, "-D", path).wait_connected()
    with peers.dial(path) as end:
        end.sendall(b"GET /proxy.pac HTTP/1.1\r\nHost: x\r\n\r\n")
        said = peers.read_all(end).decode()
    assert said.startswith("HTTP/1.1 405 ") and "proxy.pac" not in said
