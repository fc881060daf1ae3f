"""A small SSH server's transport and connection layer: curve25519-sha256,
ssh-ed25519, aes128-gcm or aes128-ctr with hmac-sha2-256, any user admitted, every
channel an echo. Each step is a method, so that a scenario can leave one out, do it
twice or do it wrong."""
import base64
import contextlib
import hashlib
import hmac
import os
import socket
import struct
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers import (Cipher, algorithms, aead,
                                                    modes)

from hostile import wire
from hostile.wire import Reader, message, mpint, string, u32

VERSION = b"SSH-2.0-Hostile_1.0"
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
WINDOW = 2 << 20
SUITES = {"gcm": "aes128-gcm@openssh.com", "ctr": "aes128-ctr"}


class Gcm:
    """RFC 5647: the length is in the clear, the nonce counts packets."""

    align_from = 4
    tag = 16

    def __init__(self, key, iv):
        self.key = aead.AESGCM(key)
        self.fixed, self.count = iv[:4], struct.unpack(">Q", iv[4:12])[0]

    def _nonce(self):
        nonce = self.fixed + struct.pack(">Q", self.count)
        self.count = (self.count + 1) & (2**64 - 1)
        return nonce

    def seal(self, _, packet):
        return packet[:4] + self.key.encrypt(
            self._nonce(), packet[4:], packet[:4])

    def open(self, _, read):
        length = read(4)
        body = read(struct.unpack(">I", length)[0] + 16)
        return self.key.decrypt(self._nonce(), body, length)


class Ctr:
    """RFC 4344 with a MAC over the sequence number and the plain packet."""

    align_from = 0
    tag = 32

    def __init__(self, key, iv, mac):
        cipher = Cipher(algorithms.AES(key), modes.CTR(iv))
        self.seal_stream, self.open_stream = cipher.encryptor(), \
            cipher.decryptor()
        self.mac = mac

    def _sum(self, sequence, packet):
        return hmac.digest(self.mac, u32(sequence) + packet, "sha256")

    def seal(self, sequence, packet):
        return self.seal_stream.update(packet) + self._sum(sequence, packet)

    def open(self, sequence, read):
        first = self.open_stream.update(read(16))
        left = struct.unpack(">I", first[:4])[0] - 12
        packet = first + self.open_stream.update(read(left))
        assert read(32) == self._sum(sequence, packet), "wrong MAC"
        return packet[4:]


