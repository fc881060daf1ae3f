"""What people start by hand, when it is interrupted or started twice."""
import os
import signal
import subprocess
import sys

import pytest

import env

pytestmark = pytest.mark.taupe_only

# scripts/test with other steps: one that starts another and waits for it.
STEPS = """
import importlib.machinery, importlib.util, pathlib, sys
loader = importlib.machinery.SourceFileLoader("steps", sys.argv[1])
spec = importlib.util.spec_from_loader("steps", loader)
steps = importlib.util.module_from_spec(spec)
loader.exec_module(steps)
steps.LOGS = pathlib.Path(sys.argv[2]) / "logs"
steps.script = lambda *_: steps.run(
    "step", ["sh", "-c", "sleep 1000 & echo $! $$ >'%s/pids'; wait"
             % sys.argv[2]], 1000)
sys.exit(steps.main())
"""


@pytest.fixture
def place():
    folder = env.folder()
    yield folder
    env.remove(folder)


@pytest.fixture
def script(place):
    """A copy: the tests themselves may run under the tree's own."""
    copy = place / "scripts" / "test"
    copy.parent.mkdir()
    copy.write_bytes((env.ROOT / "scripts" / "test").read_bytes())
    return copy


def is_there(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_run_of_the_tests_that_is_interrupted(place, script, number):
    run = subprocess.Popen([sys.executable, "-B", "-c", STEPS, script, place],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    pids = place / "pids"
    env.wait_until(lambda: pids.exists() and pids.read_text().endswith("\n"),
                   "the step")
    again = subprocess.run([sys.executable, "-B", script], text=True,
                           capture_output=True, check=False, timeout=30)
    assert again.returncode == 1 and "another one runs" in again.stderr
    run.send_signal(number)
    said, _ = run.communicate(timeout=env.PATIENCE)
    assert run.returncode == 128 + number and b"Traceback" not in said, said
    env.wait_until(lambda: not any(map(is_there, pids.read_text().split())),
                   "the end of the step and of what it started")


def test_packages_are_named_where_nobody_may_install(place):
    """As a user without sudo."""
    tools = {"apt-get": "exit 1", "dpkg-query": "exit 1", "id": "echo 1000"}
    for name, does in tools.items():
        (place / name).write_text(f"#!{env.tool('sh')}\n{does}\n")
        (place / name).chmod(0o700)
    done = subprocess.run(
        [env.tool("sh"), env.ROOT / "scripts/deps", "lint"], cwd="/",
        env={"PATH": str(place)}, text=True, capture_output=True, check=False)
    assert done.returncode == 1
    assert "deps: run as root: apt-get install " in done.stderr
    for package in ("mandoc", "clang-tidy", "libuv1-dev"):
        assert package in done.stderr


def test_a_purpose_that_is_none(place):
    done = subprocess.run([env.ROOT / "scripts/deps", "beer"], text=True,
                          capture_output=True, check=False, cwd=place)
    assert done.returncode == 2 and done.stderr.startswith("usage: ")
    assert os.listdir(place) == []
