"""Every server make, with every cipher × MAC × key exchange × host key type that
it and taupe share, and every type of forward that it allows.

Thinned in one place: AsyncSSH's Python takes seconds over an 8192-bit group, so
there the MACs take turns over the host key types instead of meeting them all.
"""
import concurrent.futures
import itertools
import os
import queue
import threading

import pytest

import env
import makes
import peers
import taupe as driver

AEAD = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com",
        "chacha20-poly1305@openssh.com"]
CTR = ["aes128-ctr", "aes192-ctr", "aes256-ctr"]
ETM = ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"]
MAC = ["hmac-sha2-256", "hmac-sha2-512"]
CURVE = ["curve25519-sha256", "curve25519-sha256@libssh.org"]
NIST = ["ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"]
EVERY_KEY = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
             "ecdsa-sha2-nistp521", "rsa-sha2-256", "rsa-sha2-512"]

# What each make and taupe have in common: kex, ciphers, MACs, host keys.
SHARED = {
    makes.OpenSSH: (
        [*CURVE, *NIST, "diffie-hellman-group14-sha256",
         "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
         "diffie-hellman-group-exchange-sha256"],
        AEAD + CTR, ETM + MAC, EVERY_KEY),
    makes.Dropbear: (
        [*CURVE, *NIST, "diffie-hellman-group14-sha256"],
        [AEAD[2], CTR[0], CTR[2]], MAC[:1],
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256"]),
    makes.TinySSH: (CURVE, AEAD[2:], [], ["ssh-ed25519"]),
    makes.AsyncSSH: (
        [*CURVE, *NIST, "diffie-hellman-group14-sha256",
         "diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512",
         "diffie-hellman-group-exchange-sha256"],
        AEAD + CTR, ETM + MAC, EVERY_KEY),
    makes.Paramiko: (
        [CURVE[1], *NIST, "diffie-hellman-group14-sha256",
         "diffie-hellman-group16-sha512",
         "diffie-hellman-group-exchange-sha256"],
        CTR, ETM + MAC,
        ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256",
         "rsa-sha2-512"]),
    makes.Go: (
        [*CURVE, *NIST, "diffie-hellman-group14-sha256"],
        [AEAD[0], AEAD[2], *CTR], [ETM[0], MAC[0]], EVERY_KEY),
}
SLOW = (makes.AsyncSSH, "diffie-hellman-group18-sha512")
AT_ONCE = 4  # handshakes
FORWARDING = [make for make in SHARED if make is not makes.TinySSH]
EVERY_TYPE = ("ed25519", "ecdsa256", "ecdsa384", "ecdsa521", "rsa")


def name(thing):
    return thing if isinstance(thing, str) else thing.__name__


@pytest.fixture(scope="module")
def servers(run):
    """One server of each make, with all the host keys that it can have."""
    made = {make: make(run, host_types=EVERY_TYPE) if make is makes.OpenSSH
            else make(run) for make in SHARED}
    yield {make: server.start() for make, server in made.items()}
    for server in made.values():
        server.close()


@pytest.fixture(scope="module")
def lanes(run, servers):
    """For each make the servers for handshakes at once. AsyncSSH mixes up
    rsa-sha2-256 and -512 between simultaneous ones: each has a server."""
    more = [makes.AsyncSSH(run).start() for _ in range(AT_ONCE - 1)]
    yield {make: [server, *more] if make is makes.AsyncSSH
           else [server] * AT_ONCE for make, server in servers.items()}
    for server in more:
        server.close()


def combinations(make, kex):
    """Cipher, MAC (none beside an AEAD) and host key type."""
    _, ciphers, macs, host_keys = SHARED[make]
    for cipher in ciphers:
        beside = [None] if cipher in AEAD else macs
        if (make, kex) == SLOW:
            pairs = zip(itertools.cycle(beside), host_keys)
        else:
            pairs = itertools.product(beside, host_keys)
        for mac, host_key in pairs:
            yield cipher, mac, host_key


def attempt(server, echo, kex, cipher, mac, host_key):
    """One link with just these algorithms; what went wrong, or None."""
    port = env.free_port()
    options = ["-o", f"KexAlgorithms={kex}", "-o", f"Ciphers={cipher}",
               "-o", f"HostKeyAlgorithms={host_key}"]
    if mac is not None:
        options += ["-o", f"MACs={mac}"]
    carries = not isinstance(server, makes.TinySSH)
    try:
        with driver.Taupe("-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}",
                          *options, *server.args()) as taupe:
            taupe.wait_connected()
            if carries:
                peers.round_trip(port, os.urandom(100000))
    except (AssertionError, OSError) as error:
        return f"{kex} {cipher} {mac} {host_key}: {error}"
    return None


@pytest.mark.long
@pytest.mark.parametrize("make,kex", [
    (make, kex) for make, shared in SHARED.items() for kex in shared[0]],
    ids=name)
