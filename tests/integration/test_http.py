"""The HTTP interface as hostile and clumsy clients meet it: names, origins,
cookies, tokens, links, methods, bodies, live streams, slow ones."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess

import pytest

import daemon as driver
import env


@pytest.fixture(scope="module")
def daemon():
    with driver.Daemon() as made:
        yield made


@pytest.fixture
def fresh():
    """One of the test's own."""
    with driver.Daemon() as made:
        yield made


def raw(address, text, timeout=None):
    """All that comes back for these bytes."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as client:
        client.settimeout(timeout or env.PATIENCE)
        client.connect(address)
        client.sendall(text.encode())
        answer = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(65536):
                answer += piece
        return answer.decode(errors="replace")


def problem(answer, status, code):
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["title"] and answer.json["detail"]
    return answer.json


# Names and origins.

@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1",
    "localhost.evil.example:{port}", "0.0.0.0:{port}", ""])
def test_other_hosts_are_refused(daemon, host):
    port = daemon.address()[1]
    for path in ("/", "/healthz", "/api/v1/session", "/nothing"):
        answer = daemon.tcp("GET", path,
                            headers={"Host": host.format(port=port)})
        problem(answer, 403, "not_allowed")


@pytest.mark.parametrize("host", [
    "127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}"])
def test_own_hosts_are_taken(daemon, host):
    port = daemon.address()[1]
    answer = daemon.tcp("GET", "/healthz",
                        headers={"Host": host.format(port=port)})
    assert answer.status == 200


@pytest.mark.parametrize("origin", [
    None, "null", "http://evil.example", "https://127.0.0.1:{port}",
    "http://localhost:{port}", "http://127.0.0.1:{port}.evil.example"])
def test_other_pages_change_nothing(daemon, origin):
    browser = daemon.browser()
    if origin is not None:
        origin = origin.format(port=browser.port)
    sent = {"Origin": origin}
    answer = browser.ask("POST", "/api/v1/tokens",
                         {"name": "stolen", "scope": "write"}, sent)
    problem(answer, 403, "not_allowed")
    names = [t["name"] for t in daemon.api("GET", "/tokens")]
    assert "stolen" not in names
    assert browser.ask("GET", "/api/v1/session", headers=sent).status == 200


def test_forms_of_other_pages_change_nothing(daemon):
    browser = daemon.browser()
    answer = browser.ask("POST", "/api/v1/tokens",
                         {"name": "forged", "scope": "write"},
                         {"X-Taupe": None})
    problem(answer, 403, "not_allowed")
    answer = browser.ask("POST", "/api/v1/tokens", b"name=forged&scope=write",
                         {"Content-Type": "application/x-www-form-urlencoded"})
    problem(answer, 415, "unsupported_media_type")
    answer = browser.ask("POST", "/api/v1/tokens", b'{"name":"f","scope":"read"}',
                         {"Content-Type": "text/plain"})
    problem(answer, 415, "unsupported_media_type")


def test_no_other_page_logs_in(daemon):
    browser = driver.Browser(daemon, log_in=False)
    answer = browser.ask("POST", "/api/v1/login", {"code": browser.link()},
                         {"Origin": "http://evil.example"})
    problem(answer, 403, "not_allowed")


def test_no_page_may_read_across_origins(daemon):
    for method in ("OPTIONS", "GET"):
        answer = daemon.browser().ask(
            method, "/api/v1/session",
            headers={"Access-Control-Request-Method": "POST",
                     "Origin": "http://evil.example"})
        assert not [name for name in answer.headers
                    if name.startswith("access-control")]


def test_every_answer_guards_the_browser(daemon):
    for path in ("/", "/healthz", "/api/v1/session", "/api/v1/none"):
        headers = daemon.tcp("GET", path).headers
        policy = headers["content-security-policy"]
        for part in ("default-src 'none'", "script-src 'self'",
                     "frame-ancestors 'none'", "form-action 'none'",
                     "base-uri 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        if path != "/":
            assert headers["cache-control"] == "no-store"


# Sessions.

def test_a_link_lets_in_once(daemon):
    browser = driver.Browser(daemon, log_in=False)
    problem(browser.ask("GET", "/api/v1/session"), 401, "not_logged_in")
    code = browser.link()
    answer = browser.log_in(code)
    assert answer.status == 204
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="):
        assert part in cookie
    assert "Secure" not in cookie
    session = browser.ask("GET", "/api/v1/session").json
    assert session["scope"] == "write"
    problem(driver.Browser(daemon, log_in=False).log_in(code),
            401, "not_logged_in")


def test_wrong_codes_and_cookies_are_refused(daemon):
    browser = driver.Browser(daemon, log_in=False)
    for code in ("", "0" * 32, "x" * 5000):
        assert browser.log_in(code).status in (401, 422)
    name = daemon.browser().cookie.partition("=")[0]
    for cookie in ("0" * 64, "", "x" * 4000, name):
        answer = browser.ask("GET", "/api/v1/session",
                             headers={"Cookie": f"{name}={cookie}"})
        problem(answer, 401, "not_logged_in")


def test_a_cookie_alone_opens_nothing(daemon):
    """Browsers send it to every port of the host: to other programs' pages."""
    thief, other = daemon.browser(), daemon.browser()
    for mark, status, code in ((None, 403, "not_allowed"),
                               ("1", 401, "not_logged_in"),
                               ("", 401, "not_logged_in"),
                               (other.mark, 401, "not_logged_in"),
                               (thief.mark[:-1], 401, "not_logged_in")):
        for method, path in (("GET", "/session"), ("GET", "/stream"),
                             ("POST", "/logout")):
            problem(thief.ask(method, "/api/v1" + path,
                              headers={"X-Taupe": mark}), status, code)
    assert thief.ask("GET", "/api/v1/session").status == 200


