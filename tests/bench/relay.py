"""A line that is longer than it is: what goes through this relay arrives milliseconds later."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


async def _carry(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float
) -> None:
    """Each piece waits for as long, however many are on their way."""
    loop = asyncio.get_running_loop()
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, data = await line.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                target.close()
                return
            target.write(data)
            await target.drain()

    arriving = asyncio.ensure_future(arrive())
    with suppress(OSError):
        while data := await source.read(65_536):
            line.put_nowait((loop.time() + seconds, data))
    line.put_nowait((loop.time() + seconds, b""))
    with suppress(OSError):
        await arriving


@contextmanager
def a_longer_line(port: int, there_and_back: float) -> Iterator[int]:
    """A port of 127.0.0.1 that leads to `port`; a question and its answer take so many seconds
    more."""
    loop = asyncio.new_event_loop()
    one_way = there_and_back / 2

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_carry(reader, questions, one_way), _carry(answers, writer, one_way))

    server = loop.run_until_complete(asyncio.start_server(serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
