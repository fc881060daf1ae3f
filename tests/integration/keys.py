"""Keys, made once a run by ssh-keygen and shared by all tests, read only."""
import os
import pathlib
import subprocess

PASSPHRASE = "a mole's own word"
TYPES = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa521": ["-t", "ecdsa", "-b", "521"],
    "rsa": ["-t", "rsa", "-b", "2048"],
}


def keygen(*words):
    done = subprocess.run(["ssh-keygen", "-q", *map(str, words)],
                          capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(path):
    """A public key's line, without its comment."""
    return " ".join(pathlib.Path(f"{path}.pub").read_text().split()[:2])


class Keys:
    """`user[type]` and `host[type]` are paths of private keys."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.user, self.host = {}, {}
        for kind, options in TYPES.items():
            self.user[kind] = self.make(f"user_{kind}", *options)
            self.host[kind] = self.make(f"host_{kind}", *options)
        self.other_host = self.make("other_host")
        self.locked = self.make("locked", passphrase=PASSPHRASE)
        self.stranger = self.make("stranger")
        self.ca = self.make("ca")
        self.authorized = self.folder / "authorized_keys"
        known = [*self.user.values(), self.locked]
        self.authorized.write_text(
            "".join(public(key) + "\n" for key in known))
        os.chmod(self.authorized, 0o600)

    def make(self, name, *options, passphrase=""):
        path = self.folder / name
        keygen("-N", passphrase, "-C", name, "-f", path,
               *(options or TYPES["ed25519"]))
        return path

    def copy(self, key, to):
        """A copy of a key pair that a test may change."""
        for suffix in ("", ".pub"):
            target = pathlib.Path(f"{to}{suffix}")
            target.write_bytes(pathlib.Path(f"{key}{suffix}").read_bytes())
            os.chmod(target, 0o600)
        return pathlib.Path(to)

    def certify(self, key, *options):
        """Signs key.pub with the authority; the certificate's path."""
        keygen("-s", self.ca, "-I", key.name, *options, f"{key}.pub")
        return pathlib.Path(f"{key}-cert.pub")

    def fingerprint(self, key):
        return keygen("-l", "-E", "sha256", "-f", f"{key}.pub").split()[1]


def known_hosts_line(port, key, host="127.0.0.1"):
    return f"[{host}]:{port} {public(key)}\n"