def test_daemons_of_one_host_share_a_jar(daemon, fresh):
    one, other = daemon.browser(), fresh.browser()
    assert one.cookie.partition("=")[0] != other.cookie.partition("=")[0]
    jar = {"Cookie": f"a=b; {other.cookie}; {one.cookie}; taupe=x"}
    for browser in (one, other):
        assert browser.ask("GET", "/api/v1/session", headers=jar).status == 200


def test_a_session_outlives_the_daemon_and_ends_with_logout(fresh):
    browser = fresh.browser()
    fresh.listen = "%s:%d" % fresh.address()
    for how in ("stop", "kill"):
        fresh.restart(how)
        assert browser.ask("GET", "/api/v1/session").status == 200
    answer = browser.ask("POST", "/api/v1/logout")
    assert answer.status == 204 and "Max-Age=0" in answer.headers["set-cookie"]
    problem(browser.ask("GET", "/api/v1/session"), 401, "not_logged_in")


def test_links_do_not_outlive_the_daemon(fresh):
    code = driver.Browser(fresh, log_in=False).link()
    fresh.restart()
    answer = driver.Browser(fresh, log_in=False).log_in(code)
    problem(answer, 401, "not_logged_in")


def test_only_the_last_links_are_good(fresh):
    browser = driver.Browser(fresh, log_in=False)
    codes = [browser.link() for _ in range(17)]
    problem(browser.log_in(codes[0]), 401, "not_logged_in")
    assert browser.log_in(codes[1]).status == 204


def test_guessing_is_slowed_down(fresh):
    browser = driver.Browser(fresh, log_in=False)
    good = browser.link()
    for _ in range(10):
        problem(browser.log_in("0" * 32), 401, "not_logged_in")
    answer = browser.log_in("0" * 32)
    problem(answer, 429, "limit_reached")
    assert 1 <= int(answer.headers["retry-after"]) <= 61
    # Whoever guesses, they keep nobody out.
    assert browser.log_in(good).status == 204
    answer = browser.ask("PUT", "/api/v1/settings/page-passphrase",
                         {"passphrase": "x"})
    assert answer.status == 204
    good = browser.link()
    for _ in range(10):
        problem(browser.log_in(good, passphrase="y"), 401, "not_logged_in")
    problem(browser.log_in(good, passphrase="x"), 429, "limit_reached")
    answer = browser.ask("PUT", "/api/v1/settings/page-passphrase",
                         {"passphrase": None, "current": "x"})
    problem(answer, 429, "limit_reached")


