"""taupe as the tests drive it: `taupe run --json`, its events, its end."""
import json
import os
import pty
import signal
import sys
import threading

import env

PROGRAM = os.environ.get("TAUPE", str(env.ROOT / "build" / "taupe"))
SHIM = PROGRAM == "ssh-shim"  # ssh in taupe's place, to test the tests
if SHIM:
    COMMAND = [sys.executable, env.HERE / "ssh_shim.py"]
else:
    COMMAND = [os.path.abspath(PROGRAM)]
SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer",
              "runtime error:")


class Taupe:
    """One `taupe run`. Everything it prints is in `folder`; `events` grows as it
    speaks. With `terminal` it gets a controlling terminal for its questions;
    `prefix` is a command that becomes taupe, as in `ip netns exec`."""

    def __init__(self, *words, environ=None, terminal=False, limits=None,
                 prefix=()):
        self.folder = env.folder()
        self.words = [str(word) for word in words]
        self.events = []
        self.broken = []
        self._stopped = False
        self.master = None
        clean = {name: value for name, value in os.environ.items()
                 if not name.startswith(("SSH_", "XDG_"))}
        clean |= {"HOME": str(self.folder), "LC_ALL": "C.UTF-8",
                  "XDG_CONFIG_HOME": str(self.folder / "config"),
                  "XDG_RUNTIME_DIR": str(self.folder), **(environ or {})}
        options = {}
        if limits is not None:
            options["preexec_fn"] = limits
        if terminal:
            self.master, slave = pty.openpty()
            name = os.ttyname(slave)

            def own_terminal():
                os.close(os.open(name, os.O_RDWR))

            options["preexec_fn"] = own_terminal
        reader, writer = os.pipe()
        try:
            self.process = env.Process(
                [*prefix, *COMMAND, "run", "--json", *self.words],
                self.folder / "stderr", stdout=writer, env=clean, **options)
        finally:
            os.close(writer)
            if terminal:
                os.close(slave)
        self.pid = self.process.pid
        self._reader = threading.Thread(target=self._read, args=(reader,))
        self._reader.start()

    def _read(self, reader):
        with os.fdopen(reader, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    self.events.append(json.loads(line))
                except ValueError:
                    self.broken.append(line)

    # What it said.

    def said(self):
        rows = [json.dumps(event) for event in self.events[-40:]]
        return "\n".join([f"taupe run {' '.join(self.words)}", *rows,
                          self.process.said()[-3000:]])

    def wait_event(self, match, timeout=None, since=0):
        """The first event at or after index `since` that match() likes."""
        def look():
            ended = not self.process.alive() and not self._reader.is_alive()
            found = next((e for e in self.events[since:] if match(e)), None)
            assert found or not ended, f"taupe ended:\n{self.said()}"
            return found
        return env.wait_until(look, lambda: f"an event:\n{self.said()}", timeout)

    def states(self):
        """The last known state of each forward, by name."""
        known = {}
        for event in list(self.events):
            if event.get("event") == "forward":
                known[event["forward"]] = event.get("state")
        return known

    def _wanted(self):
        return sum(word[:2] in ("-L", "-R", "-D") for word in self.words)

    def wait_connected(self, timeout=None):
        """Until every forward is connected; itself, for chaining."""
        def all_up():
            states = self.states()
            up = [s for s in states.values() if s == "connected"]
            assert self.process.alive() or len(up) == self._wanted(), \
                f"taupe ended:\n{self.said()}"
            return len(up) == self._wanted()
        env.wait_until(all_up, lambda: f"connected:\n{self.said()}", timeout)
        return self

    def wait_state(self, state, since=0, timeout=None):
        return self.wait_event(
            lambda e: e.get("event") == "forward" and e.get("state") == state,
            timeout, since)

    def listening(self, kind="local", nth=0):
        """The port that the nth forward of a type listens on, as it said."""
        heard = [event for event in self.events
                 if event.get("event") == "forward"
                 and event.get("type") == kind and event.get("listen")
                 and event.get("state") == "connected"]
        names = list(dict.fromkeys(event["forward"] for event in heard))
        last = [e for e in heard if e["forward"] == names[nth]][-1]
        return int(last["listen"].rpartition(":")[2])

    def codes(self):
        """The codes of all errors it named."""
        return [event["error"]["code"] for event in list(self.events)
                if event.get("error")]

    def wait_error(self, code, timeout=None):
        return self.wait_event(
            lambda e: (e.get("error") or {}).get("code") == code, timeout)

    # The terminal.

    def wait_asked(self, *needles, timeout=None):
        """Reads the terminal until one of the texts stands there."""
        os.set_blocking(self.master, False)
        seen = bytearray()

        def look():
            try:
                seen.extend(os.read(self.master, 4096))
            except (BlockingIOError, OSError):
                pass
            return any(needle.lower().encode() in bytes(seen).lower()
                       for needle in needles)
        env.wait_until(look, lambda: f"a question with {needles} in {seen!r}:\n"
                       f"{self.said()}", timeout)
        return seen.decode(errors="replace")

    def answer(self, line):
        os.write(self.master, f"{line}\n".encode())

    # Its end.

    def wait(self, timeout=None):
        """Its exit code, once it has ended by itself."""
        code = self.process.wait(timeout)
        self._reader.join(10)
        self.check()
        return code

    def check(self):
        """Nothing that no run may say."""
        text = self.process.said()
        for word in SANITIZERS:
            assert word not in text, text[-8000:]
        assert not self.broken, f"not JSON: {self.broken[:3]}"

    def stop(self, timeout=10, may_end=False):
        """SIGTERM must end it in order, soon and with 0. With `may_end` it may
        be about to end by itself."""
        if self._stopped:
            return
        self._stopped = True
        if not self.process.alive():
            code = self.wait()
            assert code >= 0, f"signal {-code}:\n{self.said()}"
            return
        self.process.child.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self._reader.join(10)
        self.check()
        assert code == 0 or may_end and code >= -15, \
            f"exit code {code} at SIGTERM:\n{self.said()}"

    def close(self):
        if self.process.alive():
            self.process.stop(signal.SIGKILL)
        self._reader.join(10)
        if self.master is not None:
            os.close(self.master)
            self.master = None
        env.remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.stop()
        finally:
            self.close()
