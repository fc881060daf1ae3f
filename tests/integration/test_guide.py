"""The guide's three examples as it gives them, from the command line and in
French: its words, its columns, and the programs that people go on to use."""
import json
import re

import pytest

import env
import makes
import peers

pytestmark = pytest.mark.taupe_only

PAGE_BYTES = 200000


class French:
    """`taupe` by someone who reads French: LANG says so, or --lang."""

    def __init__(self, daemon, way):
        self.daemon = daemon
        self.words = ["--lang", "fr"] if way == "--lang" else []
        self.environ = {
            "LC_ALL": "", "LC_MESSAGES": "",
            "LANG": "C.UTF-8" if way == "--lang" else "fr_FR.UTF-8"}

    def __call__(self, *words, code=0):
        return self.daemon.command(
            *self.words, *words, code=code, environ=self.environ)[1]

    def row(self, name):
        """The forward's line of the list, by column."""
        head, *lines = (re.split(r"\s{2,}", line.strip("● ○!\n"))
                        for line in self("ls").splitlines() if line.strip())
        cells = next(line for line in lines if line[0] == name)
        assert len(head) == len(cells), (head, cells)
        return dict(zip(head, cells))

    def numbers(self, name):
        found = json.loads(self("show", name, "--json"))
        return found["connections"], found["bytes_in"], found["bytes_out"]


@pytest.fixture(params=["LANG", "--lang"])
def taupe(request, daemon, sshd):
    """With the guide's server."""
    say = French(daemon, request.param)
    say("server", "add", "Mon VPS", f"{makes.USER}@127.0.0.1:{sshd.port}",
        "-i", sshd.run.keys.user["ed25519"], "--known-hosts", sshd.known_hosts)
    return say


def shown(number):
    """Whether a cell of bytes is a number of some in French."""
    return re.fullmatch(r"[1-9][\d,\u202f ]*[\u202f\u00a0 ]([KMG]i)?o", number)


def test_mysql_of_the_server(taupe, mariadb):
    port = env.free_port()
    name = "MySQL vers localhost"
    taupe("add", name, "--server", "Mon VPS", "--type", "local",
          "--local", f"127.0.0.1:{port}",
          "--remote", f"127.0.0.1:{mariadb.port}")
    row = taupe.row(name)
    assert (row["Type"], row["Serveur"]) == ("Local", "Mon VPS")
    assert row["Statut"] == "Déconnecté" and not env.listens(port)
    assert "Connecté" in taupe("up", name)
    row = taupe.row(name)
    assert (row["Statut"], row["Conn."]) == ("Connecté", "0")
    with mariadb.client(port) as client:
        client.stdin.write("SELECT 'bonjour';\n")
        client.stdin.flush()
        assert client.stdout.readline() == "bonjour\n"
        row = taupe.row(name)
        assert row["Conn."] == "1"
        assert shown(row["Entrant"]) and shown(row["Sortant"]), row
        before = taupe.numbers(name)
        client.stdin.write(f"SELECT repeat('x', {1 << 20});\n")
        client.stdin.flush()
        assert len(client.stdout.readline()) == (1 << 20) + 1
        after = taupe.numbers(name)
        assert before[0] == after[0] == 1
        assert after[1] >= before[1] + (1 << 20) and after[2] > before[2]
        # Running, it can be neither changed nor deleted.
        taupe("edit", name, "--local", "127.0.0.1:1", code=1)
        taupe("rm", name, "--yes", code=1)
        assert "Déconnecté" in taupe("down", name)
        client.stdin.write("SELECT 1;\n")
        client.stdin.close()
        assert client.wait(env.PATIENCE) != 0
    row = taupe.row(name)
    assert (row["Statut"], row["Conn."]) == ("Déconnecté", "0")
    assert not env.listens(port)
    taupe("rm", name, "--yes")
    assert name not in taupe("ls")


@pytest.fixture
def site(stack):
    """A local web application."""
    def answer(connection):
        peers.read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
                           b"Content-Length: %d\r\n\r\n" % PAGE_BYTES
                           + bytes(PAGE_BYTES))
    return stack.enter_context(peers.Service(answer))


def test_an_application_of_here_on_the_server(taupe, site):
    """On all the server's addresses, and not only on its loopback."""
    port = env.free_port()
    taupe("add", "Application", "--server", "Mon VPS", "--type", "remote",
          "--local", f"127.0.0.1:{site.port}", "--remote", f"0.0.0.0:{port}")
    assert taupe.row("Application")["Type"] == "Distant"
    assert "Connecté" in taupe("up", "Application")
    for address in ("127.0.0.1", "127.0.0.2"):
        done = peers.curl(f"http://{address}:{port}/", "-o", "/dev/null",
                          "-w", "%{size_download}")
        assert done.stdout == str(PAGE_BYTES), done.stderr
    assert taupe.numbers("Application")[2] >= 2 * PAGE_BYTES
    assert "Déconnecté" in taupe("down", "Application")
    env.wait_until(lambda: not env.listens(port), "the end of the far port")


def test_a_socks_proxy(taupe, site):
    """The names are the server's."""
    port = env.free_port()
    taupe("add", "Proxy", "--server", "Mon VPS", "--type", "dynamic",
          "--local", f"127.0.0.1:{port}")
    row = taupe.row("Proxy")
    assert (row["Type"], row["Statut"]) == ("Dynamique", "Déconnecté")
    assert "Connecté" in taupe("up", "Proxy")
    done = peers.curl(
        f"http://application.far.test:{site.port}/", "-o", "/dev/null",
        "-w", "%{size_download}", "--socks5-hostname", f"127.0.0.1:{port}")
    assert done.stdout == str(PAGE_BYTES), done.stderr
    row = taupe.row("Proxy")
    assert row["Statut"] == "Connecté" and shown(row["Entrant"]), row
    assert taupe.numbers("Proxy")[1] >= PAGE_BYTES
    assert "Déconnecté" in taupe("down", "Proxy")