LOG_IN = """
import http.client, json, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=30)
c.request("POST", "/api/v1/login", json.dumps({"code": sys.argv[2]}),
          {"Content-Type": "application/json"})
print(c.getresponse().status)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="wants another user")
def test_a_link_is_of_no_use_to_other_users(daemon):
    """They may read it in ps(1) while the browser starts."""
    code = driver.Browser(daemon, log_in=False).link()
    for user, status in ((65534, "403"), (0, "204")):
        done = subprocess.run(
            ["/usr/bin/python3", "-c", LOG_IN, str(daemon.address()[1]), code],
            user=user, cwd="/", capture_output=True, text=True, timeout=60)
        assert done.stdout.strip() == status, done


def test_strangers_say_little(daemon):
    answer = daemon.tcp("POST", "/api/v1/login", {"code": "x" * 9000})
    problem(answer, 413, "too_large")


def test_the_page_may_have_a_passphrase(fresh):
    one, other = fresh.browser(), fresh.browser()
    answer = one.ask("PUT", "/api/v1/settings/page-passphrase",
                     {"passphrase": "très long"})
    assert answer.status == 204, answer.text
    assert one.ask("GET", "/api/v1/session").status == 200
    problem(other.ask("GET", "/api/v1/session"), 401, "not_logged_in")
    browser = driver.Browser(fresh, log_in=False)
    code = browser.link()
    wanted = problem(browser.log_in(code), 401, "not_logged_in")
    assert wanted["args"]["passphrase"] == "wanted"
    wrong = problem(browser.log_in(code, passphrase="x"), 401, "not_logged_in")
    assert wrong["args"]["passphrase"] == "wrong"
    assert browser.log_in(code, passphrase="très long").status == 204
    assert browser.ask("GET", "/api/v1/session").status == 200
    problem(browser.log_in(code, passphrase="très long"), 401, "not_logged_in")
    for path in (fresh.state).rglob("*"):
        if path.is_file():
            assert "très long".encode() not in path.read_bytes()


# Tokens.

def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_tokens_have_scopes(daemon):
    reader, writer = daemon.token("read"), daemon.token("write")
    assert reader.startswith("taupe_") and len(reader) > 60
    for token in (reader, writer):
        answer = daemon.tcp("GET", "/api/v1/forwards", headers=bearer(token))
        assert answer.status == 200
    answer = daemon.tcp("POST", "/api/v1/reload", headers=bearer(reader))
    problem(answer, 403, "not_allowed")
    answer = daemon.tcp("POST", "/api/v1/reload", headers=bearer(writer))
    assert answer.status == 204
    # No token makes another, or has a say in how secrets are kept.
    for method, path, body in (
            ("POST", "/tokens", {"name": "by-token", "scope": "read"}),
            ("DELETE", "/tokens/1", None),
            ("PUT", "/settings/page-passphrase", {"passphrase": "x"}),
            ("PUT", "/settings/secrets", {"how": "sealed"}),
            ("DELETE", "/settings/secrets", None),
            ("POST", "/settings/unlock", {})):
        answer = daemon.tcp(method, "/api/v1" + path, body, bearer(writer))
        problem(answer, 403, "not_allowed")
    # Over TCP nobody makes links or ends the daemon.
    for path in ("/api/v1/login-links", "/api/v1/shutdown"):
        problem(daemon.tcp("POST", path, headers=bearer(writer)),
                403, "not_allowed")


@pytest.mark.parametrize("field", [
    {"proxy_command": "touch /tmp/x"}, {"options": ["ProxyCommand=touch x"]},
    {"options": ["proxycommand touch x"]}, {"known_hosts": ["~/.bashrc"]},
    {"options": ["\tProxyCommand touch x"]},
    {"options": [" UserKnownHostsFile = ~/.bashrc"]},
    {"options": ["GlobalKnownHostsFile=/x"]}, {"identity_files": ["/x"]},
    {"options": ["IdentityFile2=/x"]}, {"certificate_files": ["/x"]},
    {"identity_agent": "/x"}])
def test_tokens_run_nothing_and_name_no_files(daemon, field):
    writer, name = daemon.token("write"), f"of {field}"[:64]
    body = {"name": name, "host": "127.0.0.1"}
    answer = daemon.tcp("POST", "/api/v1/servers", body | field,
                        bearer(writer))
    problem(answer, 422, "invalid_argument")
    assert answer.json["fields"][0]["code"] == "not_allowed"
    # What the owner has set stays, and the rest is the token's, too.
    made = daemon.api("POST", "/servers", body | field)
    path = f"/api/v1/servers/{made['id']}"
    answer = daemon.tcp("PATCH", path, {"note": "x"}, bearer(writer))
    assert answer.status == 200, answer.text
    other = {name: [value[0] + "2"] if isinstance(value, list) else value + "2"
             for name, value in field.items()}
    answer = daemon.tcp("PATCH", path, other, bearer(writer))
    problem(answer, 422, "invalid_argument")
    assert daemon.browser().ask("PATCH", path, other).status == 200


def test_tokens_import_no_commands(daemon):
    body = {"format": "ssh-config", "text":
            "Host imported\n HostName 127.0.0.1\n ProxyCommand touch x\n"}
    writer = bearer(daemon.token("write"))
    answer = daemon.tcp("POST", "/api/v1/import", body | {"dry_run": True},
                        writer)
    assert answer.status == 200, answer.text
    problem(daemon.tcp("POST", "/api/v1/import", body, writer),
            403, "not_allowed")
    assert not daemon.api("GET", "/servers?name=imported")


def test_tokens_are_listed_without_themselves_and_revoked(fresh):
    token = fresh.token("write", "ci")
    row, = fresh.api("GET", "/tokens")
    assert row["name"] == "ci" and row["scope"] == "write"
    assert row["used_at"] is None and row["expires_at"] is None
    assert "token" not in row
    assert fresh.tcp("GET", "/api/v1/session",
                     headers=bearer(token)).status == 200
    row, = fresh.api("GET", "/tokens")
    assert row["used_at"]
    taken = fresh.refuses("POST", "/tokens", {"name": "ci", "scope": "read"})
    assert (taken.status, taken.code) == (409, "name_taken")
    fresh.api("DELETE", f"/tokens/{row['id']}")
    problem(fresh.tcp("GET", "/api/v1/session", headers=bearer(token)),
            401, "not_logged_in")
    gone = fresh.refuses("DELETE", f"/tokens/{row['id']}")
    assert (gone.status, gone.code) == (404, "not_found")
    for path in fresh.state.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes()


def test_what_is_revoked_reads_no_further(fresh):
    made = fresh.api("POST", "/tokens", {"name": "x", "scope": "read"})
    browser = fresh.browser()
    readers = []
    for headers in (bearer(made["token"]),
                    {"Cookie": browser.cookie, "X-Taupe": browser.mark}):
        readers.append(fresh.stream(
            headers=headers, connection=http.client.HTTPConnection(
                *fresh.address(), timeout=120)))
    for reader in readers:
        reader.wait("hello")
    fresh.api("DELETE", f"/tokens/{made['id']}")
    assert browser.ask("POST", "/api/v1/logout").status == 204
    fresh.add_server("secret", "127.0.0.1", 1)
    for reader in readers:
        env.wait_until(lambda: reader.ended, "the stream to end")
        assert not [m for m in reader.messages if m[1] == "server"]
        reader.close()


def test_tokens_expire(fresh):
    made = fresh.api("POST", "/tokens", {
        "name": "short", "scope": "read", "expires_in_s": 1})
    assert made["expires_at"]
    env.wait_until(
        lambda: fresh.tcp("GET", "/api/v1/session",
                          headers=bearer(made["token"])).status == 401,
        "the token to expire")


@pytest.mark.parametrize("value", [
    "Bearer", "Bearer ", "Bearer taupe_", "Basic dGF1cGU6eA==", "taupe_0",
    "Bearer taupe_" + "0" * 64, "Bearer " + "x" * 5000])
def test_other_tokens_are_none(daemon, value):
    answer = daemon.browser().ask("GET", "/api/v1/session",
                                  headers={"Authorization": value})
    problem(answer, 401, "not_logged_in")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("body", [
    {}, {"name": "x"}, {"name": "", "scope": "read"},
    {"name": "x", "scope": "admin"}, {"name": 1, "scope": "read"},
    {"name": "x", "scope": "read", "expires_in_s": -1},
    {"name": "x", "scope": "read", "more": 1},
    {"name": "x" * 300, "scope": "read"}, {"name": None, "scope": None}])
def test_odd_tokens_are_refused(daemon, body):
    refused = daemon.refuses("POST", "/tokens", body)
    assert (refused.status, refused.code) == (422, "invalid_argument")
    assert refused.answer.json["fields"]


# What is asked.

def test_methods_and_paths(daemon):
    answer = daemon.ask("PUT", "/api/v1/tokens", {})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    answer = daemon.ask("OPTIONS", "/api/v1/tokens")
    assert answer.status == 204 and "POST" in answer.headers["allow"]
    answer = daemon.ask("HEAD", "/api/v1/tokens")
    assert answer.status == 200 and answer.body == b""
    for path in ("/api/v1/nothing", "/api/v1", "/api", "/api/v1/tokens/x/y",
                 "/api/v2/tokens", "/metrics/x.y", "/none.js"):
        problem(daemon.ask("GET", path), 404, "not_found")
    for path in ("/%00", "/%zz", "/a//b", "/../x", "/api/v1/%2e%2e/tokens",
                 "/?a=%ff"):
        problem(daemon.ask("GET", path), 422, "invalid_argument")
    problem(daemon.ask("POST", "/"), 405, "method_not_allowed")
    for id in ("0", "01", "-1", "x", "4294967296", "1%00"):
        assert daemon.ask("DELETE", f"/api/v1/tokens/{id}").status in (404, 422)


def test_problems_are_in_the_readers_language(daemon):
    english = daemon.ask("GET", "/api/v1/none",
                         headers={"Accept-Language": "de, en;q=0.5"})
    french = daemon.ask("GET", "/api/v1/none",
                        headers={"Accept-Language": "fr-CA, en;q=0.5"})
    assert english.json["title"] == "Not found"
    assert french.json["title"] == "Introuvable"
    assert french.headers["content-language"] == "fr"
    assert english.json["code"] == french.json["code"] == "not_found"


def test_bodies_are_bounded(daemon):
    large = {"name": "x" * (1 << 20), "scope": "read"}
    problem(daemon.ask("POST", "/api/v1/tokens", large), 413, "too_large")
    deep = b'{"name":' + b"[" * 16 + b"]" * 16 + b"}"
    problem(daemon.ask("POST", "/api/v1/tokens", deep,
                       {"Content-Type": "application/json"}),
            422, "invalid_argument")
    very_deep = b'{"name":' + b"[" * 500000
    problem(daemon.ask("POST", "/api/v1/tokens", very_deep,
                       {"Content-Type": "application/json"}),
            422, "invalid_argument")
    # Sent in chunks, its length is known when it is too late.
    connection = daemon.connection()
    pieces = (b"x" * 65536 for _ in range(32))
    connection.request("POST", "/api/v1/tokens", pieces,
                       {"Content-Type": "application/json"},
                       encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


@pytest.mark.parametrize("body", [
    b"{", b"[]", b"1", b"null", b'"x"', b"{} x", b"\xff", b'{"a":1,"a":2}',
    b'{"name":"\\u0000"}', b'{"name":"\xff"}', b"{'a':1}", b'{"a":NaN}',
    b'{"a":1e999}', b"\x00"])
def test_bad_json_is_refused(daemon, body):
    answer = daemon.ask("POST", "/api/v1/tokens", body,
                        {"Content-Type": "application/json"})
    problem(answer, 422, "invalid_argument")


def test_a_body_far_too_large_is_not_read(daemon):
    answer = raw(str(daemon.socket),
                 "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\n"
                 "Content-Type: application/json\r\n"
                 "Content-Length: 99999999999\r\nConnection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 413"), answer[:200]
    answer = raw(str(daemon.socket),
                 "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\n"
                 "Expect: 100-continue\r\nContent-Type: application/json\r\n"
                 "Content-Length: 2000000\r\nConnection: close\r\n\r\n")
    assert answer.startswith("HTTP/1.1 413"), answer[:200]


def test_a_broken_if_match_changes_nothing(daemon):
    for value in ('"x"', "3", 'W/"1"', '"0"'):
        problem(daemon.ask("DELETE", "/api/v1/tokens/1",
                           headers={"If-Match": value}),
                412, "changed_meanwhile")


@pytest.mark.parametrize("text", [
    "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x00\x01\x02\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n", "GET /" + "a" * 70000 + " HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 20000 + "\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\n"
    "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
def test_broken_http_harms_nobody(daemon, text):
    for address in (str(daemon.socket), daemon.address()):
        with contextlib.suppress(TimeoutError, ConnectionError):
            raw(address, text, timeout=1)
        assert daemon.ask("GET", "/healthz").status == 200


def test_requests_may_follow_each_other(daemon):
    one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(str(daemon.socket), one * 20 + one.replace(
        "\r\n\r\n", "\r\nConnection: close\r\n\r\n"))
    assert answer.count("HTTP/1.1 200") == 21


# The Unix socket.

def test_the_socket_is_the_owners(daemon):
    assert daemon.socket.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_another_user_is_refused(fresh):
    """Even when somebody opens the socket's mode to everybody."""
    for path in (fresh.folder, fresh.socket):
        path.chmod(0o777)
    done = subprocess.run(
        [env.tool("setpriv"), "--reuid=65534", "--regid=65534",
         "--clear-groups", env.tool("curl"), "-s", "-o", "-",
         "--unix-socket", str(fresh.socket), "http://taupe/api/v1/session"],
        capture_output=True, text=True, timeout=env.PATIENCE, cwd="/")
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["code"]) == (403, "not_allowed"), done


