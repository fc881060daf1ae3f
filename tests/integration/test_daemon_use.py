"""Programs that people use, through a daemon's forwards, while the links fall:
what was said to be done is done, once, and the next try works."""
import asyncio
import hashlib
import random
import re
import subprocess
import threading

import pytest
import websockets

import databases
import env
import makes
import notebook
import peers
import streams
import taupe as driver

pytestmark = pytest.mark.taupe_only

SANITIZED = "build-" in driver.PROGRAM
MIB = 1 << 20


@pytest.fixture
def server(run, stack):
    """An sshd of the test's own."""
    return stack.enter_context(makes.OpenSSH(run))


class Way:
    """A local forward to a port, up, over links that can be cut."""

    def __init__(self, daemon, server, target, options=None, **fields):
        self.daemon = daemon
        self.server = server
        daemon.add_server("vps", **server.fields(**options or {}))
        daemon.add_forward("way", "vps", local="127.0.0.1:0",
                           remote=f"127.0.0.1:{target}", start=True, **fields)
        self.port = daemon.wait_state("way", "connected")["bound_port"]

    def cut(self):
        """Ends all links, and waits until the forward is up over others."""
        before = self.links()
        self.server.end_sessions()
        env.wait_until(
            lambda: self.now()["state"] == "connected"
            and self.links() and not before & self.links(), self.now)
        assert self.now()["bound_port"] == self.port

    def links(self):
        server, = self.daemon.api("GET", "/servers")
        return {link["no"] for link in server["links"] if link["ready"]}

    def now(self):
        return self.daemon.forward("way")

    def losses(self):
        return self.daemon.api("GET", "/events?code=link_lost")


@pytest.fixture
def way(daemon, server):
    def launch(target, options=None, **fields):
        return Way(daemon, server, target, options, **fields)
    return launch


@pytest.fixture(params=[
    pytest.param("postgres", marks=pytest.mark.sanitized), "mariadb"])
def sql(request):
    """A database with an empty table of numbered contents."""
    made = request.getfixturevalue(request.param)
    made.run("CREATE TABLE kept (batch int, n int, content "
             f"{made.bytes_type}, PRIMARY KEY (batch, n));")
    yield made
    made.run("DROP TABLE kept;")


# Databases.

ROWS = 20


def content(batch, n):
    return random.Random(batch * ROWS + n).randbytes(12000).hex()


def transaction(sql, batch):
    """The statements that store a batch."""
    return ["START TRANSACTION;",
            *(f"INSERT INTO kept VALUES ({batch}, {n}, "
              f"{sql.bytes_value(content(batch, n))});" for n in range(ROWS)),
            "COMMIT;"]


def compare(sql, port, batches):
    """What is there, as seen here and through the tunnel, is these batches."""
    question = (f"SELECT concat(batch, ' ', n, ' ', {sql.bytes_text('content')}"
                ") FROM kept ORDER BY batch, n;")
    expected = [f"{batch} {n} {content(batch, n)}"
                for batch in range(batches) for n in range(ROWS)]
    for place in (sql.port, port):
        assert sql.run(question, place).split("\n")[:-1] == expected


