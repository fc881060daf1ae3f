"""A Paramiko server with direct-tcpip and tcpip-forward:
PORT AUTHORIZED_KEYS PASSWORD HOST_KEY,… [MODE…]"""
import socket
import sys
import threading

import paramiko

port, authorized, password, host_keys, *_ = sys.argv[1:]
KEY_CLASSES = {"ssh-ed25519": paramiko.Ed25519Key,
               "ssh-rsa": paramiko.RSAKey}
known = {tuple(line.split()[:2]) for line in open(authorized)}


def load(path):
    kind = open(path + ".pub").read().split()[0]
    return KEY_CLASSES.get(kind, paramiko.ECDSAKey)(filename=path)


def pump(source, sink, end):
    """Copies one way, then hands on the end."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    try:
        end()
    except (OSError, EOFError):
        pass


def relay(channel, connection):
    there = threading.Thread(target=pump, daemon=True, args=(
        channel, connection,
        lambda: connection.shutdown(socket.SHUT_WR)))
    there.start()
    pump(connection, channel, channel.shutdown_write)
    there.join()
    channel.close()
    connection.close()


class Server(paramiko.ServerInterface):
    def __init__(self, transport):
        self.transport = transport
        self.waiting = {}
        self.listeners = {}

    def get_allowed_auths(self, username):
        return "publickey,password"

    def check_auth_password(self, username, given):
        return (paramiko.AUTH_SUCCESSFUL if given == password
                else paramiko.AUTH_FAILED)

    def check_auth_publickey(self, username, key):
        return (paramiko.AUTH_SUCCESSFUL
                if (key.get_name(), key.get_base64()) in known
                else paramiko.AUTH_FAILED)

    def check_channel_direct_tcpip_request(self, chanid, origin, destination):
        try:
            self.waiting[chanid] = socket.create_connection(destination, 10)
        except OSError:
            return paramiko.OPEN_FAILED_CONNECT_FAILED
        return paramiko.OPEN_SUCCEEDED

    def check_port_forward_request(self, address, wanted):
        try:
            listener = socket.create_server((address or "0.0.0.0", wanted))
        except OSError:
            return False
        bound = listener.getsockname()[1]
        self.listeners[(address, bound)] = listener
        threading.Thread(target=self.accept, daemon=True,
                         args=(listener, (address, bound))).start()
        return bound

    def cancel_port_forward_request(self, address, bound):
        listener = self.listeners.pop((address, bound), None)
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def accept(self, listener, bound):
        while True:
            try:
                connection, origin = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, daemon=True,
                             args=(connection, origin, bound)).start()

    def serve(self, connection, origin, bound):
        try:
            channel = self.transport.open_forwarded_tcpip_channel(origin, bound)
        except paramiko.SSHException:
            connection.close()
            return
        relay(channel, connection)

    def done(self):
        for listener in self.listeners.values():
            listener.close()


def serve(connection):
    transport = paramiko.Transport(connection)
    for key in keys:
        transport.add_server_key(key)
    server = Server(transport)
    try:
        transport.start_server(server=server)
        while transport.is_active():
            channel = transport.accept(1)
            if channel is not None:
                connected = server.waiting.pop(channel.get_id())
                threading.Thread(target=relay, daemon=True,
                                 args=(channel, connected)).start()
    except (paramiko.SSHException, EOFError, OSError) as error:
        print("session:", error, file=sys.stderr, flush=True)
    server.done()
    transport.close()


paramiko.Transport.load_server_moduli()
keys = [load(path) for path in host_keys.split(",")]
with socket.create_server(("127.0.0.1", int(port))) as acceptor:
    while True:
        threading.Thread(target=serve, daemon=True,
                         args=(acceptor.accept()[0],)).start()
