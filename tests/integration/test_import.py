"""`taupe import`: each format through the command line into a real daemon, a
second time without effect; what is exported comes back the same."""
import json
import subprocess

import pytest

import daemon as keeper

SSH_CONFIG = """\
Host bastion
    HostName bastion.example
    User jump
Host db*
    ServerAliveInterval 20
Host db1
    HostName %h.internal
    ProxyJump bastion
    IdentityFile "~/my keys/id"
    LocalForward 3307 127.0.0.1:3306
    RemoteForward 8080 localhost:3000
    DynamicForward [::1]:1080
Match originalhost db1
    Port 2222
"""
COMMAND = "ssh -N -L 5433:db:5432 -o ServerAliveInterval=20 me@vps\n"
PUTTY = """Windows Registry Editor Version 5.00\r
\r
[HKEY_CURRENT_USER\\Software\\SimonTatham\\PuTTY\\Sessions\\My%20VPS]\r
"HostName"="vps.example"\r
"UserName"="me"\r
"PortNumber"=dword:000008ae\r
"Protocol"="ssh"\r
"PortForwardings"="L3307=127.0.0.1:3306,D1080="\r
"""
BORING = """[[tunnels]]
name = "db"
local = "3307"
remote = "127.0.0.1:3306"
host = "vps"
group = "work"

[[tunnels]]
name = "proxy"
local = "1080"
host = "vps"
mode = "socks"
"""
MOLE = """name = "web"
type = "local"
source = [":8080"]
destination = ["127.0.0.1:80"]
server = "me@vps:22"
"""
MARIX = json.dumps({
    "servers": [{"id": "1", "name": "Mon VPS", "host": "vps.example",
                 "port": 22, "username": "me", "password": "hunter-two"}],
    "portForwards": [{"name": "MySQL vers localhost", "type": "local",
                      "serverId": "1", "localHost": "127.0.0.1",
                      "localPort": 3307, "remoteHost": "127.0.0.1",
                      "remotePort": 3306}]})

FORMATS = {
    "ssh-config": (SSH_CONFIG, 2, 3),
    "command": (COMMAND, 1, 1),
    "putty": (PUTTY.encode("utf-16"), 1, 2),
    "boring": (BORING, 1, 2),
    "mole": (MOLE, 1, 1),
    "marix": (MARIX, 1, 1),
}


def counts(daemon):
    return (len(daemon.api("GET", "/servers")),
            len(daemon.api("GET", "/forwards")))


def forward_of(daemon, name):
    return {f["name"]: f for f in daemon.api("GET", "/forwards")}[name]


def write(daemon, name, text):
    path = daemon.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def words_of(daemon, name, text):
    """What names the source on the command line."""
    if name == "command":
        return ["import", name, text]
    return ["import", name, write(daemon, f"their.{name}", text)]


@pytest.mark.parametrize("name", FORMATS)
def test_each_format(daemon, name):
    text, servers, forwards = FORMATS[name]
    words = words_of(daemon, name, text)

    _, said, _ = daemon.command(*words, "--dry-run", code=0)
    assert "add" in said and counts(daemon) == (0, 0)
    _, said, complaint = daemon.command(*words, code=7)
    assert "add" in said and "--yes" in complaint
    assert counts(daemon) == (0, 0)
    daemon.command(*words, "--yes", code=0)
    assert counts(daemon) == (servers, forwards)
    before = daemon.api("GET", "/export?format=json")

    _, said, _ = daemon.command(*words, "--yes", code=0)
    assert "nothing new" in said and "there already" in said
    assert daemon.api("GET", "/export?format=json") == before
    assert "hunter" not in json.dumps(before)


def test_ssh_says_where_it_leads(daemon):
    path = write(daemon, "config", SSH_CONFIG)
    daemon.command("import", "ssh-config", path, "--yes", code=0)
    server = daemon.api("GET", "/servers?name=db1")[0]
    assert (server["host"], server["port"]) == ("db1.internal", 2222)
    assert server["jump_server"] == "bastion"
    assert server["keep_alive_s"] == 20
    assert server["identity_files"] == ["~/my keys/id"]
    forward = forward_of(daemon, "db1 3307")
    assert (forward["local"], forward["remote"]) == \
        ("localhost:3307", "127.0.0.1:3306")


def test_default_files(daemon):
    folders = {".ssh/config": SSH_CONFIG, ".mole/web.toml": MOLE,
               ".mole/other.toml": MOLE.replace("web", "other")
               .replace(":8080", ":8081"),
               "config/boring/.boring.toml": BORING,
               ".putty/sessions/A%20b": "HostName=h\nProtocol=ssh\n"}
    for path, text in folders.items():
        (daemon.folder / path).parent.mkdir(parents=True, exist_ok=True)
        write(daemon, path, text)
    for name in ("ssh-config", "boring", "mole", "putty"):
        daemon.command("import", name, "--yes", code=0)
    names = {f["name"] for f in daemon.api("GET", "/forwards")}
    assert {"db1 3307", "db", "proxy", "web", "other"} <= names
    servers = [s["name"] for s in daemon.api("GET", "/servers")]
    assert "A b" in servers and servers.count("vps") == 1


