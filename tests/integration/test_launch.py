"""A daemon that commands start, while another one leaves its place."""
import json
import os
import subprocess
import sys

import pytest

import env
import taupe as driver

pytestmark = pytest.mark.taupe_only

# Holds the folder as a daemon does that has closed its socket: until its input
# ends.
LEAVER = """
import fcntl, os, sys
with open(sys.argv[1], "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    lock.write(f"{os.getpid()}\\n{sys.argv[2]}\\n")
    lock.flush()
    print("held", flush=True)
    sys.stdin.read()
"""


def files(pid):
    """What the process has open."""
    folder = f"/proc/{pid}/fd"
    try:
        return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]
    except FileNotFoundError:
        return []


def test_the_next_daemon_waits_for_the_last_one():
    folder = env.folder()
    state, socket = folder / "state", folder / "state" / "taupe.sock"
    state.mkdir(mode=0o700)
    environ = {"LC_ALL": "C.UTF-8", "HOME": str(folder),
               "PATH": os.environ["PATH"], "TAUPE_STATE": str(state),
               "TAUPE_DEBUG": os.environ.get("TAUPE_DEBUG", "")}

    def taupe(*words):
        return subprocess.Popen(
            [*driver.COMMAND, *words], env=environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    with subprocess.Popen(
            [sys.executable, "-c", LEAVER, str(state / "lock"), str(socket)],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as leaver:
        assert leaver.stdout.readline() == "held\n"
        with taupe("ls", "--json") as listed:
            env.wait_until(
                lambda: any("pidfd" in name for name in files(listed.pid))
                or listed.poll() is not None, "the command's wait")
            leaver.stdin.close()
            said = listed.stdout.read()
        assert (listed.returncode, said) == (0, "[]\n")
    # Its end is the end of all that it held, too.
    with taupe("status", "--json") as status:
        pid = json.loads(status.stdout.read())["pid"]
    with taupe("shutdown") as ending:
        assert ending.wait(env.PATIENCE) == 0
    assert not files(pid)
    with taupe("ls", "--json") as listed:
        assert listed.stdout.read() == "[]\n"
    with taupe("shutdown") as ending:
        assert ending.wait(env.PATIENCE) == 0
