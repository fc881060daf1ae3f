"""Database servers of the tests' own, each in a private folder and on a free
port of 127.0.0.1, and the programs that people use with them."""
import glob
import os
import pwd
import subprocess

import env


def call(*command, timeout=120, **more):
    """What a program prints that must end well."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True,
        timeout=timeout, check=False, stdin=subprocess.DEVNULL, **more)
    assert done.returncode == 0, f"{command[0]}: {done.stdout}\n{done.stderr}"
    return done.stdout


class Database:
    """What they share: with Postgres() as database: … database.port"""

    def __init__(self):
        self.folder = env.folder()
        self.port = env.free_port()
        self.process = None

    def serve(self, command, **options):
        self.process = env.Process(command, self.folder / "log", **options)
        env.wait_until(
            lambda: env.listens(self.port) or not self.process.alive(),
            self.process.said)
        assert self.process.alive(), self.process.said()

    def close(self):
        if self.process is not None:
            self.process.stop()
        env.remove(self.folder)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()


class Sql(Database):
    """`command(port)` is the client that runs what it reads and ends at the
    first error; a lost connection is one."""

    bytes_type = bytes_text = bytes_value = None

    def command(self, port):
        raise NotImplementedError

    def client(self, port):
        """The client with its ends open; what it says is in `stdout`."""
        return subprocess.Popen(
            [str(word) for word in self.command(port)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, "LC_ALL": "C"})

    def attempt(self, text, port=None):
        """(exit code, what it said) of a run of these statements."""
        with self.client(port or self.port) as client:
            said = client.communicate(text, timeout=120)[0]
            return client.returncode, said

    def run(self, text, port=None):
        code, said = self.attempt(text, port)
        assert code == 0, said
        return said


class Postgres(Sql):
    bytes_type = "bytea"

    def start(self):
        as_user = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            as_user = {"user": account.pw_uid, "group": account.pw_gid,
                       "extra_groups": []}
        self.binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        call(f"{self.binaries}/initdb", "-D", self.folder / "data", "-A",
             "trust", "-U", "mole", "--no-sync", cwd="/", **as_user)
        self.serve([f"{self.binaries}/postgres", "-D", self.folder / "data",
                    "-p", self.port, "-k", self.folder, "-h", "127.0.0.1",
                    "-F"], cwd="/", **as_user)
        env.wait_until(lambda: self.attempt("SELECT 1;")[0] == 0,
                       self.process.said)

    def close(self):
        if self.process is not None:
            self.process.stop(2)  # SIGINT: fast shutdown
        super().close()

    def command(self, port):
        return [f"{self.binaries}/psql", "-X", "-q", "-At", "-h", "127.0.0.1",
                "-p", port, "-U", "mole", "-v", "ON_ERROR_STOP=1", "postgres"]

    def bench(self, host, port, *words):
        """pgbench's command line."""
        return [f"{self.binaries}/pgbench", "-h", host, "-p", str(port),
                "-U", "mole", *map(str, words), "postgres"]

    @staticmethod
    def bytes_value(text):
        return f"decode('{text}', 'hex')"

    @staticmethod
    def bytes_text(column):
        return f"encode({column}, 'hex')"


class MariaDb(Sql):
    bytes_type = "longblob"

    def start(self):
        account = pwd.getpwuid(os.geteuid()).pw_name
        own = ["--no-defaults", f"--user={account}",
               f"--datadir={self.folder}/data"]
        call("mariadb-install-db", *own, "--skip-test-db",
             "--auth-root-authentication-method=normal")
        socket = self.folder / "socket"
        # Nothing here has to survive the machine's end.
        self.serve([env.tool("mariadbd"), *own, f"--port={self.port}",
                    "--bind-address=127.0.0.1", f"--socket={socket}",
                    f"--pid-file={self.folder}/pid", "--skip-log-bin",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--innodb-buffer-pool-size=32M"])
        call("mariadb", "--no-defaults", f"--socket={socket}", "-u", "root",
             "-e", "CREATE DATABASE mole; CREATE USER mole@'127.0.0.1' "
             "IDENTIFIED BY 'deep'; GRANT ALL ON mole.* TO mole@'127.0.0.1'")

    def command(self, port):
        return ["mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", port,
                "-u", "mole", "-pdeep", "--batch", "--skip-column-names",
                "--unbuffered", "--skip-reconnect", "mole"]

    @staticmethod
    def bytes_value(text):
        return f"x'{text}'"

    @staticmethod
    def bytes_text(column):
        return f"lower(hex({column}))"


class Redis(Database):
    def start(self):
        self.serve(["redis-server", "--port", self.port, "--bind", "127.0.0.1",
                    "--save", "", "--dir", self.folder])