# The live stream.

def test_the_first_message_says_hello(daemon):
    with daemon.stream() as stream:
        last_id, event, data = stream.wait("hello")
        assert stream.messages[0][1] == "hello"
        assert data["resumed"] is False and data["id"] == last_id
        assert stream.answer.headers["content-type"].startswith(
            "text/event-stream")


def change(daemon):
    """Something that everybody is told."""
    name = f"s{os.urandom(4).hex()}"
    daemon.add_server(name, "127.0.0.1", 22)
    return name


def is_named(name):
    return lambda data: data.get("name") == name


def test_changes_arrive(daemon):
    with daemon.stream() as stream:
        stream.wait("hello")
        name = change(daemon)
        _, _, server = stream.wait("server", is_named(name))
        assert server["id"] and server["state"] == "disconnected"
        daemon.api("DELETE", f"/servers/{server['id']}")
        stream.wait("server_removed", lambda data: data["id"] == server["id"])


def test_numbers_flow_while_somebody_reads(fresh, sshd, echo):
    """Connections and bytes of a forward, about once a second; who comes late
    or slowly gets the same ones."""
    fields = sshd.fields()
    fresh.add_server("s", fields.pop("host"), fields.pop("port"), **fields)
    made = fresh.add_forward(
        "f", "s", local="127.0.0.1:0", remote=f"127.0.0.1:{echo.port}",
        start=True)
    with fresh.stream() as stream:
        stream.wait("hello")
        port = fresh.wait_state("f", "connected")["bound_port"]
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"x" * 1000)
            got = b""
            while len(got) < 1000:
                got += client.recv(4096)

            def of_forward(rows):
                return [row for row in rows if row[0] == made["id"]
                        and row[1:5] == [1, 1, 1000, 1000]]
            stream.wait("traffic", of_forward)
            with fresh.stream(last_id=stream.messages[0][0]) as late:
                late.wait("traffic", of_forward)
        stream.wait("traffic", lambda rows: any(
            row[0] == made["id"] and row[1] == 0 for row in rows))
        states = [m[2]["state"] for m in stream.messages if m[1] == "forward"]
        assert states[-1] == "connected"


