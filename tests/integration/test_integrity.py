"""No byte is lost, doubled or reordered, whatever the size and the traffic."""
import hashlib
import os
import random
import socket
import threading

import pytest

import env
import peers
import streams

SIZES = [0, 1, 2, 32767, 32768, 32769, (2 << 20) - 1, 2 << 20, (2 << 20) + 1]
GIB = 1 << 30
CONNECTIONS = 50


@pytest.fixture(scope="module")
def links(sshd):
    """A taupe with a local and a remote forward to one echo service."""
    import taupe as driver
    with peers.Service(peers.echo) as service:
        local, remote = env.free_port(), env.free_port()
        with driver.Taupe(
                "-L", f"127.0.0.1:{local}:127.0.0.1:{service.port}",
                "-R", f"127.0.0.1:{remote}:127.0.0.1:{service.port}",
                *sshd.args()) as taupe:
            taupe.wait_connected()
            yield {"local": local, "remote": remote}


@pytest.mark.sanitized
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["local", "remote"])
def test_sizes(links, kind, size):
    peers.round_trip(links[kind], os.urandom(size))


@pytest.mark.sanitized
@pytest.mark.workers
def test_odd_pieces(links):
    """Many small writes of odd sizes arrive as one unbroken stream."""
    dice = random.Random(4254)
    data = os.urandom(1 << 20)
    with peers.dial(links["local"]) as end:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send():
            at = 0
            while at < len(data):
                step = dice.choice([1, 7, 100, 1447, 32768, 40000])
                end.sendall(data[at:at + step])
                at += step
            end.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        got = peers.read_all(end)
        sender.join()
    assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()


@pytest.mark.long
def test_a_gib_both_ways_with_rekeys(sshd, start):
    """1 GiB each way over 50 connections of one link at once, keys changed every
    16 MiB; each direction is a stream of its own, hashed at both ends."""
    share = GIB // CONNECTIONS
    far = {}

    def both_ways(connection):
        """Names itself in 4 bytes, then sends its stream while it reads."""
        number = int.from_bytes(peers.read_exactly(connection, 4), "big")
        stream = streams.Stream(1000 + number, share)
        sender = threading.Thread(target=stream.send, args=(connection,))
        sender.start()
        got = peers.drain(connection)
        sender.join()
        far[number] = (got, stream.sent.hexdigest())

    near, faults = {}, []

    def client(port, number):
        try:
            with peers.dial(port, 300) as end:
                end.sendall(number.to_bytes(4, "big"))
                stream = streams.Stream(number, share)
                sender = threading.Thread(target=stream.send, args=(end,))
                sender.start()
                got = peers.drain(end)
                sender.join()
                near[number] = (stream.sent.hexdigest(), got)
        except (OSError, AssertionError) as fault:
            faults.append(f"{number}: {fault!r}")

    with peers.Service(both_ways) as service:
        port = env.free_port()
        taupe = start(sshd, "-o", "RekeyLimit=16M", "-o", "TaupePool=1",
                      "-L", f"127.0.0.1:{port}:127.0.0.1:{service.port}")
        taupe.wait_connected()
        clients = [threading.Thread(target=client, args=(port, number))
                   for number in range(CONNECTIONS)]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        env.wait_until(lambda: len(far) == CONNECTIONS or faults,
                       "the far ends")
    assert not faults, faults[:3]
    assert near == far
    assert "reconnecting" not in [e.get("state") for e in taupe.events]


@pytest.mark.sanitized
class TestHalfClose:
    """The end of one way leaves the other open, exactly."""

    @pytest.mark.parametrize("kind", ["-L", "-R"])
    def test_request_then_late_answer(self, sshd, start, kind):
        answer = os.urandom(300000)

        def late(connection):
            asked = peers.drain(connection)
            connection.sendall(answer)
            return asked

        question = os.urandom(300000)
        with peers.Service(late) as service:
            port = env.free_port()
            start(sshd, kind, f"127.0.0.1:{port}:127.0.0.1:{service.port}"
                  ).wait_connected()
            with peers.dial(port) as end:
                end.sendall(question)
                end.shutdown(socket.SHUT_WR)
                assert peers.read_all(end) == answer
            env.wait_until(lambda: service.results, "the service's end")
            assert service.results == [hashlib.sha256(question).hexdigest()]

    def test_far_end_closes_its_way_first(self, sshd, start):
        """The server's EOF arrives at once, what we send goes on."""
        def speak_first(connection):
            connection.sendall(b"bye")
            connection.shutdown(socket.SHUT_WR)
            return peers.drain(connection)

        with peers.Service(speak_first) as service:
            port = env.free_port()
            start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{service.port}"
                  ).wait_connected()
            with peers.dial(port) as end:
                assert peers.read_all(end) == b"bye"
                data = os.urandom(1 << 20)
                end.sendall(data)
                end.shutdown(socket.SHUT_WR)
                env.wait_until(lambda: service.results, "the service's end")
            assert service.results == [hashlib.sha256(data).hexdigest()]

    def test_reset_reaches_the_other_end(self, sshd, start):
        """A client that resets leaves no connection open over there."""
        with peers.Service(peers.drain) as service:
            port = env.free_port()
            start(sshd, "-L", f"127.0.0.1:{port}:127.0.0.1:{service.port}"
                  ).wait_connected()
            end = peers.dial(port)
            end.sendall(b"x")
            env.wait_until(lambda: service.seen, "the connection")
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                           b"\1\0\0\0\0\0\0\0")
            end.close()
            env.wait_until(lambda: service.results, "the service's end")