def test_algorithms(lanes, echo, make, kex):
    idle = queue.SimpleQueue()
    for server in lanes[make]:
        idle.put(server)

    def one(row):
        server = idle.get()
        try:
            return attempt(server, echo, kex, *row)
        finally:
            idle.put(server)

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(one, combinations(make, kex)))
    failures = [failure for failure in done if failure]
    assert not failures, f"{len(failures)} of {len(done)}: " + failures[0]


@pytest.mark.parametrize("make", FORWARDING, ids=name)
class TestForwards:
    def test_local(self, servers, start, echo, make):
        port = env.free_port()
        start(servers[make], "-L",
              f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(port, os.urandom(3000000))

    def test_bulk(self, servers, start, echo, make):
        """Some give their window back only in halves: what we dare to have in
        flight must not be less than what they wait for."""
        port = env.free_port()
        start(servers[make], "-L",
              f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
        for _ in range(3):
            peers.round_trip(port, os.urandom(30000000), timeout=120)

    def test_remote(self, servers, start, echo, make):
        port = env.free_port()
        start(servers[make], "-R",
              f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(port, os.urandom(3000000))

    def test_remote_port_of_the_servers_choice(
            self, servers, start, echo, make):
        taupe = start(servers[make], "-R",
                      f"127.0.0.1:0:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(taupe.listening("remote"))

    def test_dynamic(self, servers, start, web, make):
        port = env.free_port()
        start(servers[make], "-D", port).wait_connected()
        done = peers.curl(f"http://localhost:{web.port}/", "--proxy",
                          f"socks5h://127.0.0.1:{port}")
        assert done.stdout == "GET / HTTP/1.1", done.stderr

    def test_reverse_dynamic(self, servers, start, web, make):
        port = env.free_port()
        start(servers[make], "-R", f"127.0.0.1:{port}").wait_connected()
        done = peers.curl(f"http://localhost:{web.port}/", "--proxy",
                          f"socks5h://127.0.0.1:{port}")
        assert done.stdout == "GET / HTTP/1.1", done.stderr

    def test_refused_destination(self, servers, start, echo, make):
        dead, port = env.free_port(), env.free_port()
        taupe = start(servers[make],
                      "-L", f"127.0.0.1:{dead}:127.0.0.1:{env.free_port()}",
                      "-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}")
        taupe.wait_connected()
        peers.dial_in_vain(dead)
        peers.round_trip(port)

    def test_many_at_once(self, servers, start, echo, make):
        port = env.free_port()
        start(servers[make], "-L",
              f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: peers.round_trip(port, os.urandom(70000)),
                          range(60)))


@pytest.mark.parametrize("make", [makes.OpenSSH, makes.AsyncSSH, makes.Go],
                         ids=name)
class TestUnixSockets:
    def test_local(self, servers, start, folder, make):
        port = env.free_port()
        with peers.Service(peers.echo, path=folder / "far"):
            start(servers[make], "-L",
                  f"127.0.0.1:{port}:{folder}/far").wait_connected()
            peers.round_trip(port, os.urandom(300000))

    def test_remote(self, servers, start, echo, folder, make):
        start(servers[make], "-R",
              f"{folder}/there:127.0.0.1:{echo.port}").wait_connected()
        peers.round_trip(folder / "there", os.urandom(300000))


def test_tinyssh_forwards_nothing_and_it_is_said(servers, start, echo):
    """A server without forwarding: the connection ends, the link stays."""
    port = env.free_port()
    taupe = start(servers[makes.TinySSH], "-L",
                  f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
    peers.dial_in_vain(port)
    taupe.wait_event(lambda e: (e.get("error") or {}).get("code", "")
                     .startswith("target_"))


def test_server_that_wants_old_algorithms_is_said(run, stack, start):
    server = stack.enter_context(
        makes.OpenSSH(run, Ciphers="aes128-cbc", host_types=["ed25519"]))
    taupe = start(server, "--once", "-L", f"{env.free_port()}:127.0.0.1:1")
    assert taupe.wait() != 0
    assert "no_common_algorithm" in taupe.codes()


@pytest.mark.parametrize("make", SHARED, ids=name)
def test_rekey_by_either_side(servers, stack, start, echo, make):
    """Data flows both ways while keys change every MiB."""
    if make is makes.TinySSH:
        pytest.skip("carries nothing")
    port = env.free_port()
    taupe = start(servers[make], "-o", "RekeyLimit=1M", "-L",
                  f"127.0.0.1:{port}:127.0.0.1:{echo.port}").wait_connected()
    peers.round_trip(port, os.urandom(5 << 20))
    assert set(taupe.states().values()) == {"connected"}


def test_rekey_by_sshd(run, stack, start, echo):
    server = stack.enter_context(makes.OpenSSH(run, RekeyLimit="1M 1s"))
    port = env.free_port()
    start(server, "-L", f"127.0.0.1:{port}:127.0.0.1:{echo.port}"
          ).wait_connected()
    workers = [threading.Thread(target=peers.round_trip,
                                args=(port, os.urandom(5 << 20)))
               for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    peers.round_trip(port)
