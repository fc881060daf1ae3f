"""Servers over the API: fields, use, secrets, questions, known hosts."""
import pytest

import daemon as daemons
import env
import makes

pytestmark = pytest.mark.taupe_only


def fields(problem):
    return {row["field"] for row in problem.answer.json["fields"]}


def asked(daemon, kind):
    """The question of that kind that waits."""
    return env.wait_until(
        lambda: next((p for p in daemon.api("GET", "/prompts")
                      if p["kind"] == kind), None),
        lambda: f"{kind}: {daemon.api('GET', '/prompts')}\n{daemon.said()}")


def test_life(daemon):
    answer = daemon.ask("POST", "/api/v1/servers", {
        "name": "vps", "host": "vps.example", "user": "me", "port": 2222,
        "identity_files": ["~/.ssh/a b"], "keep_alive_s": 30, "pool": 2,
        "host_key_policy": "strict", "options": ["RekeyLimit=1G"],
        "password": "hunter2"})
    assert answer.status == 201, answer.text
    made = answer.json
    assert "hunter2" not in answer.text
    assert made["identity_files"] == ["~/.ssh/a b"]
    assert made["keep_alive_s"] == 30 and made["pool"] == 2
    assert made["options"] == ["RekeyLimit=1G"] and made["known_hosts"] == []
    assert [s["kind"] for s in made["stored_secrets"]] == ["password"]
    path = f"/servers/{made['id']}"
    changed = daemon.api("PATCH", path, {
        "keep_alive_s": None, "identity_files": [], "port": None})
    assert changed["keep_alive_s"] == 15 and changed["port"] == 22
    assert changed["identity_files"] == []
    assert changed["host_key_policy"] == "strict"
    assert daemon.refuses("PATCH", path, {"note": "x"},
                          {"If-Match": '"1"'}).status == 412
    assert daemon.ask("DELETE", "/api/v1" + path + "/secrets").status == 204
    assert daemon.api("GET", path)["stored_secrets"] == []
    assert daemon.ask("PUT", "/api/v1" + path + "/secrets", {
        "kind": "passphrase", "value": "x"}).status == 204
    problem = daemon.refuses("PUT", path + "/secrets", {"kind": "pin"})
    assert fields(problem) == {"kind", "value"}
    daemon.add_forward("on it", "vps", "dynamic", "127.0.0.1:0")
    assert daemon.refuses("DELETE", path).code == "still_in_use"
    assert daemon.ask("DELETE",
                      "/api/v1" + path + "?forwards=1").status == 204
    assert daemon.api("GET", "/forwards") == []
    assert daemon.refuses("GET", path).status == 404


def test_everything_wrong_is_told_at_once(daemon):
    problem = daemon.refuses("POST", "/servers", {
        "hots": "x", "host": "a b", "port": 0.5, "keep_alive_s": 10 ** 15,
        "ciphers": "rot13", "jump_server": "nowhere", "pool": -1})
    assert problem.status == 422
    assert fields(problem) == {"hots", "host", "port", "keep_alive_s",
                               "ciphers", "jump_server", "pool", "name"}


def test_jump_servers_do_not_go_round(daemon):
    daemon.api("POST", "/servers", {"name": "a", "host": "a"})
    b = daemon.api("POST", "/servers", {
        "name": "b", "host": "b", "jump_server": "a"})
    assert b["jump_server"] == "a" and b["jump_server_id"]
    path = f"/servers/{b['jump_server_id']}"
    assert daemon.refuses("PATCH", path, {"jump_server": "b"}).status == 422
    forward = daemon.add_forward("f", "b", "dynamic", "1080")
    assert forward["ssh_command"] == "ssh -N -D 1080 -J a b"


