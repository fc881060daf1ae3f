"""A machine that sleeps, as a daemon of the test's own sees it: its clocks jump
and the kernel says so (clock_shift.c). The machine's clocks stay as they are."""
import os
import shutil
import struct
import subprocess

import env

SOURCE = env.HERE / "clock_shift.c"


def why_not():
    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        return "needs a C compiler"
    return None


class Clock:
    """`environ` is for the daemon."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.fifo = folder / "clock.set"
        self.boot_s = self.wall_s = 0
        os.mkfifo(self.fifo)
        self.write()
        library = folder / "clock.so"
        compiler = next(filter(shutil.which, ("cc", "gcc", "clang")))
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library,
                        SOURCE, "-ldl"], check=True)
        self.environ = {"LD_PRELOAD": str(library),
                        "TAUPE_TEST_CLOCK": str(self.path)}

    def write(self):
        """In place: it is mapped."""
        flags = os.O_WRONLY | os.O_CREAT
        with open(os.open(self.path, flags, 0o600), "wb") as clock:
            clock.write(struct.pack("qq", self.boot_s, self.wall_s))

    def tell(self):
        with open(self.fifo, "r+b", buffering=0) as fifo:
            fifo.write(b"x")

    def sleep(self, seconds):
        """The machine slept for so long, and wakes up."""
        self.boot_s += seconds
        self.set(seconds)

    def set(self, seconds):
        """Somebody puts the clock of the day forward, or back."""
        self.wall_s += seconds
        self.write()
        self.tell()
