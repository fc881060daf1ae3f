"""A command on a terminal of its own, typed at as a person does."""
import os
import pty
import fcntl
import struct
import termios

import env


class Console:
    """One `taupe WORDS…` with a controlling terminal; what it shows grows in
    `seen`."""

    def __init__(self, command, environ, rows=24, columns=100):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))
        name = os.ttyname(slave)
        self.seen = ""
        self.folder = env.folder()

        def own_terminal():
            # Opened anew by the leader of a session: it is its terminal.
            for number in range(3):
                fd = os.open(name, os.O_RDWR)
                os.dup2(fd, number)
                if fd > 2:
                    os.close(fd)

        self.process = env.Process(
            command, self.folder / "log", env={"TERM": "xterm", **environ},
            stdout=slave, preexec_fn=own_terminal)
        os.close(slave)
        os.set_blocking(self.master, False)

    def read(self):
        try:
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        except OSError:
            pass  # nothing yet, or the other end is closed
        return self.seen

    def wait_seen(self, text, timeout=None, since=0):
        """`text`, past the first `since` letters that were seen."""
        def look():
            ended = not self.process.alive()
            found = text in self.read()[since:]
            assert found or not ended, f"{text} never shown:\n{self.seen}"
            return found
        env.wait_until(look, lambda: f"{text} in:\n{self.seen}", timeout)
        return self

    def type(self, line):
        return self.send(f"{line}\n")

    def send(self, keys):
        os.write(self.master, keys.encode())
        return self

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def wait(self, timeout=None):
        """Its exit code, once all that it showed is read."""
        env.wait_until(lambda: (self.read(), not self.process.alive())[1],
                       lambda: f"its end:\n{self.seen}", timeout)
        code = self.process.wait()
        self.read()
        return code

    def close(self):
        self.process.stop()
        os.close(self.master)
        env.remove(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
