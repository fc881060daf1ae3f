"""docs/openapi.json against what the daemon answers: every answer of these
tests must be the one that is written there."""
import json
import re
import urllib.parse

import jsonschema
import pytest

import daemon as daemons
import env
import peers

pytestmark = pytest.mark.taupe_only

DOCUMENT = json.loads((env.ROOT / "docs" / "openapi.json").read_text())
RESOLVER = jsonschema.RefResolver("", DOCUMENT)


def validate(value, schema, where):
    validator = jsonschema.Draft202012Validator(schema, resolver=RESOLVER)
    errors = [f"{where}: {'/'.join(map(str, e.absolute_path))}: {e.message}"
              for e in validator.iter_errors(value)]
    assert not errors, "\n".join(errors[:10])


def find(path):
    """The document's path of a request's; one without {id} goes first."""
    for pattern in sorted(DOCUMENT["paths"], key=lambda p: "{id}" in p):
        if re.fullmatch(pattern.replace("{id}", "[^/]+"), path):
            return pattern
    raise AssertionError(f"{path} is not documented")


class Checked(daemons.Daemon):
    """Its answers are checked; `seen` grows: (method, path)."""

    def __init__(self, *words, **options):
        self.seen = set()
        super().__init__(*words, **options)

    def ask(self, method, path, body=None, headers=None):
        answer = super().ask(method, path, body, headers)
        plain = urllib.parse.urlsplit(path).path
        where = f"{method} {path} → {answer.status}"
        pattern = find(plain)
        operation = DOCUMENT["paths"][pattern][method.lower()]
        said = operation["responses"].get(str(answer.status))
        if said is None:
            assert answer.status >= 400, f"{where} is not documented"
            said = DOCUMENT["components"]["responses"]["Problem"]
        else:
            self.seen.add((method, pattern))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if "content" not in said:
            assert answer.body == b"", where
            return answer
        assert kind in said["content"], f"{where}: {kind}"
        if answer.json is not None:
            validate(answer.json, said["content"][kind]["schema"], where)
        if body is not None and answer.status < 400:
            sent = operation["requestBody"]["content"]["application/json"]
            validate(body, sent["schema"], f"{method} {path}, the body")
        return answer


@pytest.fixture
def daemon():
    with Checked() as made:
        yield made


def test_the_document_is_sound():
    assert DOCUMENT["openapi"].startswith("3.1.")
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
    ids = [operation["operationId"] for path in DOCUMENT["paths"].values()
           for operation in path.values()]
    assert len(ids) == len(set(ids))
    for reference in re.findall(r'"\$ref": "#([^"]+)"', json.dumps(DOCUMENT)):
        RESOLVER.resolve_fragment(DOCUMENT, reference)


def follow_forward(daemon, sshd, echo):
    """A forward's life; what is there in the end runs."""
    server = daemon.api("POST", "/servers", {"name": "vps", **sshd.fields()})
    made = daemon.add_forward("f", "vps", local="127.0.0.1:0",
                              remote=f"127.0.0.1:{echo.port}", tags=["t"])
    path = f"/forwards/{made['id']}"
    for action in ("start", "stop", "restart"):
        daemon.api("POST", f"{path}/{action}")
        daemon.api("POST", f"/forwards/{action}", {"ids": [made["id"]]})
    daemon.api("PATCH", path, {"note": "n"})
    daemon.api("GET", path)
    up = daemon.wait_state("f", "connected")
    with peers.dial(up["bound_port"]) as end:
        end.sendall(b"x")
        end.recv(1)
        daemon.api("GET", "/forwards")
        listed = daemon.api("GET", f"{path}/connections")["connections"]
        daemon.api("GET", "/connections")
        daemon.api("DELETE", f"/connections/{listed[0]['id']}")
    for by in ("minute", "hour", "day"):
        daemon.api("GET", f"{path}/traffic?by={by}")
    return server["id"], made["id"]


def follow_tests(daemon, server, forward):
    for path in (f"/servers/{server}", f"/forwards/{forward}"):
        test = daemon.api("POST", path + "/test")["id"]
        env.wait_until(lambda: daemon.api("GET", f"/tests/{test}")["done"],
                       "a test")
        daemon.api("DELETE", f"/tests/{test}")


def follow_errors(daemon):
    """Forwards in error, a destination that refuses, bodies that are wrong."""
    with peers.Service(peers.echo) as taken:
        daemon.add_forward("taken", "vps", "dynamic",
                           f"127.0.0.1:{taken.port}", start=True)
        daemon.wait_state("taken", "error")
        daemon.api("POST", "/forwards/check", {
            "name": "c", "server": "vps", "type": "dynamic",
            "local": f"127.0.0.1:{taken.port}"})
    refusing = daemon.add_forward("refusing", "vps", local="127.0.0.1:0",
                                  remote=f"127.0.0.1:{env.free_port()}",
                                  start=True)
    peers.dial_in_vain(daemon.wait_state("refusing", "connected")["bound_port"])
    env.wait_until(lambda: daemon.forward("refusing")["last_target_error"],
                   "a destination's error")
    daemon.refuses("POST", "/forwards", {"type": 1, "nmae": ""})
    daemon.refuses("DELETE", f"/forwards/{refusing['id']}")
    daemon.api("DELETE", f"/forwards/{refusing['id']}?stop=1")


def follow_server(daemon, server):
    path = f"/servers/{server}"
    daemon.api("GET", "/servers")
    daemon.api("GET", path)
    daemon.api("POST", path + "/reconnect")
    daemon.api("PATCH", path, {"note": "n"})
    daemon.api("PUT", path + "/secrets", {"kind": "password", "value": "x"})
    daemon.api("GET", path)
    daemon.api("DELETE", path + "/secrets")
    daemon.refuses("DELETE", path)
    jump = daemon.api("POST", "/servers", {
        "name": "jump", "host": "h", "jump_server": "vps", "password": "p"})
    daemon.api("DELETE", f"/servers/{jump['id']}")