def test_half_a_transaction_is_none(way, sql):
    """A cut in its middle undoes it, as without a tunnel; it then goes well."""
    way = way(sql.port)
    for batch in range(4):
        lines = transaction(sql, batch)
        if batch % 2:
            with sql.client(way.port) as client:
                first = [*lines[:ROWS // 2], "SELECT 'half';\n"]
                client.stdin.write("\n".join(first))
                client.stdin.flush()
                assert client.stdout.readline() == "half\n"
                way.cut()
                client.communicate("\n".join(lines[ROWS // 2:]), timeout=60)
                assert client.returncode != 0
            found = sql.run(f"SELECT count(*) FROM kept WHERE batch = {batch};")
            assert found == "0\n"
        sql.run("\n".join(lines), way.port)
    compare(sql, way.port, 4)


class Writer(threading.Thread):
    """Stores batches one after the other, each until it is there: the database
    itself says when one that seemed to fail had been stored."""

    def __init__(self, sql, port, batches):
        super().__init__(daemon=True)
        self.sql, self.port, self.batches = sql, port, batches
        self.done = 0
        self.failed = []
        self.start()

    def run(self):
        for batch in self.batches:
            text = "\n".join(transaction(self.sql, batch))
            while True:
                code, said = self.sql.attempt(text, self.port)
                if code == 0 or "duplicate" in said.lower():
                    break
                self.failed.append(said[-300:])
            self.done += 1


def test_writers_while_links_are_cut(way, sql):
    """Each cut fails each client at most once: those that come meanwhile wait
    for the next link and are not refused."""
    way = way(sql.port)
    count, cuts = 24, 3
    writers = [Writer(sql, way.port, range(first, count, 3))
               for first in range(3)]

    def done():
        return sum(writer.done for writer in writers)
    for cut in range(1, cuts + 1):
        env.wait_until(lambda: done() >= cut * count // (cuts + 2), writers)
        way.cut()
    for writer in writers:
        writer.join(env.PATIENCE)
    failed = [said for writer in writers for said in writer.failed]
    assert done() == count and len(failed) <= cuts * len(writers), failed
    compare(sql, way.port, count)


@pytest.mark.sanitized
def test_pgbench(way, postgres):
    way = way(postgres.port)

    def bench(*words):
        return databases.call(*postgres.bench("127.0.0.1", way.port, *words))

    def stored():
        return int(postgres.run("SELECT count(*) FROM pgbench_history;"))

    def whole():
        said = bench("-n", "-c", 8, "-j", 2, "-t", 40)
        assert "transactions actually processed: 320/320" in said
        assert "failed transactions: 0 " in said
    bench("-i", "-q")
    whole()
    assert not way.losses()
    before = stored()
    # For ever, were it not for the cut: pgbench gives up what it loses.
    with subprocess.Popen(
            postgres.bench("127.0.0.1", way.port, "-n", "-c", 8,
                           "-T", 3600),
            text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT) as lost:
        env.wait_until(lambda: stored() >= before + 50, "transactions")
        way.cut()
        said = lost.communicate(timeout=60)[0]
        assert lost.returncode != 0
    told = int(re.search(r"actually processed: (\d+)", said).group(1))
    env.wait_until(
        lambda: postgres.run(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = "
            "'client backend' AND pid <> pg_backend_pid();") == "0\n",
        "the sessions' end")
    # Of each client one transaction may have had no time to be told.
    assert told <= stored() - before <= told + 8, said
    whole()
    sums = [postgres.run(f"SELECT sum({column}) FROM pgbench_{table};")
            for column, table in (("delta", "history"),
                                  ("abalance", "accounts"),
                                  ("tbalance", "tellers"),
                                  ("bbalance", "branches"))]
    assert len(set(sums)) == 1, sums


@pytest.mark.sanitized
def test_redis(way, stack):
    """redis-cli connects anew by itself: each cut fails one command of it."""
    redis = stack.enter_context(databases.Redis())
    way = way(redis.port)
    bench = ["redis-benchmark", "-p", way.port, "--csv", "-c", 50, "-r", 1000]
    assert "Error" not in databases.call(
        *bench, "-n", 4000, "-t", "ping,set,get,lrange_100")
    assert "Error" not in databases.call(
        *bench, "-n", 200, "-d", 300000, "-t", "set,get")
    assert not way.losses()
    databases.call("redis-cli", "-p", redis.port, "flushall")
    count = 2000
    values = [random.Random(n).randbytes(500).hex() for n in range(count)]

    def here(*words):
        return databases.call("redis-cli", "-p", redis.port, *words)
    client = env.Process(
        ["redis-cli", "-p", way.port], redis.folder / "cli",
        stdin=subprocess.PIPE)
    stack.callback(client.stop)
    writer = threading.Thread(target=lambda: client.child.communicate(
        "".join(f"SET n{n} {values[n]}\n" for n in range(count)).encode()))
    writer.start()
    for part in (1, 2, 3):
        env.wait_until(lambda: int(here("dbsize")) >= count * part // 4,
                       client.said)
        way.cut()
    assert client.wait() == 0
    writer.join()
    said = client.said().splitlines()
    failed = [n for n, line in enumerate(said) if line != "OK"]
    assert len(said) == count and len(failed) <= 3, [said[n] for n in failed]

    def there(*words):
        return databases.call("redis-cli", "-p", way.port, *words)
    for n in failed:
        there("set", f"n{n}", values[n])
    assert there("mget", *(f"n{n}" for n in range(count))).split() == values
    assert int(here("dbsize")) == count
    assert "Error" not in databases.call(*bench, "-n", 4000, "-t", "incr")


# A notebook.

@pytest.mark.sanitized
def test_a_notebook_works_and_rests(way, stack):
    """One connection, both ways and large; then nothing for longer than the
    forward may be idle without any, and it is still there."""
    kernel = stack.enter_context(notebook.Notebook())
    way = way(kernel.port, {"keep_alive_s": 1}, idle_disconnect_s=1)

    def age():
        one, = way.daemon.api("GET", "/connections")["connections"]
        return one["age_s"]

    async def browser():
        async with notebook.connect(way.port) as socket:
            for number in range(1, 51):
                code = f"print({number})" * number
                assert await notebook.run_cell(socket, number, code) == number
            for size in (0, 1, 125, 126, 65535, 65536, 4 * MIB):
                data = random.randbytes(size)
                await socket.send(data)
                assert await socket.recv() == data
            await (await socket.ping(b"still there"))
            await asyncio.to_thread(
                env.wait_until, lambda: age() >= 4, "an old connection")
            await (await socket.ping())
            assert await notebook.run_cell(socket, 0, "") == 51
    asyncio.run(browser())
    assert not way.losses()


@pytest.mark.sanitized
def test_a_notebook_comes_back(way, server, stack):
    """At the first try, however early it is; the kernel remembers."""
    kernel = stack.enter_context(notebook.Notebook())
    way = way(kernel.port)

    async def lost(socket, end):
        number = kernel.count + 1
        assert await notebook.run_cell(socket, number, "x") == number
        await asyncio.to_thread(end)
        with pytest.raises(websockets.ConnectionClosedError):
            await socket.recv()

    async def browser():
        for _ in range(3):
            async with notebook.connect(way.port) as socket:
                await lost(socket, server.end_sessions)
        async with notebook.connect(way.port) as socket:
            await lost(socket, server.stop)
        async with asyncio.timeout(env.PATIENCE):
            waiting = asyncio.create_task(later())
            await asyncio.to_thread(
                env.wait_until, lambda: way.now()["connections"] == 1, way.now)
            assert not waiting.done()
            await asyncio.to_thread(server.start)
            await waiting

    async def later():
        async with notebook.connect(way.port) as socket:
            assert await notebook.run_cell(socket, 5, "y") == 5
    asyncio.run(browser())
    assert way.losses()


# All bytes.

CONNECTIONS = 20
TOTAL = (256 if SANITIZED else 1024) * MIB
ENDLESS = 1 << 60


class End:
    """One end of a connection: sends the stream of its number while it reads
    the other's, to the end or to a reset."""

    def __init__(self, socket, seed, length):
        self.socket = socket
        self.stream = streams.Stream(seed, length)
        self.got = hashlib.sha256()
        self.count = 0
        self.reset = False

    def run(self):
        sender = threading.Thread(target=self._send)
        sender.start()
        room = bytearray(1 << 18)
        try:
            while count := self.socket.recv_into(room):
                self.got.update(memoryview(room)[:count])
                self.count += count
        except ConnectionResetError:
            self.reset = True
        sender.join()
        return self

    def _send(self):
        try:
            self.stream.send(self.socket)
        except OSError:
            self.reset = True


def run_round(port, far, length):
    """All connections at once: their threads, and the near ends that ended."""
    far.clear()
    near = {}

    def client(number):
        with peers.dial(port, 300) as socket:
            socket.sendall(
                number.to_bytes(4, "big") + length.to_bytes(8, "big"))
            near[number] = End(socket, number, length).run()
    threads = [threading.Thread(target=client, args=(number,), daemon=True)
               for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    return threads, near


def join(threads, near, far):
    for thread in threads:
        thread.join(300)
    env.wait_until(lambda: len(near) == len(far) == CONNECTIONS,
                   lambda: f"all ends: {len(near)}, {len(far)}")


@pytest.mark.long
@pytest.mark.sanitized
def test_a_gib_both_ways_with_losses(way, stack):
    """Keys change every 16 MiB, links fall in between. What was whole is whole;
    what was cut ends with a reset, after only a part of what was sent."""
    far = {}

    def serve(connection):
        head = peers.read_exactly(connection, 12)
        number, length = (int.from_bytes(part, "big")
                          for part in (head[:4], head[4:]))
        far[number] = End(connection, 1000 + number, length).run()
    service = stack.enter_context(peers.Service(serve))
    way = way(service.port, {"options": ["RekeyLimit=16M"]})
    rounds = 4
    share = TOTAL // rounds // CONNECTIONS
    for number in range(rounds):
        if number:
            before, seen = way.now()["bytes_out"], service.seen
            threads, near = run_round(way.port, far, ENDLESS)
            env.wait_until(
                lambda: way.now()["bytes_out"] >= before + 32 * MIB
                and service.seen == seen + CONNECTIONS, way.now)
            way.cut()
            join(threads, near, far)
            for number in range(CONNECTIONS):
                assert near[number].reset
                assert near[number].got.hexdigest() == streams.digest(
                    1000 + number, near[number].count)
                assert far[number].got.hexdigest() == streams.digest(
                    number, far[number].count)
        threads, near = run_round(way.port, far, share)
        join(threads, near, far)
        for number in range(CONNECTIONS):
            for end, other in ((near, far), (far, near)):
                assert not end[number].reset and end[number].count == share
                assert end[number].got.digest() == \
                    other[number].stream.sent.digest()
    assert way.now()["bytes_in"] >= TOTAL and way.now()["bytes_out"] >= TOTAL
