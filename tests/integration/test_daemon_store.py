"""A disk that is full or read-only, a database that is newer, damaged or not
ours: said clearly, nothing harmed, and traffic goes on."""
import contextlib
import os
import pathlib
import resource
import shutil
import sqlite3
import subprocess

import pytest

import daemon as keeper
import env
import peers

pytestmark = [pytest.mark.taupe_only, pytest.mark.sanitized]


@pytest.fixture
def tunnel(sshd, echo):
    """tunnel(daemon): a forward that is up; its port."""
    def launch(daemon):
        daemon.add_server("vps", **sshd.fields())
        daemon.add_forward("f", "vps", local="127.0.0.1:0",
                           remote=f"127.0.0.1:{echo.port}", start=True)
        return daemon.wait_state("f", "connected")["bound_port"]
    return launch


def fails_to_store(daemon, port):
    """Every change is refused, in both languages, and none of it is so."""
    before = daemon.api("GET", "/forwards"), daemon.api("GET", "/servers")
    forward = before[0][0]
    path = f"/forwards/{forward['id']}"
    for request in (
            ("POST", "/forwards", {
                "name": "new", "server": "vps", "type": "dynamic",
                "local": "127.0.0.1:0"}),
            ("PATCH", path, {"note": "changed"}),
            ("POST", f"{path}/stop"),
            ("DELETE", f"{path}?stop=1"),
            ("POST", "/servers", {"name": "new", "host": "h.example"})):
        said = {}
        for lang in ("en", "fr"):
            body = request[2] if len(request) > 2 else None
            problem = daemon.refuses(*request[:2], body,
                                     {"Accept-Language": lang})
            assert (problem.status, problem.code) == (507, "store_failed")
            said[lang] = problem.answer.json["detail"]
            assert "taupe.db" in said[lang]
        assert said["en"] != said["fr"]
    after = daemon.api("GET", "/forwards"), daemon.api("GET", "/servers")
    for then, now in zip(before, after):
        assert [(row["id"], row["revision"], row["name"], row["state"])
                for row in then] == [
            (row["id"], row["revision"], row["name"], row["state"])
            for row in now]
    peers.round_trip(port)


def has_recovered(daemon, port):
    identity = daemon.forward("f")["id"]
    daemon.api("PATCH", f"/forwards/{identity}", {"note": "room again"})
    assert daemon.forward("f")["note"] == "room again"
    peers.round_trip(port)
    daemon.api("POST", f"/forwards/{identity}/stop")
    daemon.wait_state("f", "disconnected")


def test_a_full_disk(folder, stack, tunnel):
    """The state is on a small file system of the daemon's own."""
    if os.geteuid() != 0 or not can_mount():
        pytest.skip("needs leave to mount")
    (folder / "state").mkdir()
    mount = f"mount -t tmpfs -o size=1m,mode=700 none {folder}/state"
    daemon = stack.enter_context(keeper.Daemon(
        folder=folder,
        prefix=["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh"]))
    port = tunnel(daemon)
    disk = pathlib.Path(f"/proc/{daemon.pid}/root{folder}/state")
    with open(disk / "filler", "wb", buffering=0) as filler, \
            contextlib.suppress(OSError):
        while filler.write(bytes(512)):
            pass
    # What the database had in reserve is used up, too.
    env.wait_until(lambda: is_refused(daemon), "the end of the room")
    fails_to_store(daemon, port)
    (disk / "filler").unlink()
    has_recovered(daemon, port)


def can_mount():
    return subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"],
        capture_output=True, check=False).returncode == 0


def is_refused(daemon):
    server = daemon.api("GET", "/servers")[0]["id"]
    try:
        daemon.api("PATCH", f"/servers/{server}", {"note": os.urandom(9).hex()})
    except keeper.Problem as problem:
        return problem.code == "store_failed"
    return False


def test_files_that_may_not_grow(daemon, tunnel):
    """RLIMIT_FSIZE, as service managers set it."""
    port = tunnel(daemon)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE,
                     (4096, resource.RLIM_INFINITY))
    fails_to_store(daemon, port)
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    has_recovered(daemon, port)


