"""An AsyncSSH server that forwards everything:
PORT AUTHORIZED_KEYS PASSWORD HOST_KEY,… [MODE…]

Modes: `kbdint` asks keyboard-interactive questions in two rounds, `change` wants
the password changed at its first use (to the password with "!" after it),
`password` offers passwords; without any of them only keys are offered.
"""
import asyncio
import sys

import asyncssh

port, authorized, password, host_keys, *modes = sys.argv[1:]


class Server(asyncssh.SSHServer):
    def __init__(self):
        self.round = 0

    def public_key_auth_supported(self):
        return not modes

    def password_auth_supported(self):
        return "password" in modes or "change" in modes

    def validate_password(self, username, given):
        if "change" in modes:
            if given == password:
                raise asyncssh.PasswordChangeRequired("It is too old.")
            return False
        return given == password

    def change_password(self, username, old, new):
        return old == password and new == password + "!"

    def kbdint_auth_supported(self):
        return "kbdint" in modes

    def get_kbdint_challenge(self, username, lang, submethods):
        self.round = 1
        return "Two rounds", "Please answer.", "", [("Password: ", False)]

    def validate_kbdint_response(self, username, responses):
        if self.round == 1 and list(responses) == [password]:
            self.round = 2
            return "", "", "", [("Code: ", True), ("Colour: ", True)]
        return self.round == 2 and list(responses) == ["123456", "mauve"]

    def connection_requested(self, *_):
        return True

    def server_requested(self, *_):
        return True

    def unix_connection_requested(self, *_):
        return True

    def unix_server_requested(self, *_):
        return True


async def main():
    kex = [a.decode() for a in asyncssh.kex.get_kex_algs()
           if not a.startswith((b"gss", b"rsa"))]
    await asyncssh.listen(
        "127.0.0.1", int(port), server_factory=Server,
        server_host_keys=host_keys.split(","),
        authorized_client_keys=authorized, reuse_address=True,
        kex_algs=kex,
        encryption_algs=[a.decode()
                         for a in asyncssh.encryption.get_encryption_algs()],
        mac_algs=[a.decode() for a in asyncssh.mac.get_mac_algs()])
    await asyncio.Event().wait()


asyncio.run(main())