def test_stdin_and_names(daemon):
    daemon.command("import", "boring", "-", "--only", "proxy", "--yes",
                   text=BORING, code=0)
    assert counts(daemon) == (1, 1)
    assert daemon.forward("proxy")["server"] == "vps"
    _, _, complaint = daemon.command("import", "boring", "-", "--only", "typo",
                                     "--yes", text=BORING, code=2)
    assert "typo" in complaint
    daemon.command("import", "boring", "-", "--yes", text=BORING, code=0)
    assert counts(daemon) == (1, 2)
    assert daemon.forward("db")["tags"] == ["work"]


def test_what_is_left_out_is_told(daemon):
    text = "ssh -N -W x:1 -L 1:h:2 vps\nls\n"
    _, said, _ = daemon.command("import", "command", "-", "--dry-run",
                                text=text, code=0)
    assert "-W x:1 (line 1): taupe can't do that" in said
    assert "ls (line 2): it is no ssh command" in said
    _, said, _ = daemon.command("--lang", "fr", "import", "command", "-",
                                "--dry-run", text=text, code=0)
    assert "ls (ligne 2)\u202f: ce n’est pas une commande ssh" in said
    _, _, complaint = daemon.command("import", "marix", daemon.folder / "none",
                                     "--yes")
    assert "none" in complaint
    code, _, complaint = daemon.command("import", "mole", "-", "--yes",
                                        text="x = 1\n")
    assert code != 0 and "it names no tunnel" in complaint


def test_folders_in_place_of_files(daemon, folder):
    for format, words in (("json", "Is a directory"), ("boring", "Is a "),
                          ("ssh-config", "Is a directory"),
                          ("putty", "it names no session"),
                          ("mole", "it names no tunnel")):
        code, _, said = daemon.command("import", format, folder)
        assert code in (1, 2) and words in said, said
    assert "No such file" in daemon.command(
        "import", "json", folder / "none", code=1)[2]


def test_json_for_programs(daemon):
    _, said, _ = daemon.command("import", "command", COMMAND, "--json", code=0)
    plan = json.loads(said)
    assert plan["applied"] is False and counts(daemon) == (0, 0)
    assert plan["forwards"][0]["action"] == "add"
    _, said, _ = daemon.command(
        "import", "command", COMMAND, "--json", "--yes", code=0)
    done = json.loads(said)
    assert done["applied"] is True
    assert done["forwards"][0]["id"] == forward_of(daemon, "vps 5433")["id"]


def test_only_the_socket_names_files(daemon):
    path = write(daemon, "config", SSH_CONFIG)
    page = daemon.browser()
    for body in ({"format": "ssh-config"},
                 {"format": "ssh-config", "path": str(path)}):
        answer = page.ask("POST", "/api/v1/import", body)
        assert answer.status in (403, 422), answer.text
    answer = page.ask("POST", "/api/v1/import", {
        "format": "ssh-config", "text": SSH_CONFIG, "dry_run": True})
    assert answer.status == 200 and len(answer.json["servers"]) == 2


def test_export_comes_back(daemon):
    """json makes the same records elsewhere; ssh takes the file."""
    daemon.api("POST", "/servers", {
        "name": "Passerelle é", "host": "gate.example", "port": 2200,
        "user": "me", "note": "two\nlines", "pool": 2,
        "keep_secrets": "never", "options": ["RekeyLimit=1G"]})
    daemon.api("POST", "/servers", {
        "name": "inside", "host": "10.0.0.1", "jump_server": "Passerelle é",
        "identity_files": ["/home/me/my keys/id"]})
    daemon.add_forward("MySQL", "inside", "local", "127.0.0.1:3307",
                       "127.0.0.1:3306", tags=["db", "work"], autostart=True,
                       limit_in_bytes_s=1000, allow="10.0.0.0/8", lazy=True)
    daemon.add_forward("left out", "inside", "local", "3308", "db:1")
    daemon.add_forward("back", "inside", "remote", None, "*:8080")
    daemon.add_forward("sock", "Passerelle é", "remote", "/tmp/a.sock",
                       "/run/b.sock")
    daemon.add_forward("proxy", "inside", "dynamic", "[::1]:1080",
                       socks_user="me", position=-5)
    _, said, _ = daemon.command("export", "json", code=0)
    with keeper.Daemon(listen="none") as fresh:
        path = write(fresh, "taupe.json", said)
        fresh.command("import", "json", path, "--yes", code=0)
        assert fresh.api("GET", "/export?format=json") == json.loads(said)
        _, again, _ = fresh.command("import", "json", path, "--yes", code=0)
        assert "nothing new" in again
        assert fresh.api("GET", "/export?format=json") == json.loads(said)
    _, said, _ = daemon.command("export", "ssh", code=0)
    path = write(daemon, "exported", said)
    done = subprocess.run(["ssh", "-G", "-F", path, "inside"], text=True,
                          capture_output=True, check=True)
    lines = done.stdout.lower().splitlines()
    assert "hostname 10.0.0.1" in lines
    assert "localforward [127.0.0.1]:3307 [127.0.0.1]:3306" in lines
    assert "dynamicforward [::1]:1080" in lines