def test_a_stream_resumes(daemon):
    with daemon.stream() as first:
        first.wait("hello")
        name = change(daemon)
        first.wait("server", is_named(name))
        last = first.last_id()
    missed = change(daemon)
    with daemon.stream(last_id=last) as second:
        _, _, hello = second.wait("hello")
        assert hello["resumed"] is True
        second.wait("server", is_named(missed))
        assert not [m for m in second.messages if m[2].get("name") == name]
    for odd in ("x", last + "x", "0-1", last.partition("-")[0] + "-999999999",
                "-", "x" * 4000):
        with daemon.stream(last_id=odd) as stream:
            assert stream.wait("hello")[2]["resumed"] is False


def test_a_restart_starts_streams_anew(fresh):
    with fresh.stream() as stream:
        last = stream.wait("hello")[0]
        fresh.stop()
        env.wait_until(lambda: stream.ended, "the stream's end")
    fresh.start()
    with fresh.stream(last_id=last) as stream:
        assert stream.wait("hello")[2]["resumed"] is False


def test_streams_want_access(daemon):
    problem(daemon.tcp("GET", "/api/v1/stream"), 401, "not_logged_in")


def test_two_hundred_streams(daemon):
    """All are told, one that does not read harms nobody, all go (also while
    another connection lies idle)."""
    before = sockets(daemon)
    idle = daemon.connection()
    driver.ask(idle, "GET", "/healthz")
    with contextlib.ExitStack() as held:
        streams = [held.enter_context(daemon.stream(lang="fr" if i % 2 else "en"))
                   for i in range(200)]
        stuck = []
        for _ in range(10):
            client = socket.socket(socket.AF_UNIX)
            held.callback(client.close)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.connect(str(daemon.socket))
            client.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
            stuck.append(client)
        for stream in streams:
            stream.wait("hello")
        names = [change(daemon) for _ in range(20)]
        for stream in streams:
            stream.wait("server", is_named(names[-1]))
        assert daemon.ask("GET", "/healthz").status == 200
    env.wait_until(
        lambda: sockets(daemon) <= before + 1, "the streams to go", 10)
    idle.close()
    name = change(daemon)
    with daemon.stream() as stream:
        stream.wait("hello")
        assert name in [s["name"] for s in daemon.api("GET", "/servers")]


