"""`taupe daemon` as the tests drive it: its own state folder, socket and port;
its API over the Unix socket, over TCP with a token or a cookie, and live."""
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading

import env
import taupe as driver


class Problem(AssertionError):
    """An answer of the API that says what is wrong."""

    def __init__(self, answer):
        super().__init__(f"{answer.status} {answer.text}")
        self.answer = answer
        self.status = answer.status
        self.code = answer.json.get("code") if answer.json else None


class Answer:
    """What came back: status, headers (lower case), bytes, text, JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body
        self.text = body.decode(errors="replace")
        self.json = None
        if body and "json" in self.headers.get("content-type", ""):
            self.json = json.loads(body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=None):
        super().__init__("taupe", timeout=timeout or env.PATIENCE)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, headers=None):
    """One request; `body` is JSON unless it is bytes."""
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return Answer(answer.status, answer.getheaders(), answer.read())


class Daemon:
    """One `taupe daemon`, waited for until it answers. Everything of it is in
    `folder`; a restart with restart() finds the same state again."""

    def __init__(self, *words, listen="127.0.0.1:0", environ=None, prefix=(),
                 folder=None, limits=None, wait=True):
        self.own_folder = folder is None
        self.folder = folder or env.folder()
        self.state = self.folder / "state"
        self.socket = self.folder / "taupe.sock"
        self.words = [str(word) for word in words]
        self.prefix = list(prefix)
        self.listen = listen
        self.limits = limits
        self.environ = {name: value for name, value in os.environ.items()
                        if not name.startswith(("DBUS_", "SSH_", "XDG_",
                                                "TAUPE_", "LANGUAGE"))}
        self.environ |= {
            "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_STATE_HOME": str(self.folder / "xdg-state"),
            "XDG_RUNTIME_DIR": str(self.folder), **(environ or {})}
        self.process = None
        self.start(wait)

    # Life.

    def start(self, wait=True):
        options = {}
        if self.limits is not None:
            options["preexec_fn"] = self.limits
        listen = ["--listen", self.listen] if self.listen else []
        self.process = env.Process(
            [*self.prefix, *driver.COMMAND, "daemon", "--state", self.state,
             "--socket", self.socket, *listen, *self.words],
            self.folder / "daemon.log", env=self.environ, **options)
        self.pid = self.process.pid
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=None):
        """Until it answers on its socket."""
        def answers():
            assert self.process.alive(), f"taupe ended:\n{self.said()}"
            try:
                return self.ask("GET", "/healthz").status == 200
            except (OSError, http.client.HTTPException):
                return False
        env.wait_until(answers, lambda: f"the daemon:\n{self.said()}", timeout)
        return self

    def said(self):
        return self.process.said()[-5000:]

    def stop(self):
        """In good order; its exit code. The folder stays until close()."""
        return self.process.stop()

    def kill(self):
        """As a power cut would."""
        self.process.stop(signal.SIGKILL)

    def restart(self, how="stop"):
        getattr(self, how)()
        return self.start()

    def close(self):
        code = self.stop()
        said = self.process.said()
        if self.own_folder:
            env.remove(self.folder)
        for word in driver.SANITIZERS:
            assert word not in said, said[-8000:]
        return code

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    # The API over the Unix socket.

    def connection(self, timeout=None):
        return UnixConnection(self.socket, timeout)

    def ask(self, method, path, body=None, headers=None):
        """Any path, any answer."""
        connection = self.connection()
        try:
            return ask(connection, method, path, body, headers)
        finally:
            connection.close()

    def api(self, method, path, body=None, headers=None):
        """The JSON of an answer under /api/v1 that is none of trouble."""
        answer = self.ask(method, "/api/v1" + path, body, headers)
        if answer.status >= 400:
            raise Problem(answer)
        return answer.json

    def refuses(self, method, path, body=None, headers=None):
        """The problem of an answer that is one."""
        answer = self.ask(method, "/api/v1" + path, body, headers)
        assert answer.status >= 400, f"{answer.status} {answer.text}"
        return Problem(answer)

    # What tests of tunnels want most.

    def add_server(self, name, host, port, **fields):
        return self.api("POST", "/servers",
                        {"name": name, "host": host, "port": port, **fields})

    def add_forward(self, name, server, kind="local", local=None, remote=None,
                    start=False, **fields):
        body = {"name": name, "server": server, "type": kind, **fields}
        if local is not None:
            body["local"] = local
        if remote is not None:
            body["remote"] = remote
        return self.api("POST", f"/forwards{'?start=1' if start else ''}", body)

    def forward(self, name):
        found = self.api("GET", f"/forwards?name={name}")
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def wait_state(self, name, state, timeout=None):
        """The forward once it is in that state (or one of them)."""
        wanted = (state,) if isinstance(state, str) else state

        def look():
            forward = self.forward(name)
            return forward if forward["state"] in wanted else None
        return env.wait_until(
            look, lambda: f"{name} {wanted}: {self.forward(name)}\n"
                          f"{self.said()}", timeout)

    # The command line on this daemon.

    def command(self, *words, code=None, text=None, environ=None):
        """`taupe WORDS…`: (exit code, stdout, stderr)."""
        done = subprocess.run(
            [*driver.COMMAND, *map(str, words)], text=True, input=text or "",
            capture_output=True, timeout=env.PATIENCE * 2,
            env={**self.environ, "TAUPE_STATE": str(self.state),
                 "TAUPE_SOCKET": str(self.socket), **(environ or {})})
        assert code is None or done.returncode == code, \
            f"taupe {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.returncode, done.stdout, done.stderr

    # TCP.

    def address(self):
        """(host, port) of the page."""
        host, _, port = self.api("GET", "/status")["listen"].rpartition(":")
        return host.strip("[]"), int(port)

    def tcp(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(
            *self.address(), timeout=env.PATIENCE)
        try:
            return ask(connection, method, path, body, headers)
        finally:
            connection.close()

    def token(self, scope="write", name=None):
        """A new token's text."""
        return self.api("POST", "/tokens", {
            "name": name or f"{scope}-{os.urandom(4).hex()}",
            "scope": scope})["token"]

    def browser(self):
        return Browser(self)

    def stream(self, **options):
        return Stream(self, **options)


