"""The login that the proxies of a run ask for: --socks-auth."""
import subprocess

import pytest

import env
import peers
import taupe as driver

pytestmark = pytest.mark.taupe_only

LOGIN = "mole:deep:down"  # a password with a colon


@pytest.fixture
def login_file(folder):
    path = folder / "login"
    path.write_text(LOGIN + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture(params=["dynamic", "reverse dynamic"])
def proxy(request, sshd, start, login_file):
    """The port of a proxy with a login, here or on the server."""
    port = env.free_port()
    spec = ["-D", port] if request.param == "dynamic" \
        else ["-R", f"127.0.0.1:{port}"]
    start(sshd, *spec, "--socks-auth", login_file).wait_connected()
    return port


def through(port, scheme, web, *options):
    return peers.curl(f"http://localhost:{web.port}/x", "--proxytunnel",
                      "--proxy", f"{scheme}://127.0.0.1:{port}", *options)


@pytest.mark.parametrize("scheme", ["socks5h", "http"])
def test_the_login_opens(proxy, web, scheme):
    done = through(proxy, scheme, web, "--proxy-user", LOGIN)
    assert done.stdout == "GET /x HTTP/1.1", done.stderr


@pytest.mark.parametrize("scheme", ["socks5h", "http"])
@pytest.mark.parametrize("login", ["mole:deep", "mole:deep:down2", "vole:deep:down",
                                   "mole:", None])
def test_anything_else_does_not(proxy, web, scheme, login):
    words = ["--proxy-user", login] if login else []
    done = through(proxy, scheme, web, *words)
    assert done.returncode != 0 and done.stdout == ""


@pytest.mark.parametrize("scheme", ["socks4", "socks4a"])
def test_socks4_is_refused(proxy, web, scheme):
    done = through(proxy, scheme, web, "--proxy-user", LOGIN)
    assert done.returncode != 0 and done.stdout == ""


def test_http_names_the_way_in(proxy):
    with peers.dial(proxy) as end:
        end.sendall(b"CONNECT localhost:1 HTTP/1.1\r\n\r\n")
        got = end.recv(4096).lower()
    assert b" 407 " in got and b"proxy-authenticate: basic" in got


def test_it_is_for_proxies_only(sshd, start, echo, login_file):
    port, proxy = env.free_port(), env.free_port()
    start(sshd, "-D", proxy, "-L", f"{port}:127.0.0.1:{echo.port}",
          "--socks-auth", login_file).wait_connected()
    peers.round_trip(port)


def refused(*words):
    done = subprocess.run(
        [*driver.COMMAND, "--lang", "en", "run", *map(str, words), "nowhere"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert LOGIN not in done.stderr
    return done.stderr


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_open_to_others_is_refused(login_file, mode):
    login_file.chmod(mode)
    said = refused("-D", 1080, "--socks-auth", login_file)
    assert f"{mode:04o}" in said and "chmod 600" in said


@pytest.mark.parametrize("content", [
    "", "\n", "mole", ":deep", "mole:", "a:b\nc:d\n", "a:b\n\n", "a:b\0c",
    "a" * 256 + ":b", "a:" + "b" * 256], ids=repr)
def test_a_file_of_another_form_is_refused(login_file, content):
    login_file.write_text(content)
    said = refused("-D", 1080, "--socks-auth", login_file)
    assert "user:password" in said


def test_a_file_that_is_none_is_refused(folder, login_file):
    words = ["-D", 1080, "--socks-auth"]
    assert "No such file" in refused(*words, folder / "missing")
    folder.chmod(0o700)
    assert "directory" in refused(*words, folder)
    login_file.write_text("x" * 10000)
    assert "can’t be read" in refused(*words, login_file)


def test_it_wants_a_proxy(login_file):
    said = refused("-L", "1:a:1", "--socks-auth", login_file)
    assert "-D" in said
