"""How the viewer listens."""

import asyncio
import socket

from runicorn.viewer.serve import _listen


def test_answers_are_sent_at_once() -> None:
    async def waits() -> bool:
        found = asyncio.get_running_loop().create_future()

        def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.set_result(not writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(connected, sock=_listen("127.0.0.1", 0)) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            told: bool = await found
            writer.close()
            return told

    assert not asyncio.run(waits())