class Browser:
    """A page that has logged in: the cookie, its mark (X-Taupe) and Origin."""

    def __init__(self, daemon, log_in=True):
        self.daemon = daemon
        self.host, self.port = daemon.address()
        self.origin = f"http://{self.host}:{self.port}"
        self.cookie = None  # "name=value"
        self.mark = None
        if log_in:
            answer = self.log_in(self.link())
            assert answer.status == 204, answer.text

    def link(self):
        url = self.daemon.api("POST", "/login-links")["url"]
        return url.partition("#")[2]

    def log_in(self, code, **fields):
        answer = self.ask("POST", "/api/v1/login", {"code": code, **fields})
        found = re.match(r"(taupe_[0-9a-f]{8}=[^;]+)",
                         answer.headers.get("set-cookie", ""))
        if found:
            self.cookie = found.group(1)
            self.mark = answer.headers["x-taupe"]
        return answer

    def ask(self, method, path, body=None, headers=None):
        sent = {"Origin": self.origin, "X-Taupe": self.mark or "none"}
        if self.cookie:
            sent["Cookie"] = self.cookie
        sent |= headers or {}
        sent = {name: value for name, value in sent.items()
                if value is not None}
        return self.daemon.tcp(method, path, body, sent)


class Stream:
    """A reader of the live stream; `messages` grows: (id, event, data)."""

    def __init__(self, daemon, last_id=None, lang=None, headers=None,
                 connection=None):
        self.messages = []
        self.comments = 0
        self.ended = False
        self.connection = connection or daemon.connection(timeout=120)
        sent = dict(headers or {})
        if last_id:
            sent["Last-Event-ID"] = last_id
        self.connection.request(
            "GET", "/api/v1/stream" + (f"?lang={lang}" if lang else ""),
            headers=sent)
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        event, data, last_id = "message", [], None
        try:
            for line in self.answer:
                line = line.decode().rstrip("\n")
                if line == "":
                    if data:
                        self.messages.append(
                            (last_id, event, json.loads("\n".join(data))))
                    event, data = "message", []
                elif line.startswith(":"):
                    self.comments += 1
                else:
                    name, _, value = line.partition(": ")
                    if name == "event":
                        event = value
                    elif name == "data":
                        data.append(value)
                    elif name == "id":
                        last_id = value
        except (OSError, ValueError, http.client.HTTPException,
                AttributeError):
            pass
        self.ended = True

    def wait(self, event, match=lambda data: True, since=0, timeout=None):
        """The first message of that kind that match() likes."""
        def look():
            found = next((m for m in self.messages[since:]
                          if m[1] == event and match(m[2])), None)
            assert found or not self.ended, f"the stream ended: {self.messages}"
            return found
        return env.wait_until(
            look, lambda: f"{event}: {self.messages[-20:]}", timeout)

    def last_id(self):
        return self.messages[-1][0]

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(env.PATIENCE)
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
