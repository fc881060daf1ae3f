"""The demo, which the README begins with: in a pipe and on a terminal, by two
people at once, ended at every stage. Nothing of it may stay behind."""
import glob
import os
import shutil
import signal
import subprocess

import pytest

import console
import env
import taupe as driver

pytestmark = pytest.mark.taupe_only

DEMO = [env.ROOT / "scripts" / "demo", *driver.COMMAND]
ENDS_WELL = "All three types carried traffic; nothing of it is left running."
# What it shows, stage by stage.
STAGES = ["A private sshd", "server add", "add proxy", "up --all", "Local: ",
          "by HTTP CONNECT", "taupe ls", "The page: "]


@pytest.fixture
def place():
    """Where it keeps its things; a space is the least that a path may have."""
    folder = env.folder() / "with a space"
    folder.mkdir()
    yield folder
    env.remove(folder.parent)


def surroundings(place, **more):
    return {**os.environ, "TMPDIR": str(place), "LC_ALL": "C.UTF-8", **more}


def processes_of(place):
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read()
        except OSError:
            continue  # it ended
        if os.fsencode(place) in words:
            found.append(words)
    return found


def start(place, **more):
    return subprocess.Popen(
        DEMO, env=surroundings(place, **more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def nothing_is_left(place):
    assert sorted(map(str, place.rglob("*"))) == []
    env.wait_until(lambda: not processes_of(place),
                   lambda: f"the end of {processes_of(place)}")


def test_in_a_pipe_two_at_once(place):
    both = [start(place) for _ in range(2)]
    for demo in both:
        said, _ = demo.communicate(timeout=env.PATIENCE)
        assert demo.returncode == 0, said
        assert said.count("hello from port") == 4
        assert "/login#" in said
        assert said.rstrip().endswith(ENDS_WELL)
    nothing_is_left(place)


def test_in_french(place):
    demo = start(place, LC_ALL="fr_FR.UTF-8")
    said, _ = demo.communicate(timeout=env.PATIENCE)
    assert demo.returncode == 0, said
    assert "Serveur ajouté" in said and "port" in said
    assert said.rstrip().endswith("il n’en reste rien en marche.")


@pytest.mark.parametrize("number", [
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_ended_at_every_stage(place, number):
    for stage in STAGES:
        with start(place) as demo:
            said = ""
            for line in demo.stdout:
                said += line
                if stage in line:
                    break
            demo.send_signal(number)
            said += demo.communicate(timeout=env.PATIENCE)[0]
        assert "Traceback" not in said, said
        if demo.returncode != 0:  # or it was faster
            assert demo.returncode == 128 + number, said
            assert said.endswith("Stopped; nothing of it is left running.\n")
        nothing_is_left(place)


def test_on_a_terminal_it_stays_until_enter(place):
    with console.Console(DEMO, surroundings(place)) as terminal:
        terminal.wait_seen("until you press Enter")
        assert terminal.seen.count("/login#") == 1
        terminal.type("l")
        env.wait_until(lambda: terminal.read().count("/login#") == 2,
                       "another link")
        terminal.type("")
        assert terminal.wait() == 0
        assert ENDS_WELL in terminal.seen
    nothing_is_left(place)


def test_control_c_on_a_terminal(place):
    with console.Console(DEMO, surroundings(place)) as terminal:
        terminal.wait_seen("until you press Enter")
        terminal.send("\x03")
        assert terminal.wait() == 128 + signal.SIGINT
        assert "Traceback" not in terminal.seen
    nothing_is_left(place)


def test_what_is_missing_is_said(place):
    """A taupe that is none."""
    demo = subprocess.run(
        [DEMO[0], shutil.which("false")], env=surroundings(place), text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=env.PATIENCE,
        check=False)
    assert demo.returncode == 1 and "The demo failed: the daemon ended" \
        in demo.stdout
    nothing_is_left(place)
