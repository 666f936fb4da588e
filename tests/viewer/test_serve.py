"""How the viewer listens."""

import asyncio
import socket

from tests.conftest import Home
from tests.viewer.conftest import shown

from runicorn.viewer.serve import _listen
from runid import places, viewers


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


def test_a_viewer_that_has_ended_leaves_nothing_behind(home: Home) -> None:
    home.root.mkdir()
    (home.root / "runs").mkdir()
    with shown(home.root) as viewer:
        assert viewer.ask("/api/v1/info").status == 200, "it does not serve yet"
        found = viewers.of(places.runtime_dir(), home.root)
        assert found == (viewer.url.rstrip("/"), 0)
    assert not list((places.runtime_dir() / "viewers").iterdir())
