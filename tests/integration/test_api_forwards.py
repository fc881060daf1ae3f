"""Forwards over the API: made, changed, started, watched, tested, deleted."""
import pytest

import daemon as daemons
import env
import peers

pytestmark = pytest.mark.taupe_only


@pytest.fixture(scope="module")
def daemon(sshd):
    with daemons.Daemon() as made:
        made.api("POST", "/servers", {"name": "vps", **sshd.fields()})
        yield made


@pytest.fixture
def forward(daemon, echo):
    """A local forward to an echo service, connected."""
    name = f"f{env.free_port()}"
    made = daemon.add_forward(name, "vps", local="127.0.0.1:0",
                              remote=f"127.0.0.1:{echo.port}", start=True)
    yield daemon.wait_state(name, "connected")
    daemon.ask("DELETE", f"/api/v1/forwards/{made['id']}?stop=1")


def fields(problem):
    return {row["field"] for row in problem.answer.json["fields"]}


def test_life(daemon, echo):
    port = env.free_port()
    answer = daemon.ask("POST", "/api/v1/forwards", {
        "name": "life", "server": "vps", "type": "local", "local_port": port,
        "local_host": "127.0.0.1", "remote": f"127.0.0.1:{echo.port}",
        "tags": ["b", "a"]})
    assert answer.status == 201, answer.text
    made = answer.json
    assert answer.headers["etag"] == '"1"'
    assert made["state"] == "disconnected" and not made["wanted"]
    assert made["tags"] == ["a", "b"]
    assert made["ssh_command"].startswith(
        f"ssh -N -L 127.0.0.1:{port}:127.0.0.1:{echo.port} ")
    path = f"/forwards/{made['id']}"
    assert daemon.api("POST", path + "/start")["wanted"]
    up = daemon.wait_state("life", "connected")
    assert up["listen"] == f"127.0.0.1:{port}" and up["bound_port"] == port
    peers.round_trip(port)
    env.wait_until(
        lambda: daemon.api("GET", path)["bytes_in"] == 4096, "bytes")
    for refused in (daemon.refuses("PATCH", path, {"local_port": 0}),
                    daemon.refuses("DELETE", path)):
        assert refused.status == 409 and refused.code == "still_running"
    changed = daemon.api("PATCH", path + "?stop=1", {"local_port": 0})
    assert changed["local"] == "127.0.0.1:0" and changed["revision"] > 1
    assert daemon.wait_state("life", "disconnected")
    assert daemon.ask("DELETE", "/api/v1" + path).status == 204
    assert daemon.refuses("GET", path).code == "not_found"


def test_everything_wrong_is_told_at_once(daemon):
    problem = daemon.refuses("POST", "/forwards", {
        "nmae": "x", "type": "local", "server": "nowhere",
        "local_port": 70000, "remote": "no port", "autostart": "yes"})
    assert problem.status == 422 and problem.code == "invalid_argument"
    assert fields(problem) == {"nmae", "server", "local_port", "remote",
                               "autostart", "name"}
    problem = daemon.refuses("POST", "/forwards", [1])
    assert problem.status == 422
    french = daemon.ask("POST", "/api/v1/forwards", {},
                        {"Accept-Language": "fr"}).json
    assert "il manque" in str(french["fields"])


def test_names_are_unique(daemon, forward):
    problem = daemon.refuses("POST", "/forwards", {
        "name": forward["name"], "server": "vps", "type": "dynamic",
        "local": "127.0.0.1:0"})
    assert fields(problem) == {"name"}
    assert problem.answer.json["fields"][0]["code"] == "name_taken"


def test_two_editors(daemon):
    made = daemon.add_forward("edited", "vps", "dynamic", "127.0.0.1:0")
    path = f"/forwards/{made['id']}"
    first = daemon.ask("PATCH", "/api/v1" + path, {"note": "one"},
                       {"If-Match": '"1"'})
    assert first.status == 200 and first.headers["etag"] == '"2"'
    problem = daemon.refuses("PATCH", path, {"note": "two"},
                             {"If-Match": '"1"'})
    assert problem.status == 412 and problem.code == "changed_meanwhile"
    assert daemon.refuses("DELETE", path, headers={
        "If-Match": '"1"'}).status == 412
    assert daemon.api("GET", path)["note"] == "one"
    daemon.api("DELETE", path)


def test_several(daemon):
    ids = [daemon.add_forward(f"many{n}", "vps", "dynamic", "127.0.0.1:0",
                              tags=["many"])["id"] for n in range(3)]
    started = daemon.api("POST", "/forwards/start", {"tag": "many"})
    assert [row["id"] for row in started] == ids
    for n in range(3):
        daemon.wait_state(f"many{n}", "connected")
    assert len(daemon.api("GET", "/forwards?tag=many&state=connected")) == 3
    daemon.api("POST", "/forwards/stop", {"ids": ids[:2]})
    daemon.wait_state("many0", "disconnected")
    assert daemon.forward("many2")["wanted"]
    daemon.api("POST", "/forwards/stop", {"all": True})
    assert not daemon.forward("many2")["wanted"]
    for body in ({}, {"ids": [99999]}, {"tag": 3}, {"all": False},
                 {"all": True, "tag": "many"}, {"ids": ["1"]}):
        assert daemon.refuses("POST", "/forwards/start", body).status == 422
    for one in ids:
        daemon.api("DELETE", f"/forwards/{one}")


