"""taupe top on a terminal of its own."""
import os
import signal
import termios

import pytest

import console
import daemon as driver
import env
import makes
import taupe

ENTER = "\033[?1049h"  # the alternate screen
LEAVE = "\033[?1049l"


@pytest.fixture
def daemon(sshd):
    """With one forward that can come up and one whose port is taken."""
    with driver.Daemon() as made:
        made.command("server", "add", "My VPS",
                     f"{makes.USER}@127.0.0.1:{sshd.port}",
                     "-i", sshd.run.keys.user["ed25519"],
                     "--known-hosts", sshd.known_hosts)
        made.command("add", "Good", "--server", "My VPS", "--type", "local",
                     "--local", "127.0.0.1:0", "--remote", "127.0.0.1:9",
                     "--tag", "first")
        made.command("add", "Taken", "--server", "My VPS", "--type", "local",
                     "--local", f"127.0.0.1:{sshd.port}",
                     "--remote", "127.0.0.1:9")
        yield made


def top(daemon, *words, lang="en", **options):
    environ = {**daemon.environ, "TAUPE_STATE": str(daemon.state),
               "TAUPE_SOCKET": str(daemon.socket)}
    return console.Console([*taupe.COMMAND, "--lang", lang, "top", *words],
                           environ, **options)


def press(screen, keys, seen):
    at = len(screen.read())
    screen.send(keys)
    return screen.wait_seen(seen, since=at)


@pytest.mark.parametrize("lang,words", [
    ("en", {"up": "Connected", "error": "Error", "taken": "already in use",
            "down": "Disconnected", "help": "choose a forward"}),
    ("fr", {"up": "Connecté", "error": "Erreur", "taken": "déjà",
            "down": "Déconnecté", "help": "choisir une redirection"})])
def test_keys(daemon, lang, words):
    with top(daemon, lang=lang) as screen:
        before = termios.tcgetattr(screen.master)
        screen.wait_seen(ENTER).wait_seen("Taken").wait_seen(words["down"])
        press(screen, " ", words["up"])
        press(screen, "j", "> ")
        press(screen, "s", words["error"])
        press(screen, "e", words["taken"])
        press(screen, "\033", "Good")
        press(screen, "?", words["help"])
        press(screen, "q", "Good")
        press(screen, "/fir", "fir")
        press(screen, "\033", "Taken")
        press(screen, "a", "(2)")
        press(screen, "x", words["down"])
        screen.send("q")
        assert screen.wait() == 0
        after = screen.seen.rpartition(LEAVE)
        assert after[1] and "\033[?25h" in after[2]
        assert termios.tcgetattr(screen.master)[3] & termios.ECHO or \
            before[3] & termios.ECHO


@pytest.mark.parametrize("how,code", [
    (signal.SIGINT, 0), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_the_terminal_comes_back(daemon, how, code):
    with top(daemon) as screen:
        screen.wait_seen("Good")
        os.kill(screen.process.pid, how)
        assert screen.wait() == code
        assert LEAVE in screen.seen
        assert termios.tcgetattr(screen.master)[3] & termios.ICANON


def test_stopped_and_brought_back(daemon):
    """Ctrl-Z gives the terminal back to the shell, fg takes it again."""
    environ = {**daemon.environ, "TAUPE_STATE": str(daemon.state),
               "TAUPE_SOCKET": str(daemon.socket)}
    shell = ["sh", "-c", 'set -m; "$@"; echo "stopped: $?"; read line; '
             'fg; echo "ended: $?"', "sh", *taupe.COMMAND, "top"]
    with console.Console(shell, environ) as screen:
        screen.wait_seen("Good")
        at = len(screen.read())
        screen.send("\x1a")
        screen.wait_seen("stopped: ", since=at)
        left = screen.seen[at:]
        assert left.index(LEAVE) < left.index("stopped: ")
        assert "\033[?25h" in left
        flags = termios.tcgetattr(screen.master)[3]
        assert flags & termios.ECHO and flags & termios.ICANON
        at = len(screen.read())
        daemon.command("edit", "Good", "--name", "Better")
        screen.type("")
        screen.wait_seen(ENTER, since=at)
        screen.wait_seen("Better", since=at)
        assert not termios.tcgetattr(screen.master)[3] & termios.ICANON
        screen.send("q")
        screen.wait_seen("ended: 0")
        assert screen.wait() == 0
        assert LEAVE in screen.seen.rpartition(ENTER)[2]
        assert termios.tcgetattr(screen.master)[3] & termios.ICANON


def test_three_hundred_rows(daemon):
    """Any row can be reached and acted on, in a small window."""
    for n in range(300):
        daemon.add_forward(f"row-{n:03}", "My VPS", "dynamic", "127.0.0.1:0")
    with top(daemon, "--sort", "name", rows=8, columns=60) as screen:
        screen.wait_seen("Good")
        press(screen, "G", "row-299")
        press(screen, "g", "Good")
        press(screen, "/row-17", "row-170")
        screen.send("\n")
        press(screen, "G", "row-179")
        press(screen, "s", "Connected")
        assert daemon.wait_state("row-179", "connected")
        screen.send("q")
        assert screen.wait() == 0


def test_a_cut_stream_is_said_and_comes_back(daemon):
    with top(daemon) as screen:
        screen.wait_seen("Good")
        at = len(screen.read())
        daemon.kill()
        screen.wait_seen("does not answer", since=at)
        at = len(screen.read())
        daemon.start()
        screen.wait_seen("Forwards: 2", since=at)
        screen.send("q")
        assert screen.wait() == 0


def test_small_and_changing_sizes(daemon):
    with top(daemon, rows=3, columns=20) as screen:
        screen.wait_seen("Good")
        for rows, columns in ((1, 5), (40, 200), (10, 80)):
            at = len(screen.read())
            screen.resize(rows, columns)
            screen.wait_seen("\033[J", since=at)
        screen.send("q")
        assert screen.wait() == 0


def test_once_and_without_a_terminal(daemon):
    out = daemon.command("top", "--once")[1]
    assert "Good" in out and "Taken" in out and "\033" not in out
    assert out.index("Good") < out.index("Taken")
    assert daemon.command("top", code=2)[2].count("taupe ls") == 1
    assert "bytes" in daemon.command("top", "--sort", "size", code=2)[2]
