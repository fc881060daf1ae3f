"""What a notebook in a browser is to a tunnel: one WebSocket that lives for
hours, mostly silent, and a kernel behind it that remembers."""
import asyncio
import json
import threading

import websockets

import env

LARGEST = 8 << 20


class Notebook:
    """A kernel that counts what it was asked, on a port of 127.0.0.1. It runs
    in a thread of its own; close() ends it."""

    def __init__(self):
        self.count = 0
        self.port = None
        self._loop = asyncio.new_event_loop()
        self._over = None
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._serve(),))

    async def _serve(self):
        self._over = asyncio.Event()
        async with websockets.serve(
                self._talk, "127.0.0.1", 0, max_size=LARGEST,
                ping_interval=None) as server:
            self.port = server.sockets[0].getsockname()[1]
            await self._over.wait()

    async def _talk(self, socket):
        """Each request gets what a cell's run gives; bytes come back."""
        try:
            async for message in socket:
                if isinstance(message, bytes):
                    await socket.send(message)
                    continue
                asked = json.loads(message)
                self.count += 1
                for part in ({"status": "busy"}, {"stream": asked["code"]},
                             {"count": self.count}, {"status": "idle"}):
                    await socket.send(json.dumps({"to": asked["id"], **part}))
        except websockets.ConnectionClosedError:
            pass  # its link fell; the browser comes again

    def __enter__(self):
        self._thread.start()
        env.wait_until(lambda: self.port, "the notebook")
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(env.PATIENCE)
        self._loop.close()


def connect(port):
    """The browser's end, to be used with `async with`. It pings only when it is
    told to."""
    return websockets.connect(
        f"ws://127.0.0.1:{port}/api/kernels/1/channels", max_size=LARGEST,
        ping_interval=None, open_timeout=env.PATIENCE)


async def run_cell(socket, number, code):
    """The kernel's count after a cell that prints `code`."""
    await socket.send(json.dumps({"id": number, "code": code}))
    parts = [json.loads(await socket.recv()) for _ in range(4)]
    assert {part.pop("to") for part in parts} == {number}
    busy, stream, counted, idle = parts
    assert (busy, idle) == ({"status": "busy"}, {"status": "idle"})
    assert stream == {"stream": code}
    return counted["count"]