def test_check_stores_nothing(daemon):
    before = len(daemon.api("GET", "/forwards"))
    with peers.Service(peers.echo) as taken:
        said = daemon.api("POST", "/forwards/check", {
            "name": "c", "server": "vps", "type": "local",
            "local": f"127.0.0.1:{taken.port}", "remote": "db:1"})
    assert said["fields"] == []
    assert said["port"]["address"] == f"127.0.0.1:{taken.port}"
    assert "python" in said["port"]["holder"] and int(said["port"]["next"])
    assert said["ssh_command"].startswith("ssh -N -L ")
    said = daemon.api("POST", "/forwards/check", {"name": ""})
    assert {"name", "type", "server"} <= {f["field"] for f in said["fields"]}
    assert len(daemon.api("GET", "/forwards")) == before


def test_connections_are_listed_and_killed(daemon, forward):
    path = f"/forwards/{forward['id']}/connections"
    with peers.dial(forward["bound_port"]) as end:
        end.sendall(b"x")
        assert end.recv(1) == b"x"
        listed = daemon.api("GET", path)
        assert listed["total"] == 1
        row = listed["connections"][0]
        assert row["client"] == "127.0.0.1:%d" % end.getsockname()[1]
        assert row["process"]["name"] and row["open"]
        assert row["destination"] == forward["remote"]
        assert row in daemon.api("GET", "/connections")["connections"] or \
            daemon.api("GET", "/connections")["total"] == 1
        daemon.api("DELETE", f"/connections/{row['id']}")
        assert peers.ended(end)
    env.wait_until(lambda: daemon.api("GET", path)["total"] == 0, "none")
    assert daemon.refuses("DELETE", "/connections/1-").status == 404


def test_traffic_and_events(daemon, forward):
    peers.round_trip(forward["bound_port"])
    path = f"/forwards/{forward['id']}/traffic?by="
    env.wait_until(lambda: sum(row["bytes_in"] for row in daemon.api(
        "GET", path + "minute")) == 4096, "a minute's bytes")
    for by in ("hour", "day"):
        assert isinstance(daemon.api("GET", path + by), list)
    assert daemon.refuses("GET", path + "year").status == 422
    events = daemon.api("GET", f"/events?forward_id={forward['id']}&kind=state")
    assert events and events[0]["state"] == "connected"
    assert events[0]["message"] and events[0]["forward"] == forward["name"]
    newest = daemon.api("GET", "/events?limit=1")[0]["id"]
    assert daemon.api("GET", f"/events?after={newest}") == []
    assert daemon.api("GET", "/events?until=1990-01-01T00:00:00Z") == []
    for bad in ("limit=0", "limit=x", "since=now", "kind=x", "level=loud"):
        assert daemon.refuses("GET", "/events?" + bad).status == 422


def finished(daemon, test):
    return env.wait_until(
        lambda: (t := daemon.api("GET", f"/tests/{test}"))["done"] and t,
        lambda: daemon.api("GET", f"/tests/{test}"))


def test_staged_test(daemon, forward):
    test = daemon.api("POST", f"/forwards/{forward['id']}/test")["id"]
    done = finished(daemon, test)
    assert done["ok"], done
    assert [stage["stage"] for stage in done["stages"]] == [
        "dns", "tcp", "banner", "host_key", "auth", "permission", "target"]
    port = env.free_port()
    bad = daemon.add_forward("nobody", "vps", local="127.0.0.1:0",
                             remote=f"127.0.0.1:{port}")
    test = daemon.api("POST", f"/forwards/{bad['id']}/test")["id"]
    done = finished(daemon, test)
    assert done["ok"] is False
    assert done["stages"][-1]["error"]["code"] == "target_refused"
    daemon.api("DELETE", f"/forwards/{bad['id']}")
    assert daemon.refuses("GET", "/tests/t99999").status == 404


def test_metrics_and_status(daemon, forward):
    peers.round_trip(forward["bound_port"])
    text = daemon.ask("GET", "/metrics").text
    assert f'taupe_forward_up{{forward="{forward["name"]}",server="vps",' \
        'type="local"} 1\n' in text
    status = daemon.api("GET", "/status")
    assert status["connected"] >= 1 and status["links"] >= 1
    assert status["pid"] == daemon.pid and status["memory_bytes"] > 0


def test_doctor(daemon, forward):
    found = daemon.api("GET", "/doctor")
    assert all(row["message"] for row in found)
    mine = [row for row in found if row.get("forward_id") == forward["id"]]
    assert [(row["check"], row["state"]) for row in mine] == [
        ("destination", "ok")], found
    assert {"disk", "clock", "open_files", "secrets", "keep_alive"} <= {
        row["check"] for row in found}


def test_export_comes_back(daemon, forward):
    text = daemon.ask("GET", "/api/v1/export?format=json").text
    plan = daemon.api("POST", "/import", {
        "format": "json", "text": text, "dry_run": True})
    assert {row["action"] for row in plan["forwards"]} == {"same"}
    assert {row["action"] for row in plan["servers"]} == {"same"}
    assert plan["skipped"] == [] and not plan["applied"]


def test_a_line_is_parsed(daemon):
    said = daemon.api("POST", "/forwards/parse", {
        "text": "ssh -N -L 3307:127.0.0.1:3306 me@vps.example"})
    row = said["forwards"][0]
    assert row["type"] == "local" and row["local_port"] == 3307
    assert row["remote_host"] == "127.0.0.1" and row["remote_port"] == 3306
    assert said["servers"][0]["host"] == "vps.example"
    assert daemon.api("GET", "/servers?name=vps.example") == []
