"""Local, Remote and Dynamic, in each form, with real traffic through each."""
import os

import pytest

import env
import makes
import peers

FROM_ALL = "0.0.0.0"


def local_to(service, listen="127.0.0.1"):
    port = env.free_port()
    return port, f"{listen}:{port}:127.0.0.1:{service.port}"


class TestLocal:
    def test_carries_both_ways(self, sshd, start, echo):
        port, spec = local_to(echo)
        start(sshd, "-L", spec).wait_connected()
        peers.round_trip(port)

    def test_without_bind_listens_on_both_loopbacks(self, sshd, start, echo):
        port = env.free_port()
        start(sshd, "-L", f"{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(("127.0.0.1", port))
        peers.round_trip(("::1", port))

    @pytest.mark.parametrize("bind", ["*", "", "0.0.0.0", "[::1]", "localhost"])
    def test_bind_forms(self, sshd, start, echo, bind):
        port = env.free_port()
        start(sshd, "-L",
              f"{bind}:{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(("::1" if bind == "[::1]" else "127.0.0.1", port))

    def test_port_zero_is_picked_and_said(self, sshd, start, echo):
        taupe = start(sshd, "-L", f"127.0.0.1:0:127.0.0.1:{echo.port}")
        port = taupe.wait_connected().listening("local")
        assert port != 0
        peers.round_trip(port)

    def test_name_is_resolved_by_the_server(self, sshd, start, echo):
        port = env.free_port()
        start(sshd, "-L", f"{port}:localhost:{echo.port}").wait_connected()
        peers.round_trip(port)

    def test_ipv6_destination(self, sshd, start):
        port = env.free_port()
        with peers.Service(peers.echo, host="::1") as service:
            start(sshd, "-L", f"{port}:[::1]:{service.port}").wait_connected()
            peers.round_trip(port)

    def test_refused_destination_is_said_and_harms_nobody(
            self, sshd, start, echo):
        port, spec = local_to(echo)
        dead = env.free_port()
        bad = env.free_port()
        taupe = start(sshd, "-L", spec, "-L", f"{bad}:127.0.0.1:{dead}")
        taupe.wait_connected()
        peers.dial_in_vain(bad)
        taupe.wait_error("target_refused")
        assert set(taupe.states().values()) == {"connected"}
        peers.round_trip(port)

    def test_prohibited_destination_is_said(self, run, start, echo, stack):
        server = stack.enter_context(
            makes.OpenSSH(run, PermitOpen="127.0.0.1:1"))
        port, spec = local_to(echo)
        taupe = start(server, "-L", spec).wait_connected()
        peers.dial_in_vain(port)
        taupe.wait_error("target_prohibited")


class TestUnixSockets:
    def test_path_to_port(self, sshd, start, echo, folder):
        path = folder / "in"
        start(sshd, "-L", f"{path}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(path)
        assert os.stat(path).st_mode & 0o077 == 0

    def test_port_to_path(self, sshd, start, folder):
        port = env.free_port()
        with peers.Service(peers.echo, path=folder / "far"):
            start(sshd, "-L", f"{port}:{folder}/far").wait_connected()
            peers.round_trip(port)

    def test_path_to_path(self, sshd, start, folder):
        with peers.Service(peers.echo, path=folder / "far"):
            start(sshd, "-L", f"{folder}/in:{folder}/far").wait_connected()
            peers.round_trip(folder / "in")

    def test_remote_path_to_port(self, sshd, start, echo, folder):
        path = folder / "there"
        start(sshd, "-R", f"{path}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(path)

    def test_remote_path_to_path(self, sshd, start, folder):
        with peers.Service(peers.echo, path=folder / "near"):
            start(sshd, "-R", f"{folder}/there:{folder}/near").wait_connected()
            peers.round_trip(folder / "there")

    @pytest.mark.taupe_only
    def test_own_socket_file_goes_at_the_end(self, sshd, start, echo, folder):
        path = folder / "in"
        taupe = start(sshd, "-L", f"{path}:127.0.0.1:{echo.port}")
        taupe.wait_connected()
        taupe.stop()
        assert not path.exists()


class TestRemote:
    def test_carries_both_ways(self, sshd, start, echo):
        port = env.free_port()
        start(sshd, "-R",
              f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(port)

    @pytest.mark.parametrize("bind", ["", "*", FROM_ALL, "localhost"])
    def test_bind_forms(self, sshd, start, echo, bind):
        port = env.free_port()
        start(sshd, "-R",
              f"{bind}:{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(port)

    def test_port_zero_is_the_servers_choice(self, sshd, start, echo):
        taupe = start(sshd, "-R", f"127.0.0.1:0:127.0.0.1:{echo.port}")
        port = taupe.wait_connected().listening("remote")
        assert port != 0
        peers.round_trip(port)

    def test_dead_local_target_closes_the_connection(self, sshd, start):
        port = env.free_port()
        start(sshd, "-R", f"127.0.0.1:{port}:127.0.0.1:{env.free_port()}"
              ).wait_connected()
        peers.dial_in_vain(port)

    @pytest.mark.taupe_only
    def test_refused_listener_has_a_name(self, run, start, echo, stack):
        server = stack.enter_context(
            makes.OpenSSH(run, AllowTcpForwarding="local"))
        taupe = start(server, "-R",
                      f"{env.free_port()}:127.0.0.1:{echo.port}")
        taupe.wait_error("remote_listen_refused")

    @pytest.mark.taupe_only
    def test_taken_port_there_has_a_name(self, sshd, start, echo):
        taupe = start(sshd, "-R",
                      f"127.0.0.1:{echo.port}:127.0.0.1:{echo.port}")
        taupe.wait_error("remote_listen_refused")

    @pytest.mark.parametrize("proxy", ["socks5h", "socks4a"])
    def test_reverse_dynamic(self, sshd, start, web, proxy):
        port = env.free_port()
        start(sshd, "-R", f"127.0.0.1:{port}").wait_connected()
        done = peers.curl(f"http://localhost:{web.port}/back",
                          "--proxy", f"{proxy}://127.0.0.1:{port}")
        assert done.stdout == "GET /back HTTP/1.1", done.stderr


class TestDynamic:
    @pytest.fixture(scope="class")
    def proxy(self, sshd):
        import taupe as driver
        port = env.free_port()
        with driver.Taupe("-D", port, *sshd.args()) as taupe:
            taupe.wait_connected()
            taupe.port = port
            yield taupe

    @pytest.mark.parametrize("scheme,host", [
        ("socks4", "127.0.0.1"), ("socks4a", "localhost"),
        ("socks5", "127.0.0.1"), ("socks5h", "localhost"),
        pytest.param("http", "localhost", marks=pytest.mark.taupe_only)])
    def test_curl(self, proxy, web, scheme, host):
        done = peers.curl(f"http://{host}:{web.port}/x", "--proxytunnel",
                          "--proxy", f"{scheme}://127.0.0.1:{proxy.port}")
        assert done.stdout == "GET /x HTTP/1.1", done.stderr

    def test_socks5_to_ipv6(self, proxy):
        with peers.Service(peers.web, host="::1") as service:
            done = peers.curl(f"http://[::1]:{service.port}/6", "--proxy",
                              f"socks5h://127.0.0.1:{proxy.port}")
            assert done.stdout == "GET /6 HTTP/1.1", done.stderr

    @pytest.mark.taupe_only
    def test_refused_destination_has_its_own_reply(self, proxy):
        with peers.dial(proxy.port) as end:
            end.sendall(b"\5\1\0")
            assert end.recv(2) == b"\5\0"
            dead = env.free_port()
            end.sendall(b"\5\1\0\1\x7f\0\0\1" + dead.to_bytes(2, "big"))
            assert end.recv(2) == b"\5\5"  # RFC 1928: connection refused

    @pytest.mark.taupe_only
    @pytest.mark.parametrize("command", [2, 3])
    def test_bind_and_udp_are_not_supported(self, proxy, command):
        with peers.dial(proxy.port) as end:
            end.sendall(b"\5\1\0")
            assert end.recv(2) == b"\5\0"
            end.sendall(bytes([5, command, 0, 1, 127, 0, 0, 1, 0, 80]))
            assert end.recv(2) == b"\5\7"

    def test_early_data_is_not_lost(self, proxy, echo):
        with peers.dial(proxy.port) as end:
            end.sendall(b"\5\1\0\5\1\0\1\x7f\0\0\1"
                        + echo.port.to_bytes(2, "big") + b"early bird")
            got = peers.read_exactly(end, 2 + 10 + 10)
        assert got[:4] == b"\5\0\5\0"
        assert got[12:] == b"early bird"

    @pytest.mark.taupe_only
    def test_early_data_and_end_are_not_lost(self, proxy, echo):
        with peers.dial(proxy.port) as end:
            end.sendall(b"\4\1" + echo.port.to_bytes(2, "big")
                        + b"\x7f\0\0\1\0early bird")
            end.shutdown(1)
            got = peers.read_all(end)
        assert got[:2] == b"\0\x5a"
        assert got[8:] == b"early bird"

    def test_byte_by_byte(self, proxy, echo):
        with peers.dial(proxy.port) as end:
            end.setsockopt(6, 1, 1)  # TCP_NODELAY
            for byte in (b"\4\1" + echo.port.to_bytes(2, "big")
                         + b"\0\0\0\1me\0localhost\0tail"):
                end.send(bytes([byte]))
            end.shutdown(1)
            got = peers.read_all(end)
        assert got[:2] == b"\0\x5a"
        assert got[8:] == b"tail"

    @pytest.mark.taupe_only
    def test_a_browser_that_comes_straight_gets_an_answer(self, proxy):
        with peers.dial(proxy.port) as end:
            end.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            got = peers.read_all(end)
        assert got.startswith(b"HTTP/1.1 4") or got.startswith(b"HTTP/1.0 4")

    @pytest.mark.taupe_only
    def test_http_connect_to_a_dead_port_is_a_gateway_error(self, proxy):
        dead = env.free_port()
        with peers.dial(proxy.port) as end:
            end.sendall(f"CONNECT 127.0.0.1:{dead} HTTP/1.1\r\n\r\n".encode())
            assert b" 502 " in end.recv(4096).split(b"\r\n")[0]


class TestTheWayThere:
    @pytest.mark.parametrize("hops", [1, 2])
    def test_jump_hosts(self, run, sshd, start, echo, stack, hops):
        known = run.folder / f"known_jump{hops}"
        jumps = [stack.enter_context(makes.OpenSSH(run)) for _ in range(hops)]
        known.write_text("".join(s.known_hosts.read_text()
                                 for s in [sshd, *jumps]))
        chain = ",".join(f"{makes.USER}@127.0.0.1:{s.port}" for s in jumps)
        config = run.folder / f"jump{hops}.conf"
        config.write_text(f"UserKnownHostsFile {known}\n"
                          f"IdentityFile {run.keys.user['ed25519']}\n")
        port, spec = local_to(echo)
        import taupe as driver
        jump = ["-F", config] if driver.SHIM else []
        taupe = stack.enter_context(driver.Taupe(
            *jump, "-L", spec, "-J", chain, "-i", run.keys.user["ed25519"],
            "-o", f"UserKnownHostsFile={known}", "-p", sshd.port,
            f"{makes.USER}@127.0.0.1"))
        taupe.wait_connected()
        peers.round_trip(port, os.urandom(300000))

    def test_unreachable_jump_has_a_name(self, sshd, start):
        taupe = start(sshd, "--once", "-L", f"{env.free_port()}:127.0.0.1:1",
                      "-J", f"{makes.USER}@127.0.0.1:{env.free_port()}")
        assert taupe.wait() != 0
        assert "connect_refused" in taupe.codes()

    def test_proxy_command(self, sshd, start, echo):
        port, spec = local_to(echo)
        start(sshd, "-L", spec, "-o", "ProxyCommand=nc %h %p").wait_connected()
        peers.round_trip(port, os.urandom(300000))

    @pytest.mark.taupe_only
    def test_failing_proxy_command_has_a_name(self, sshd, start):
        taupe = start(sshd, "--once", "-L", f"{env.free_port()}:127.0.0.1:1",
                      "-o", "ProxyCommand=exit 3")
        assert taupe.wait() != 0
        assert "proxy_failed" in taupe.codes()

    def test_ssh_url(self, sshd, run, echo, stack):
        import taupe as driver
        port, spec = local_to(echo)
        taupe = stack.enter_context(driver.Taupe(
            "-L", spec, "-i", run.keys.user["ed25519"],
            "-o", f"UserKnownHostsFile={sshd.known_hosts}",
            f"ssh://{makes.USER}@127.0.0.1:{sshd.port}"))
        taupe.wait_connected()
        peers.round_trip(port)


@pytest.mark.workers
@pytest.mark.sanitized
def test_all_three_types_at_once(sshd, start, echo, web):
    port, spec = local_to(echo)
    back, proxy = env.free_port(), env.free_port()
    start(sshd, "-L", spec, "-R", f"127.0.0.1:{back}:127.0.0.1:{echo.port}",
          "-D", proxy).wait_connected()
    for _ in range(20):
        peers.round_trip(port, os.urandom(100000))
        peers.round_trip(back, os.urandom(100000))
        done = peers.curl(f"http://localhost:{web.port}/", "--proxy",
                          f"socks5h://127.0.0.1:{proxy}")
        assert done.returncode == 0, done.stderr
