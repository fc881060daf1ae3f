"""The program starts, says how it is used, and refuses what is not."""
import json
import subprocess

import pytest

import env
import taupe as driver


def test_version():
    done = subprocess.run([*driver.COMMAND, "--version"], capture_output=True,
                          text=True, check=False)
    assert done.stdout.startswith("taupe ")


@pytest.mark.parametrize("words", [
    [], ["-L", "1:a:1", "host"], ["--lang"], ["--lang", "xx", "run"], ["runn"],
    ["help", "runn"], ["run"], ["run", "host"], ["run", "-D"],
    ["run", "-D", "1080", "--nonsense", "host"]])
def test_wrong_usage_is_exit_2(words):
    done = subprocess.run([*driver.COMMAND, *words], capture_output=True,
                          text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert done.stderr.startswith("taupe: ") or not words


@pytest.mark.parametrize("words", [
    ["help"], ["--help"], ["-h"], ["help", "run"], ["run", "--help"],
    ["run", "-h"], ["version", "--help"], ["help", "--help"]])
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_help_is_for_narrow_terminals(words, lang):
    done = subprocess.run([*driver.COMMAND, "--lang", lang, *words],
                          capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0 and not done.stderr
    assert "taupe" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def helped():
    """Each command that has a help of its own."""
    keys = json.loads((env.ROOT / "lang/en.json").read_text())
    return sorted(key[5:] for key in keys if key.startswith("help.")
                  and key not in ("help.main", "help.keyring"))


@pytest.mark.parametrize("lang,usage,example", [
    ("en", "Usage: taupe ", "Example"), ("fr", "Usage\u00a0: taupe ", "Exemple")])
def test_every_help_has_one_form(lang, usage, example):
    """How it is used; what it does; options in one column; an example."""
    for command in helped():
        done = subprocess.run(
            [*driver.COMMAND, "--lang", lang, command, "--help"],
            capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0 and not done.stderr, command
        lines = done.stdout.splitlines()
        assert lines[0].startswith(usage + command), command
        assert max(map(len, lines)) <= 80, command
        assert all(line == line.rstrip() for line in lines), command
        if command != "version":
            assert any(line.startswith(example) for line in lines), command
