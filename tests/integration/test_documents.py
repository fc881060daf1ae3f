"""What the README, the guides and the manual tell people to type is typed here,
as it stands there and in that order; and what they say stands on the page, does.

Places are changed for the test's own (CHANGES). A command that is not run is
named with the reason (SHOWN)."""
import json
import os
import re
import shutil

import pytest

import console
import env
import makes
import peers
import taupe as driver

pytestmark = pytest.mark.taupe_only

PAGES = ["README.md", "docs/guide.en.md", "docs/guide.fr.md",
         "docs/man/taupe.1", "docs/man/fr/taupe.1",
         "docs/man/taupe-run.1", "docs/man/fr/taupe-run.1",
         "docs/man/taupe-daemon.8", "docs/man/fr/taupe-daemon.8"]

SHOWN = {
    r"make demo$": "test_demo.py runs it",
    r"make test$|scripts/page browser$|scripts/deps test": "is what runs this",
    r"make build|make run|sudo make": "test_install.py; the CI's build",
    r"systemctl |sudo systemctl ": "no systemd here; test_daemon_service.py",
    r".*\| jq ": "jq need not be there",
    r"taupe daemon .*&$|TAUPE_STATE=": "each test has a daemon of its own",
}

# What a person does while it runs: what they wait for, and type.
TYPED = [
    (r"taupe top$", "?", "q"),
    (r"taupe logs -f$", "onnect", "\x03"),
    (r"taupe run ", "onnected", "\x03"),
]
QUESTIONS = {"(yes/no)": "yes\n", "(oui/non)": "oui\n"}


def of_markdown(text):
    """The lines of indented blocks."""
    for line in text.splitlines():
        if re.match(r" {4,}\S", line) and not line.lstrip().startswith("|"):
            yield line.strip()


def of_manual(text):
    """The lines behind a prompt, and what goes on below them."""
    goes_on = False
    for line in text.splitlines():
        found = re.match(r"(?:\.Dl )?[$#] (.*)", line)
        if found or goes_on:
            line = (found[1] if found else line.strip()).replace(r"\e", "\\")
            goes_on = line.endswith("\\")
            yield line


def commands(page):
    """Each command as one line, without what is said behind it."""
    text = (env.ROOT / page).read_text()
    lines = of_markdown(text) if page.endswith(".md") else of_manual(text)
    whole = ""
    for line in lines:
        whole += re.sub(r"^# .*| {2,}# .*", "", line)
        if whole.endswith("\\"):
            whole = whole[:-1].rstrip() + " "
        elif whole:
            yield whole
            whole = ""


def answer_all(terminal):
    """Says yes to whatever it asks, until it ends."""
    answered = dict.fromkeys(QUESTIONS, 0)

    def look():
        seen = terminal.read()
        for question, answer in QUESTIONS.items():
            if seen.count(question) > answered[question]:
                answered[question] += 1
                terminal.send(answer)
        return not terminal.process.alive()
    env.wait_until(look, lambda: f"its end:\n{terminal.seen}")


