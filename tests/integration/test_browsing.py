"""A browser behind a Dynamic forward: by SOCKS, by HTTP's CONNECT and by the
PAC file of the same port. The server's side alone knows the site's name."""
import http.server
import re
import ssl
import subprocess
import threading

import pytest

import chromium
import makes

pytestmark = pytest.mark.taupe_only

SITE = "page.far.test"
PARTS = [str(number) for number in range(30)]
PART_BYTES = 50000
# Its text is there once all the parts have come, each over the tunnel.
PAGE = '<!doctype html><link rel="icon" href="data:,"><p>' + "".join(
    f'<script src="/part/{number}"></script>' for number in PARTS)


class Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, body = "text/html", PAGE
        if self.path != "/":
            kind = "text/javascript"
            number = self.path.rpartition("/")[2]
            body = f"document.write('<b>part {number}</b>');".ljust(PART_BYTES)
        self.server.asked.append((self.headers["Host"], self.path))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


class Web:
    """The site on a port of 127.0.0.1; with `certificate` by TLS."""

    def __init__(self, certificate=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        self.server.asked = self.asked = []
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        self.port = self.server.server_port
        self._thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()


@pytest.fixture
def proxy(run, daemon, stack):
    """proxy(web): the port of a Dynamic forward that leads to it, and no
    further: what a browser wants of the world besides stays here."""
    def launch(web):
        server = stack.enter_context(makes.OpenSSH(
            run, PermitOpen=f"{SITE}:{web.port}"))
        daemon.add_server("vps", **server.fields())
        daemon.add_forward("proxy", "vps", "dynamic", local="127.0.0.1:0",
                           start=True)
        return daemon.wait_state("proxy", "connected")["bound_port"]
    return launch


def browse(daemon, web, scheme, *options):
    """All of the page comes, by the name that the server's side resolves."""
    text = chromium.text_of(f"{scheme}://{SITE}:{web.port}/", *options)
    assert re.findall(r"<b>part (\d+)</b>", text) == PARTS, text
    assert {host for host, _ in web.asked} == {f"{SITE}:{web.port}"}
    assert sorted(path for _, path in web.asked) == sorted(
        ["/", *(f"/part/{number}" for number in PARTS)])
    forward = daemon.forward("proxy")
    assert forward["connections_total"] >= 1
    assert forward["bytes_in"] >= len(PARTS) * PART_BYTES


def test_by_socks(daemon, proxy):
    with Web() as web:
        browse(daemon, web, "http",
               f"--proxy-server=socks5://127.0.0.1:{proxy(web)}",
               "--proxy-bypass-list=<-loopback>")


def test_by_connect(daemon, proxy, folder):
    """What a browser asks of an HTTP proxy for a page by TLS."""
    key, certificate = folder / "key", folder / "certificate"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "1", "-subj", f"/CN={SITE}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    with Web((certificate, key)) as web:
        browse(daemon, web, "https", "--ignore-certificate-errors",
               f"--proxy-server=http://127.0.0.1:{proxy(web)}")


def test_by_the_pac_file(daemon, proxy):
    with Web() as web:
        place = f"http://127.0.0.1:{proxy(web)}/proxy.pac"
        browse(daemon, web, "http", f"--proxy-pac-url={place}")
