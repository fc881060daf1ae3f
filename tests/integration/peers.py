"""The ends of the tunnels: small TCP and Unix services, and clients for them."""
import contextlib
import hashlib
import os
import socket
import subprocess
import threading

import env


class Service:
    """Accepts on loopback (or a Unix socket) and runs `talk(connection)` in a
    thread for each. What `talk` returns or raises is kept in `results`."""

    def __init__(self, talk, path=None, host="127.0.0.1", port=0, backlog=512):
        self.talk = talk
        self.results = []
        self.seen = 0
        self._open = set()
        if path is not None:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(str(path))
        else:
            self.socket = socket.socket(
                socket.AF_INET6 if ":" in host else socket.AF_INET)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind((host, port))
            self.port = self.socket.getsockname()[1]
        self.socket.listen(backlog)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            self.seen += 1
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,),
                             daemon=True).start()

    def _serve(self, connection):
        try:
            with connection:
                self.results.append(self.talk(connection))
        except OSError as error:
            self.results.append(error)
        finally:
            self._open.discard(connection)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Datagrams:
    """A Unix socket that takes messages, as a service manager's."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(env.PATIENCE)

    def wait(self, line):
        """The lines of the next message that has this one."""
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if line in lines:
                return lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def echo(connection):
    """Sends back what comes, then its own end."""
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def sink(connection):
    """Reads to the end, answers with the SHA-256 in hex."""
    digest = drain(connection)
    connection.sendall(digest.encode())
    return digest


def hello(connection):
    connection.sendall(b"hello\n")


def read_head(connection):
    """The lines of an HTTP request without a body, empty at the end."""
    request = b""
    while b"\r\n\r\n" not in request:
        data = connection.recv(4096)
        if not data:
            return []
        request += data
    return request.split(b"\r\n")


def web(connection):
    """Answers one HTTP request with its own request line."""
    lines = read_head(connection)
    if not lines:
        return
    line = lines[0]
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(line), line))


def drain(connection):
    digest = hashlib.sha256()
    room = bytearray(1 << 18)
    while count := connection.recv_into(room):
        digest.update(memoryview(room)[:count])
    return digest.hexdigest()


def dial(address, timeout=None):
    """Connects to a port of 127.0.0.1, (host, port) or a Unix socket's path."""
    if isinstance(address, int):
        address = ("127.0.0.1", address)
    if isinstance(address, tuple):
        return socket.create_connection(address, timeout or env.PATIENCE)
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(timeout or env.PATIENCE)
    end.connect(str(address))
    return end


def dial_in_vain(address):
    """Connects, and waits for the end; a reset may come before connect()
    itself has returned."""
    with contextlib.suppress(ConnectionResetError), dial(address) as end:
        assert ended(end)


def round_trip(address, data=None, timeout=None):
    """Sends through, to an echo service, and compares what comes back."""
    data = data if data is not None else os.urandom(4096)
    with dial(address, timeout) as end:
        sender = threading.Thread(target=_send_all, args=(end, data))
        sender.start()
        got = bytearray()
        while more := end.recv(65536):
            got += more
        sender.join()
    assert bytes(got) == data, f"{len(got)} of {len(data)} bytes came back"


def _send_all(end, data):
    with contextlib.suppress(OSError):
        end.sendall(data)
        end.shutdown(socket.SHUT_WR)


def read_all(end):
    got = bytearray()
    while more := end.recv(65536):
        got += more
    return bytes(got)


def read_exactly(end, count):
    got = bytearray()
    while len(got) < count:
        more = end.recv(count - len(got))
        assert more, f"the end after {bytes(got)!r}"
        got += more
    return bytes(got)


def ended(end):
    """Waits for the other side to end a connection, softly or by a reset."""
    try:
        return end.recv(1) == b""
    except ConnectionResetError:
        return True


def curl(url, *options, timeout=None):
    """What curl fetched; its own proxies from the environment are off."""
    clean = {name: value for name, value in os.environ.items()
             if not name.lower().endswith("_proxy")}
    return subprocess.run(
        ["curl", "-sS", "--fail", "--max-time", str(timeout or env.PATIENCE),
         *options, url],
        capture_output=True, text=True, env=clean, check=False)