class Reader:
    """Who follows a page: a home with a key and known hosts, a server."""

    def __init__(self, daemon, sshd, service):
        self.folder = daemon.folder
        self.environ = daemon.environ | {
            "TAUPE_STATE": str(daemon.state), "DISPLAY": ":0",
            "TAUPE_SOCKET": str(daemon.socket),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        self.make_home(sshd)
        place, port = f"{makes.USER}@127.0.0.1", sshd.port
        ports = {number: env.free_port() for number in (
            1080, 3307, 3308, 5433, 8080)}
        ports |= dict.fromkeys((3000, 3306, 5432), service.port)
        self.changes = [
            (r"-J \S+ (.*?)\w+@(db|inside|dedans)\b",
             rf"-J {place}:{port} -p {port} \1{place}"),
            (r"hosts rm vps\.example", f"hosts rm '[127.0.0.1]:{port}'"),
            (r"\w+@vps\.example", f"{place}:{port}"),
            (r"\w+@(server|serveur)\b", f"-p {port} {place}"),
            (r"/tmp/db\.sock", f"{self.folder}/db.sock"),
            *((rf"\b{old}\b", str(new)) for old, new in ports.items())]

    def make_home(self, sshd):
        home = self.folder / ".ssh"
        home.mkdir(mode=0o700)
        shutil.copy(sshd.run.keys.user["ed25519"], home / "id_ed25519")
        shutil.copy(sshd.known_hosts, home / "known_hosts")
        (home / "config").write_text(
            f"Host listed\n  HostName 127.0.0.1\n  Port {sshd.port}\n"
            f"  LocalForward {env.free_port()} 127.0.0.1:{sshd.port}\n")
        (self.folder / "bin").mkdir()
        (self.folder / "bin/taupe").symlink_to(driver.COMMAND[-1])
        opened = self.folder / "opened"
        browser = self.folder / "bin/xdg-open"
        browser.write_text(f"#!/bin/sh\necho \"$1\" >>'{opened}'\n")
        browser.chmod(0o700)

    def follow(self, command):
        text = command
        for old, new in self.changes:
            text = re.sub(old, new, text)
        awaited, keys = next(((awaited, keys) for pattern, awaited, keys
                              in TYPED if re.match(pattern, command)),
                             (None, ""))
        plain = text.startswith("taupe ")
        words = ["sh", "-c", f"cd '{self.folder}' && "
                 + ("exec " if plain else "") + text]
        with console.Console(words, self.environ, columns=120) as terminal:
            if keys:
                terminal.wait_seen(awaited).send(keys)
            answer_all(terminal)
            code = terminal.wait()
        assert code == 0 or (keys == "\x03" and code in (-2, 130)), \
            f"{command}\n{text}\nended with {code}:\n{terminal.seen}"
        return terminal.seen


@pytest.fixture
def reader(daemon, sshd, stack):
    service = stack.enter_context(peers.Service(peers.web))
    return Reader(daemon, sshd, service)


def why_only_shown(command):
    return next((why for pattern, why in SHOWN.items()
                 if re.match(pattern, command)), None)


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_it(reader, page):
    """Deleting comes last: what follows it is about the same forward."""
    todo = [line for line in commands(page) if not why_only_shown(line)]
    last = [line for line in todo if " rm " in line]
    for command in [line for line in todo if line not in last] + last:
        reader.follow(command)
    opened = reader.folder / "opened"
    if any(line.startswith("taupe open") for line in todo):
        env.wait_until(opened.exists, "the browser")
        assert "/login#" in opened.read_text()


def test_all_that_is_only_shown_is_there_still():
    there = [line for page in PAGES for line in commands(page)]
    for pattern in SHOWN:
        assert any(re.match(pattern, line) for line in there), pattern


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_is_bold_stands_on_the_page(lang):
    catalogue = json.loads((env.ROOT / f"lang/{lang}.json").read_text())
    labels = {text.replace("\u00a0", " ").replace("\u202f", " ")
              for key, text in catalogue.items()
              if key.startswith(("page.", "type."))}
    text = (env.ROOT / f"docs/guide.{lang}.md").read_text()
    bold = re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)
    assert len(bold) > 20
    for label in bold:
        label = re.sub(r"\s+", " ", label).strip("«» ")
        assert label in labels | {"bold", "gras"}, label


def test_the_guides_tables_name_the_pages_fields():
    for lang in ("en", "fr"):
        catalogue = json.loads((env.ROOT / f"lang/{lang}.json").read_text())
        text = (env.ROOT / f"docs/guide.{lang}.md").read_text()
        for field in ("name", "type", "server", "local_host", "local_port",
                      "remote_host", "remote_port"):
            label = catalogue[f"page.field.{field}"]
            assert re.search(rf"^   \| .*\b{label}\b", text, re.M), label