class Session:
    """One connection. `sends` and `reads` are sequence numbers."""

    def __init__(self, connection, key, suite="gcm", strict=True):
        self.socket = connection
        self.key = key
        self.suite = suite
        self.strict = strict
        self.sealer = self.opener = None
        self.sends = self.reads = 0
        self.session_id = None
        self.client_version = b""
        self.ours = self.theirs = b""
        self.closed = set()  # channels that we closed and taupe has not yet
        self.lock = threading.RLock()

    # Bytes and packets.

    def raw(self, data):
        self.socket.sendall(data)

    def exactly(self, count):
        got = bytearray()
        while len(got) < count:
            more = self.socket.recv(count - len(got))
            if not more:
                raise ConnectionError("taupe went")
            got += more
        return bytes(got)

    def packet(self, payload):
        """The packet of a payload, before sealing."""
        skip = self.sealer.align_from if self.sealer else 0
        block = 16 if self.sealer else 8
        size = 5 + len(payload) - skip
        padding = block - size % block
        if padding < 4:
            padding += block
        return (u32(1 + len(payload) + padding) + bytes([padding]) + payload
                + os.urandom(padding))

    def sealed(self, payload):
        packet = self.packet(payload)
        if self.sealer:
            packet = self.sealer.seal(self.sends, packet)
        self.sends = (self.sends + 1) & 0xffffffff
        return packet

    def send(self, *parts):
        payload = parts[0] if isinstance(parts[0], bytes) else message(*parts)
        with self.lock:
            self.raw(self.sealed(payload))

    def receive(self):
        if self.opener:
            body = self.opener.open(self.reads, self.exactly)
        else:
            body = self.exactly(struct.unpack(">I", self.exactly(4))[0])
        self.reads = (self.reads + 1) & 0xffffffff
        return body[1:len(body) - body[0]]

    def expect(self, *kinds):
        """The next message of one of the kinds; others are passed over."""
        while True:
            payload = self.receive()
            if payload[0] in kinds:
                return payload

    # The handshake, step by step.

    def versions(self):
        self.raw(VERSION + b"\r\n")
        line = b""
        while not line.endswith(b"\n"):
            line += self.exactly(1)
        self.client_version = line.rstrip(b"\r\n")

    def offer(self, **changes):
        """Our KEXINIT's payload; `changes` replace name-lists."""
        kex = "curve25519-sha256,curve25519-sha256@libssh.org"
        if self.strict and self.session_id is None:
            kex += ",kex-strict-s-v00@openssh.com"
        lists = {"kex": kex, "host_key": "ssh-ed25519",
                 "cipher": SUITES[self.suite], "mac": "hmac-sha2-256",
                 "compression": "none", **changes}
        names = [lists["kex"], lists["host_key"],
                 *[lists[name] for name in ("cipher", "mac", "compression")
                   for _ in range(2)], "", ""]
        return (bytes([wire.KEXINIT]) + os.urandom(16)
                + b"".join(map(string, names)) + b"\0" + u32(0))

    def kexinit(self):
        self.ours = self.offer()
        self.send(self.ours)
        self.theirs = self.expect(wire.KEXINIT)

    def host_blob(self):
        return string("ssh-ed25519") + string(self.key.public_key()
                                              .public_bytes(*RAW))

    def reply(self, blob=None, point=None, signature=None):
        """Answers the client's curve point; the arguments replace what is
        right. Leaves the new keys in `self.next`."""
        reader = Reader(self.expect(wire.ECDH_INIT)[1:])
        theirs = reader.string()
        secret = x25519.X25519PrivateKey.generate()
        ours = secret.public_key().public_bytes(*RAW)
        shared = mpint(int.from_bytes(secret.exchange(
            x25519.X25519PublicKey.from_public_bytes(theirs)), "big"))
        digest = hashlib.sha256(
            b"".join(map(string, (self.client_version, VERSION, self.theirs,
                                  self.ours, self.host_blob(), theirs, ours)))
            + shared).digest()
        self.session_id = self.session_id or digest
        signed = string("ssh-ed25519") + string(self.key.sign(digest))
        self.next = (shared, digest)
        self.send(wire.ECDH_REPLY, string(blob or self.host_blob()),
                  string(ours if point is None else point),
                  string(signature or signed))

    def derive(self, letter, size):
        shared, digest = self.next
        return hashlib.sha256(shared + digest + letter
                              + self.session_id).digest()[:size]

    def direction(self, iv, key, mac):
        if self.suite == "gcm":
            return Gcm(self.derive(key, 16), self.derive(iv, 12))
        return Ctr(self.derive(key, 16), self.derive(iv, 16),
                   self.derive(mac, 32))

    def newkeys(self, reset=True):
        with self.lock:
            self.send(wire.NEWKEYS)
            self.sealer = self.direction(b"B", b"D", b"F")
            if self.strict and reset:
                self.sends = 0
        self.expect(wire.NEWKEYS)
        self.opener = self.direction(b"A", b"C", b"E")
        if self.strict:
            self.reads = 0

    def handshake(self):
        self.versions()
        self.kexinit()
        self.reply()
        self.newkeys()

    def service(self):
        self.expect(wire.SERVICE_REQUEST)
        self.send(wire.SERVICE_ACCEPT, "ssh-userauth")

    def admit(self):
        self.handshake()
        self.service()
        self.expect(wire.AUTH_REQUEST)
        self.send(wire.AUTH_SUCCESS)

    # The connection layer: everything is an echo.

    def open_channel(self):
        """Waits for taupe's next channel and confirms it; its number there.
        Ours is the same."""
        while True:
            payload = self.receive()
            if payload[0] == wire.OPEN:
                reader = Reader(payload[1:])
                reader.string()
                number = reader.u32()
                self.send(wire.OPEN_CONFIRMATION, number, number, WINDOW, 32768)
                return number
            self.handle(payload)

    def serve(self):
        """Does what a good server does, until the end."""
        while True:
            self.handle(self.receive())

    def handle(self, payload):
        kind, reader = payload[0], Reader(payload[1:])
        if kind == wire.GLOBAL_REQUEST:
            self.on_global(reader.string(), bool(reader.u8()), reader)
        elif kind == wire.OPEN:
            reader.string()
            number = reader.u32()
            self.send(wire.OPEN_CONFIRMATION, number, number, WINDOW, 32768)
        elif kind == wire.DATA:
            number, data = reader.u32(), reader.string()
            if number in self.closed:
                return  # it was on its way when we closed
            self.send(wire.WINDOW_ADJUST, number, len(data))
            self.send(wire.DATA, number, string(data))
        elif kind == wire.EOF:
            number = reader.u32()
            if number in self.closed:
                return
            self.closed.add(number)
            self.send(wire.EOF, number)
            self.send(wire.CLOSE, number)
        elif kind == wire.CLOSE:
            number = reader.u32()
            if number not in self.closed:
                self.send(wire.CLOSE, number)
            self.closed.discard(number)
        elif kind == wire.PING:
            self.send(wire.PONG, string(reader.string()))
        elif kind == wire.KEXINIT:
            self.theirs = payload
            self.ours = self.offer()
            self.send(self.ours)
            self.reply()
            self.newkeys()
        elif kind == wire.DISCONNECT:
            raise ConnectionError("taupe disconnects")

    def on_global(self, name, wants_reply, _):
        if wants_reply:
            self.send(wire.REQUEST_SUCCESS if name == b"tcpip-forward"
                      else wire.REQUEST_FAILURE)


class Server:
    """Runs a scenario, a function of a Session, for each connection."""

    def __init__(self, scenario, known_hosts):
        self.key = ed25519.Ed25519PrivateKey.generate()
        self.scenario = scenario
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.faults = []
        self.open = set()
        blob = string("ssh-ed25519") + string(
            self.key.public_key().public_bytes(*RAW))
        known_hosts.write_text(f"[127.0.0.1]:{self.port} ssh-ed25519 "
                               f"{base64.b64encode(blob).decode()}\n")
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        session = Session(connection, self.key, **self.scenario.options)
        try:
            with connection:
                self.scenario(session)
        except OSError:
            pass  # taupe hung up, as it should sooner or later
        except Exception as fault:  # pylint: disable=broad-except
            self.faults.append(fault)
        finally:
            self.open.discard(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in list(self.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