def test_another_program_holds_the_database(daemon, sshd, echo):
    """A person's sqlite3, say: waited for once, not with each row of the
    history. Links that fall meanwhile come back, and who asks is answered."""
    daemon.add_server("vps", **sshd.fields())
    names = ["f", *(f"f{number}" for number in range(30))]
    for name in names:
        daemon.add_forward(name, "vps", local="127.0.0.1:0",
                           remote=f"127.0.0.1:{echo.port}", start=True)
        daemon.wait_state(name, "connected")
    since = daemon.forward("f")["since"]
    with contextlib.closing(sqlite3.connect(
            daemon.state / "taupe.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        sshd.end_sessions()
        env.wait_until(lambda: all(
            f["state"] == "connected" and f["since"] > since
            for f in daemon.api("GET", "/forwards")), daemon.said)
        problem = daemon.refuses("PATCH", "/forwards/1", {"note": "changed"})
        assert (problem.status, problem.code) == (507, "store_failed")
        assert "another program" in problem.answer.json["detail"]
        other.execute("ROLLBACK")
    has_recovered(daemon, daemon.forward("f")["bound_port"])


# Starts that can't be.

def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.name.startswith("taupe.db")}


def start_fails(daemon, code=1):
    """It ends by itself with that exit code; what it said, in English and in
    French."""
    said = []
    for lang in ("C.UTF-8", "fr_FR.UTF-8"):
        daemon.environ["LC_ALL"] = lang
        before = len(daemon.process.said())
        daemon.start(wait=False)
        assert daemon.process.wait() == code
        said.append(daemon.process.said()[before:])
    assert said[0] != said[1] and all(said)
    return said


@pytest.fixture
def stopped(daemon):
    """With something in its database, and in good order."""
    daemon.add_server("vps", "vps.example", 22)
    assert daemon.stop() == 0
    return daemon


def damage_head(path):
    path.write_bytes(b"no database" + path.read_bytes()[11:])


def damage_middle(path):
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 512):
        data[at:at + 64] = bytes(64 * [0xA5])
    path.write_bytes(data)


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-4096 * 3])


def other_program(path):
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipes (name TEXT)")
        database.commit()


def text_file(path):
    path.write_text("my notes\n" * 1000)


@pytest.mark.parametrize("harm", [
    damage_head, damage_middle, cut_off, other_program, text_file])
def test_a_damaged_database_is_left_as_it_is(stopped, harm):
    path = stopped.state / "taupe.db"
    harm(path)
    before = bytes_of(stopped.state)
    for said in start_fails(stopped):
        assert str(path) in said
    assert bytes_of(stopped.state) == before


def test_a_newer_database_is_left_as_it_is(stopped):
    path = stopped.state / "taupe.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 4711")
        database.commit()
    before = bytes_of(stopped.state)
    for said in start_fails(stopped):
        assert str(path) in said and "4711" in said
    assert bytes_of(stopped.state) == before


def test_an_empty_file_is_a_new_database(stopped):
    (stopped.state / "taupe.db").write_bytes(b"")
    stopped.start()
    assert stopped.api("GET", "/servers") == []


def test_a_folder_that_cannot_be_written(stopped):
    """Read-only for everybody: root, too, where it may be mounted so."""
    prefix = []
    if os.geteuid() == 0:
        if not can_mount():
            pytest.skip("needs leave to mount")
        state = stopped.state
        stopped.prefix = prefix = [
            "unshare", "-m", "sh", "-c",
            f'mount --bind -o ro {state} {state} && exec "$@"', "sh"]
    else:
        os.chmod(stopped.state, 0o500)
    before = bytes_of(stopped.state)
    try:
        for said in start_fails(stopped):
            assert str(stopped.state) in said
        assert bytes_of(stopped.state) == before
    finally:
        os.chmod(stopped.state, 0o700)
    if prefix:
        stopped.prefix = []
    stopped.start()
    assert [s["name"] for s in stopped.api("GET", "/servers")] == ["vps"]


def test_a_folder_that_others_can_write_is_refused(stopped):
    os.chmod(stopped.state, 0o777)
    for said in start_fails(stopped):
        assert str(stopped.state) in said


def test_files_are_private(daemon, tunnel):
    tunnel(daemon)
    for path in [daemon.state, *daemon.state.iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_state_folder_that_went_away(daemon, tunnel):
    """Removed under a running daemon: it carries on, and does not fall."""
    port = tunnel(daemon)
    shutil.rmtree(daemon.state)
    peers.round_trip(port)
    assert daemon.forward("f")["state"] == "connected"
    assert daemon.stop() == 0