def sockets(daemon):
    """How many descriptors of the daemon are sockets."""
    count = 0
    for entry in pathlib.Path(f"/proc/{daemon.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += os.readlink(entry).startswith("socket:")
    return count


def test_a_reader_that_falls_behind_is_cut(stack):
    """What it does not read is not kept for it."""
    # Freed memory that the sanitizer holds back would count.
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    fresh = stack.enter_context(
        driver.Daemon(environ={"ASAN_OPTIONS": sanitizer}))
    with socket.socket(socket.AF_UNIX) as stuck:
        stuck.connect(str(fresh.socket))
        stuck.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        server = fresh.add_server("s", "127.0.0.1", 22)
        before = env.memory_kib(fresh.pid)
        connection = fresh.connection()
        # Each change is an event and a server; more than are kept.
        for turn in range(2500):
            answer = driver.ask(
                connection, "PATCH", f"/api/v1/servers/{server['id']}",
                {"note": "x" * 3000 + str(turn)})
            assert answer.status == 200, answer.text
        connection.close()
        assert env.memory_kib(fresh.pid) - before < 40 * 1024
        stuck.settimeout(env.PATIENCE)
        with contextlib.suppress(ConnectionError):
            while stuck.recv(65536):
                pass
    assert fresh.ask("GET", "/healthz").status == 200


# Slow ones.

def test_slow_headers_are_cut_and_harm_nobody(daemon):
    address = daemon.address()
    with contextlib.ExitStack() as held:
        slow = []
        for _ in range(300):
            client = held.enter_context(socket.socket())
            client.connect(address)
            client.sendall(b"GET / HTTP/1.1\r\nHost")
            slow.append(client)
        assert daemon.tcp("GET", "/healthz").status == 200

        def all_cut():
            left = []
            for client in slow:
                try:
                    client.send(b":")
                    client.setblocking(False)
                    if client.recv(4096) != b"":
                        left.append(client)
                except BlockingIOError:
                    left.append(client)
                except OSError:
                    pass
            slow[:] = left
            assert daemon.tcp("GET", "/healthz").status == 200
            return not left
        env.wait_until(all_cut, "slow clients to be cut", 40)


def test_more_connections_than_there_may_be(fresh):
    """Those over the bound are turned away; when some go, others come."""
    import resource
    wanted = 1100
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted + 200:
        pytest.skip("too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
    address = fresh.address()
    with contextlib.ExitStack() as held:
        for _ in range(wanted):
            client = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                client.connect(address)
        assert fresh.ask("GET", "/healthz").status == 200
    env.wait_until(lambda: answers(fresh), "the page to answer again")


def answers(daemon):
    try:
        return daemon.tcp("GET", "/healthz").status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_clients_that_reset_harm_nobody(daemon):
    address = daemon.address()
    for text in (b"", b"GET /healthz", b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
                 b"POST /api/v1/login HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"):
        for _ in range(20):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
            client.connect(address)
            client.sendall(text)
            client.close()
    assert daemon.tcp("GET", "/healthz").status == 200


def test_many_at_once(daemon):
    token = daemon.token("read")

    def one(_):
        return daemon.tcp("GET", "/api/v1/servers", headers=bearer(token)).status
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert set(pool.map(one, range(400))) == {200}


# The page.

@pytest.fixture
def page(folder):
    (folder / "dist" / "assets").mkdir(parents=True)
    (folder / "dist" / "index.html").write_text("<!doctype html><p>taupe")
    (folder / "dist" / "assets" / "a.js").write_text("1;")
    (folder / "dist" / ".hidden").write_text("no")
    (folder / "secret.txt").write_text("no")
    with driver.Daemon("--page", folder / "dist") as made:
        yield made


def test_a_page_on_disk(page):
    index = page.tcp("GET", "/")
    assert index.status == 200 and "taupe" in index.text
    assert index.headers["content-type"] == "text/html; charset=utf-8"
    again = page.tcp("GET", "/", headers={
        "If-None-Match": index.headers["etag"]})
    assert again.status == 304 and again.body == b""
    for way in ("/login", "/forwards/3", "/settings"):
        assert page.tcp("GET", way).text == index.text
    assert page.tcp("GET", "/assets/a.js").text == "1;"
    for path in ("/assets/b.js", "/.hidden", "/../secret.txt",
                 "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt",
                 "/assets/../../secret.txt", "//etc/passwd"):
        answer = page.tcp("GET", path)
        assert answer.status in (404, 422) and "no" != answer.text, path


# Where it listens.

def test_a_port_that_was_named_must_be_free(fresh):
    host, port = fresh.address()
    other = driver.Daemon(listen=f"{host}:{port}", wait=False)
    try:
        assert other.process.wait() != 0
        said = other.said()
        assert str(port) in said and str(fresh.pid) in said, said
    finally:
        other.close()


def test_a_port_that_was_not_named_is_the_next_free(stack):
    daemons = [stack.enter_context(driver.Daemon(listen=None))
               for _ in range(2)]
    ports = [daemon.address()[1] for daemon in daemons]
    assert ports[0] != ports[1]
    assert all(7622 <= port < 7622 + 16 for port in ports)


@pytest.mark.parametrize("words", [
    ["--listen", "0.0.0.0:0"], ["--listen", "[::]:0"],
    ["--listen", "*:0", "--allow-remote"],
    ["--listen", "nonsense:x"], ["--listen", "127.0.0.1:99999"]])
def test_beyond_this_machine_only_with_leave(words):
    other = driver.Daemon(*words, listen=None, wait=False)
    try:
        assert other.process.wait() != 0
        assert "taupe" in other.said()
    finally:
        other.close()


def test_behind_a_proxy(stack):
    made = stack.enter_context(driver.Daemon(
        "--allow-remote", "--public-url", "https://taupe.example",
        listen="0.0.0.0:0"))
    port = int(made.api("GET", "/status")["listen"].rpartition(":")[2])
    url = made.api("POST", "/login-links")["url"]
    assert url.startswith("https://taupe.example/login#")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    answer = driver.ask(connection, "POST", "/api/v1/login",
                        {"code": url.partition("#")[2]},
                        {"Host": "taupe.example", "X-Taupe": "1",
                         "Origin": "https://taupe.example"})
    assert answer.status == 204 and "; Secure" in answer.headers["set-cookie"]
    connection.close()


def test_tls(stack, folder):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    import ssl
    made = stack.enter_context(driver.Daemon(
        "--allow-remote", "--tls-cert", folder / "cert.pem", "--tls-key",
        folder / "key.pem", listen="0.0.0.0:0"))
    port = int(made.api("GET", "/status")["listen"].rpartition(":")[2])
    context = ssl.create_default_context(cafile=folder / "cert.pem")
    connection = http.client.HTTPSConnection(
        "localhost", port, timeout=30, context=context)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()
    bad = driver.Daemon("--tls-cert", folder / "key.pem", "--tls-key",
                        folder / "cert.pem", wait=False)
    try:
        assert bad.process.wait() != 0
    finally:
        bad.close()


def test_there_is_an_end_to_everything(fresh):
    made = fresh.api("POST", "/import", {
        "format": "json", "dry_run": False, "text": json.dumps({
            "taupe": 1, "forwards": [], "servers": [
                {"name": f"s{i}", "host": f"h{i}"} for i in range(5000)]})})
    assert made["applied"] and not made["skipped"]
    assert all(row["action"] == "add" for row in made["servers"])
    body = {"name": "x", "host": "h"}
    refused = fresh.refuses("POST", "/servers", body)
    assert (refused.status, refused.code) == (429, "limit_reached")
    refused = fresh.refuses("POST", "/import", {
        "format": "json", "dry_run": False, "text": json.dumps(
            {"taupe": 1, "forwards": [], "servers": [body]})})
    assert (refused.status, refused.code) == (429, "limit_reached")
    fresh.restart("kill")
    assert fresh.api("GET", "/status")["servers"] == 5000