def forget_lines(daemon, path):
    """All lines of a file, the server's further keys among them; whether there
    were any. A line's id goes with the lines before it: from the end, then."""
    lines = [row for row in daemon.api("GET", "/known-hosts")
             if row["path"] == str(path)]
    for row in reversed(lines):
        daemon.api("DELETE", f"/known-hosts/{row['id']}")
    return bool(lines)


def follow_prompts(daemon, sshd):
    """A first contact, called off, answered, removed."""
    empty = daemon.folder / "no_known_hosts"
    server = daemon.api("POST", "/servers", {
        "name": "new", **sshd.fields(), "known_hosts": [str(empty)]})
    made = daemon.add_forward("asks", "new", "dynamic", "127.0.0.1:0",
                              start=True)

    def asked():
        return env.wait_until(lambda: daemon.api("GET", "/prompts"),
                              "a question")[0]
    daemon.api("POST", f"/prompts/{asked()['id']}/cancel")
    daemon.wait_state("asks", "error")
    daemon.api("POST", f"/forwards/{made['id']}/restart")
    prompt = asked()
    daemon.api("POST", f"/prompts/{prompt['id']}/answer",
               {"answers": ["yes"]})
    daemon.wait_state("asks", "connected")
    daemon.api("POST", f"/forwards/{made['id']}/stop")
    env.wait_until(lambda: daemon.api("GET", f"/servers/{server['id']}")[
        "state"] == "disconnected", "the link's end")
    assert forget_lines(daemon, empty)
    daemon.api("POST", f"/forwards/{made['id']}/start")
    key = asked()["host_key"]["fingerprint"]
    daemon.api("POST", "/known-hosts",
               {"server_id": server["id"], "fingerprint": key})
    daemon.wait_state("asks", "connected")


def follow_rest(daemon):
    for path in ("/events?limit=1000", "/settings", "/tokens", "/session",
                 "/status", "/doctor", "/export", "/export?format=ssh",
                 "/export?format=ssh-commands"):
        daemon.api("GET", path)
    for path in ("/metrics", "/healthz"):
        daemon.ask("GET", path)
    text = daemon.ask("GET", "/api/v1/export?format=json").text
    daemon.api("POST", "/import", {"format": "json", "text": text,
                                   "dry_run": True})
    daemon.api("POST", "/import", {
        "format": "command", "text": "ssh -D 1080 me@other -X --nonsense\n"
                                     "ssh -D 1081 you@other"})
    daemon.api("POST", "/forwards/parse", {"text": "ssh -L 1:a:2 h"})
    daemon.api("PATCH", "/settings", {"theme": "dark"})
    daemon.api("PUT", "/settings/secrets", {"how": "passphrase",
                                            "passphrase": "open"})
    daemon.api("POST", "/settings/unlock", {"passphrase": "open"})
    daemon.api("DELETE", "/settings/secrets")
    daemon.api("PUT", "/settings/page-passphrase", {"passphrase": None})
    token = daemon.api("POST", "/tokens", {"name": "t", "scope": "read"})
    daemon.api("DELETE", f"/tokens/{token['id']}")
    link = daemon.api("POST", "/login-links")
    daemon.api("POST", "/login", {"code": link["url"].partition("#")[2]})
    daemon.api("POST", "/logout")
    daemon.api("POST", "/reload")


def test_answers_are_as_documented(daemon, sshd, echo):
    server, forward = follow_forward(daemon, sshd, echo)
    follow_tests(daemon, server, forward)
    follow_server(daemon, server)
    follow_errors(daemon)
    follow_prompts(daemon, sshd)
    follow_rest(daemon)
    with daemon.stream() as stream:
        stream.wait("hello")
        daemon.seen.add(("GET", "/api/v1/stream"))
    daemon.api("DELETE", f"/forwards/{forward}?stop=1")
    daemon.api("DELETE", f"/servers/{server}?stop=1&forwards=1")
    daemon.api("POST", "/shutdown")
    missed = {(method.upper(), path)
              for path, operations in DOCUMENT["paths"].items()
              for method in operations} - daemon.seen
    assert not missed, f"these were never answered: {sorted(missed)}"


def test_the_stream_is_as_documented(daemon, sshd):
    kinds = {"forward": "Forward", "server": "Server", "event": "Event",
             "prompt": "Prompt", "test": "Test", "settings": "Settings"}
    with daemon.stream() as stream:
        made = daemon.api("POST", "/servers", {
            "name": "vps", **sshd.fields(), "known_hosts": [
                str(daemon.folder / "none")]})
        forward = daemon.add_forward("f", "vps", "dynamic", "127.0.0.1:0",
                                     start=True)
        prompt = stream.wait("prompt")[2]
        daemon.api("POST", f"/prompts/{prompt['id']}/answer",
                   {"answers": ["yes"]})
        daemon.wait_state("f", "connected")
        daemon.api("POST", f"/servers/{made['id']}/test")
        stream.wait("test", lambda test: test["done"])
        daemon.api("PATCH", "/settings", {"theme": "light"})
        stream.wait("settings")
        daemon.api("DELETE", f"/forwards/{forward['id']}?stop=1")
        stream.wait("forward_removed")
        for _, event, data in list(stream.messages):
            if event in kinds:
                validate(data, {"$ref": "#/components/schemas/"
                                        + kinds[event]}, event)
        assert kinds.keys() <= {message[1] for message in stream.messages}
