"""A ProxyCommand over a path that takes its time, each way: HOST PORT SECONDS"""
import asyncio
import socket
import sys


async def carry(reader, writer, delay):
    async def late(data):
        await asyncio.sleep(delay)
        writer.write(data)
        await writer.drain()

    last = None
    while data := await reader.read(65536):
        # Timers of one length fire in the order in which they were set.
        last = asyncio.ensure_future(late(data))
    if last is not None:
        await last
    writer.close()


async def main(host, port, delay):
    far_reader, far_writer = await asyncio.open_connection(host, port)
    # Standard input and output are one socket.
    reader, writer = await asyncio.open_connection(
        sock=socket.socket(fileno=0))
    await asyncio.gather(carry(reader, far_writer, float(delay)),
                         carry(far_reader, writer, float(delay)))


asyncio.run(main(*sys.argv[1:]))
