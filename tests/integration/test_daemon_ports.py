"""Local ports of the daemon's forwards: taken before, during and after."""
import os
import pathlib
import shutil
import socket
import subprocess

import pytest

import daemon as keeper
import env
import makes
import peers

pytestmark = pytest.mark.taupe_only


@pytest.fixture
def taken():
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def vps(daemon, sshd):
    daemon.add_server("vps", **sshd.fields())


@pytest.fixture
def add(daemon, vps, echo):
    def launch(name, port, start=True, **fields):
        return daemon.add_forward(
            name, "vps", local=f"127.0.0.1:{port}",
            remote=f"127.0.0.1:{echo.port}", start=start, **fields)
    return launch


def error_of(daemon, name, lang="en"):
    forward = daemon.api(
        "GET", f"/forwards/{daemon.forward(name)['id']}",
        headers={"Accept-Language": lang})
    return forward["error"]


def test_taken_before(daemon, add, taken):
    """Who holds it, and a free port that one request takes instead."""
    port = taken.getsockname()[1]
    made = add("f", port)
    daemon.wait_state("f", "error")
    name = pathlib.Path("/proc/self/comm").read_text().strip()
    for lang in ("en", "fr"):
        error = error_of(daemon, "f", lang)
        assert error["code"] == "port_in_use"
        assert f"127.0.0.1:{port}" in error["message"]
        assert f"{name} (pid {os.getpid()})" in error["message"]
        assert error["args"]["next"] in error["offer"]
    assert error["message"] != error_of(daemon, "f")["message"]
    after = int(error["args"]["next"])
    assert after > port and not env.listens(after)
    daemon.api("PATCH", f"/forwards/{made['id']}?stop=1&start=1",
               {"local_port": after})
    daemon.wait_state("f", "connected")
    peers.round_trip(after)


def test_taken_before_it_is_stored(daemon, add, taken):
    """The form asks, before it saves."""
    port = taken.getsockname()[1]
    body = {"name": "f", "server": "vps", "type": "local",
            "local": f"127.0.0.1:{port}", "remote": "127.0.0.1:1"}
    verdict = daemon.api("POST", "/forwards/check", body)
    assert verdict["fields"] == []
    assert str(os.getpid()) in verdict["port"]["holder"]
    assert int(verdict["port"]["next"]) > port
    body["local"] = f"127.0.0.1:{env.free_port()}"
    assert daemon.api("POST", "/forwards/check", body)["port"] is None
    assert daemon.api("GET", "/forwards") == []


def test_nobody_takes_it_meanwhile(daemon, run, stack, echo):
    """Not while it is up, nor while its server is away."""
    server = stack.enter_context(makes.OpenSSH(run))
    port = env.free_port()
    daemon.add_server("vps", **server.fields())
    daemon.add_forward("f", "vps", local=f"127.0.0.1:{port}",
                       remote=f"127.0.0.1:{echo.port}", start=True)
    for state in ("connected", "reconnecting"):
        daemon.wait_state("f", state)
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError):
                other.bind(("127.0.0.1", port))
                other.listen()
        server.stop()


def test_free_again(daemon, add, taken):
    port = taken.getsockname()[1]
    made = add("f", port)
    daemon.wait_state("f", "error")
    taken.close()
    daemon.api("POST", f"/forwards/{made['id']}/start")
    daemon.wait_state("f", "connected")
    assert error_of(daemon, "f") is None
    peers.round_trip(port)


def test_free_at_once_after_a_stop(daemon, add):
    """Connections that linger do not keep it."""
    port = env.free_port()
    path = f"/forwards/{add('f', port)['id']}"
    for _ in range(5):
        daemon.wait_state("f", "connected")
        with peers.dial(port) as end:
            end.sendall(b"x")
            assert end.recv(1) == b"x"
            daemon.api("POST", f"{path}/stop")
            daemon.wait_state("f", "disconnected")
            env.wait_until(lambda: not env.listens(port), "a free port")
        daemon.api("POST", f"{path}/start")
    daemon.wait_state("f", "connected")
    for _ in range(3):
        daemon.restart()
        daemon.wait_state("f", "connected")


def test_another_forward_has_it(daemon, add):
    port = env.free_port()
    add("first", port)
    daemon.wait_state("first", "connected")
    add("second", port)
    daemon.wait_state("second", "error")
    error = error_of(daemon, "second")
    assert error["code"] == "port_in_use"
    assert "first" in error["args"]["holder"]
    peers.round_trip(port)


def test_one_is_picked(daemon, add):
    add("f", 0)
    first = daemon.wait_state("f", "connected")
    assert first["local_port"] == 0 and first["bound_port"]
    assert first["listen"] == f"127.0.0.1:{first['bound_port']}"
    peers.round_trip(first["bound_port"])
    add("g", 0)
    assert daemon.wait_state("g", "connected")["bound_port"] \
        != first["bound_port"]


@pytest.fixture
def nobody(run, stack):
    """A daemon without rights, where we can give ours away."""
    if os.geteuid() != 0:
        yield stack.enter_context(keeper.Daemon())
        return
    folder = env.folder()
    try:
        os.chown(folder, 65534, 65534)
        program = folder / "taupe"
        shutil.copy(keeper.driver.COMMAND[0], program)
        prefix = [env.tool("setpriv"), "--reuid=65534", "--regid=65534",
                  "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
        if subprocess.run([*prefix, program, "version"], capture_output=True,
                          check=False).returncode != 0:
            pytest.skip("nobody cannot run it here")
        with keeper.Daemon(folder=folder, prefix=prefix) as made:
            yield made
    finally:
        env.remove(folder)


def test_a_port_for_root_only(nobody, sshd):
    first = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
                .read_text())
    if first < 2:
        pytest.skip("here anybody may listen anywhere")
    nobody.add_server("vps", **sshd.fields(None))
    nobody.add_forward("f", "vps", "dynamic", local="127.0.0.1:1", start=True)
    nobody.wait_state("f", "error")
    words = {lang: error_of(nobody, "f", lang) for lang in ("en", "fr")}
    for error in words.values():
        assert error["code"] == "port_not_permitted"
        assert "CAP_NET_BIND_SERVICE" in error["message"]
        assert str(first) in error["offer"]
    assert words["en"]["offer"] != words["fr"]["offer"]