def test_first_contact_is_asked(daemon, run):
    with makes.OpenSSH(run) as server:
        server.known_hosts.write_text("")
        made = daemon.api("POST", "/servers", {
            "name": "new", **server.fields()})
        daemon.add_forward("f", "new", "dynamic", "127.0.0.1:0", start=True)
        prompt = asked(daemon, "host_key")
        shown = prompt["host_key"]["fingerprint"]
        assert shown.startswith("SHA256:") and prompt["title"]
        assert daemon.refuses("POST", "/known-hosts", {
            "server_id": made["id"], "fingerprint": "SHA256:x"}).status == 404
        daemon.api("POST", "/known-hosts", {
            "server_id": made["id"], "fingerprint": shown})
        daemon.wait_state("f", "connected")
        lines = daemon.api("GET", f"/known-hosts?server_id={made['id']}")
        line = next(row for row in lines if row["fingerprint"] == shown)
        assert line["path"] == str(server.known_hosts)
        assert line["server_ids"] == [made["id"]]
        path = f"/known-hosts/{line['id']}"
        assert daemon.ask("DELETE", "/api/v1" + path).status == 204
        assert daemon.refuses("DELETE", path).status == 404
        assert shown not in server.known_hosts.read_text()
        daemon.api("POST", "/forwards/stop", {"all": True})


def test_passwords_are_asked(daemon, run):
    with makes.OpenSSH(run, PasswordAuthentication="yes",
                       UsePAM="no") as server:
        daemon.api("POST", "/servers", {
            "name": "pw", **server.fields(key=None, identity_files=["none"]),
            "identity_agent": "none", "auth_methods": "password"})
        daemon.add_forward("f", "pw", "dynamic", "127.0.0.1:0", start=True)
        prompt = asked(daemon, "password")
        path = f"/prompts/{prompt['id']}"
        assert daemon.refuses("POST", path + "/answer", {}).status == 422
        assert daemon.refuses("POST", path + "/answer", {
            "answers": ["a", "b"]}).status == 422
        daemon.api("POST", path + "/answer", {"answers": ["wrong"]})
        again = env.wait_until(
            lambda: next((p for p in daemon.api("GET", "/prompts")
                          if p["retry"]), None), "a second question")
        assert daemon.refuses("POST", path + "/answer", {
            "answers": ["late"]}).status == 404
        daemon.api("POST", f"/prompts/{again['id']}/answer", {
            "answers": [makes.PASSWORD], "keep": True})
        daemon.wait_state("f", "connected")
        server_id = daemon.forward("f")["server_id"]
        kept = env.wait_until(lambda: daemon.api(
            "GET", f"/servers/{server_id}")["stored_secrets"], "a kept one")
        assert kept[0]["kind"] == "password"
        assert makes.PASSWORD not in daemon.ask("GET", "/api/v1/events").text


def test_a_question_is_called_off(daemon, run):
    with makes.OpenSSH(run) as server:
        server.known_hosts.write_text("")
        daemon.api("POST", "/servers", {"name": "new", **server.fields()})
        daemon.add_forward("f", "new", "dynamic", "127.0.0.1:0", start=True)
        prompt = asked(daemon, "host_key")
        path = f"/prompts/{prompt['id']}"
        daemon.api("POST", path + "/cancel")
        assert daemon.refuses("POST", path + "/cancel").status == 404
        daemon.wait_state("f", "error")


def test_a_server_is_tested(daemon, sshd):
    made = daemon.api("POST", "/servers", {"name": "vps", **sshd.fields()})
    test = daemon.api("POST", f"/servers/{made['id']}/test")["id"]
    done = env.wait_until(
        lambda: (t := daemon.api("GET", f"/tests/{test}"))["done"] and t,
        lambda: daemon.api("GET", f"/tests/{test}"))
    assert done["ok"] and done["forward_id"] is None
    assert [s["state"] for s in done["stages"]] == ["ok"] * 5
    assert daemon.ask("DELETE", f"/api/v1/tests/{test}").status == 204


def test_settings(daemon):
    assert daemon.api("GET", "/settings")["theme"] == "system"
    said = daemon.api("PATCH", "/settings", {
        "language": "fr", "theme": "dark", "log_level": "debug"})
    assert (said["language"], said["theme"], said["log_level"]) == (
        "fr", "dark", "debug")
    problem = daemon.refuses("PATCH", "/settings", {
        "theme": "loud", "listen": "0.0.0.0:1", "language": None})
    assert fields(problem) == {"theme", "listen"}
    assert daemon.api("GET", "/settings")["language"] == "fr"
