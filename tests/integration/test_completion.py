"""The shells' completion scripts, run by the shells themselves."""
import os
import shutil
import subprocess

import pytest

import console
import daemon as driver
import env
import taupe


@pytest.fixture(scope="module")
def daemon():
    """With a server and two forwards, which nobody has to reach."""
    with driver.Daemon() as made:
        made.command("server", "add", "My VPS", "me@vps.example")
        made.command("add", "MySQL", "--server", "My VPS", "--type", "local",
                     "--local", "127.0.0.1:0", "--remote", "db:3306",
                     "--tag", "db")
        made.command("add", "Web dev", "--server", "My VPS", "--type",
                     "dynamic", "--local", "127.0.0.1:0")
        yield made


@pytest.fixture(scope="module")
def shell(daemon):
    """What a shell needs: `taupe` in PATH, the daemon's places, the scripts."""
    folder = env.folder()
    (folder / "taupe").write_text(
        f'#!/bin/sh\nexec "{os.path.abspath(taupe.COMMAND[0])}" "$@"\n')
    (folder / "taupe").chmod(0o755)
    environ = {**daemon.environ, "LC_ALL": "C.UTF-8",
               "PATH": f"{folder}:{os.environ['PATH']}",
               "TAUPE_STATE": str(daemon.state),
               "TAUPE_SOCKET": str(daemon.socket)}
    for name in ("bash", "fish", "zsh"):
        script = daemon.command("completion", name)[1]
        (folder / f"taupe.{name}").write_text(script)
    yield folder, environ
    env.remove(folder)


def needs(name):
    return pytest.mark.skipif(shutil.which(name) is None,
                              reason=f"{name} is not installed")


CASES = [
    ([""], {"add", "up", "server", "top", "version"}, {"keyring", "__complete"}),
    (["u"], {"up"}, {"down"}),
    (["up", ""], {"MySQL", "Web dev"}, {"My VPS"}),
    (["up", "M"], {"MySQL"}, {"Web dev"}),
    (["up", "--t"], {"--tag", "--timeout"}, {"--all"}),
    (["ls", "--tag", ""], {"db"}, {"MySQL"}),
    (["add", "x", "--type", ""], {"local", "remote", "dynamic"}, {"MySQL"}),
    (["add", "x", "--server", ""], {"My VPS"}, {"MySQL"}),
    (["server", ""], {"add", "edit", "test"}, {"My VPS"}),
    (["server", "edit", ""], {"My VPS"}, {"add"}),
    (["--lang", "fr", "do"], {"down", "doctor"}, {"up"}),
    (["completion", ""], {"bash", "fish", "zsh"}, set()),
]


@needs("bash")
@pytest.mark.parametrize("words,some,none", CASES)
def test_bash(shell, words, some, none):
    folder, environ = shell
    said = subprocess.run(
        ["bash", "--norc", "-c",
         'source "$0"; COMP_WORDS=(taupe "$@"); COMP_CWORD=$#; _taupe; '
         'printf "%s\\n" "${COMPREPLY[@]//\\\\/}"',
         folder / "taupe.bash", *words],
        env=environ, text=True, capture_output=True, timeout=env.PATIENCE)
    assert said.stderr == ""
    offered = set(said.stdout.splitlines())
    assert some <= offered and not none & offered, offered


@needs("fish")
@pytest.mark.parametrize("words,some,none", CASES)
def test_fish(shell, words, some, none):
    folder, environ = shell
    line = " ".join(["taupe", *words])
    said = subprocess.run(
        ["fish", "--no-config", "-c",
         f"source {folder / 'taupe.fish'}; complete -C '{line}'"],
        env={**environ, "XDG_DATA_HOME": str(folder)}, text=True,
        capture_output=True, timeout=env.PATIENCE)
    assert said.stderr == ""
    offered = {one.partition("\t")[0] for one in said.stdout.splitlines()}
    assert some <= offered and not none & offered, offered


@needs("zsh")
def test_zsh(shell):
    folder, environ = shell
    start = (f"autoload -U compinit; compinit -u -d {folder}/dump; "
             f"source {folder}/taupe.zsh; PS1='ready''> '")
    with console.Console(["zsh", "-f", "-i"], environ) as zsh:
        zsh.type(start).wait_seen("ready> ")
        # One that is left is put there, then it is run.
        for typed, whole in (("taupe rest\t", "restart"),
                             ("taupe show M\t", "MySQL"),
                             ("taupe show W\t", "Web\\ dev"),
                             ("taupe add x --server M\t", "My\\ VPS"),
                             ("taupe add x --type dyn\t", "dynamic"),
                             ("taupe server edit M\t", "My\\ VPS"),
                             ("taupe ls --tag d\t", "db")):
            at = len(zsh.read())
            zsh.send(typed)
            zsh.wait_seen(whole, since=at)
            zsh.send("\x15")
        zsh.type("exit")
        zsh.wait()


def test_silence_without_a_daemon(folder):
    """Nothing is said, nothing is started."""
    environ = {**os.environ, "HOME": str(folder),
               "TAUPE_STATE": str(folder / "state"),
               "TAUPE_SOCKET": str(folder / "socket")}
    for kind in ("forwards", "tags", "connections", "no such"):
        said = subprocess.run([*taupe.COMMAND, "__complete", kind, "x"],
                              env=environ, capture_output=True,
                              timeout=env.PATIENCE)
        assert (said.returncode, said.stdout, said.stderr) == (0, b"", b"")
    assert not (folder / "state").exists()
