"""One request at a time works on an upload, and the newest wins."""

from __future__ import annotations

import asyncio

from tools.basecamp.tus_claims import Holds


def test_an_earlier_holder_is_asked_to_let_go_and_waited_for() -> None:
    async def play() -> list[str]:
        holds, told = Holds(), []

        async def request(name: str, begun: asyncio.Event, waits: bool) -> None:
            async with holds.hold("upload") as hold:
                told.append(f"{name} begins")
                begun.set()
                if waits:
                    await hold.lost.wait()
                told.append(f"{name} ends")

        begun = asyncio.Event(), asyncio.Event()
        old = asyncio.create_task(request("old", begun[0], True))
        await begun[0].wait()
        await request("new", begun[1], False)
        await old
        return told

    assert asyncio.run(play()) == ["old begins", "old ends", "new begins", "new ends"]


def test_a_request_that_is_cancelled_while_it_waits_leaves_the_holder_alone() -> None:
    async def play() -> bool:
        holds, working = Holds(), False

        async def wait() -> None:
            async with holds.hold("upload"):
                pass

        async with holds.hold("upload"):
            working = True
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0)
            waiting.cancel()
            third = asyncio.create_task(wait())
            for _ in range(10):
                await asyncio.sleep(0)  # all that could run has run
            assert not third.done()
            working = False
        await third
        return working

    assert asyncio.run(play()) is False


def test_different_uploads_do_not_wait_for_each_other() -> None:
    async def play() -> None:
        holds = Holds()
        async with holds.hold("one") as first, holds.hold("two"):
            assert not first.lost.is_set()

    asyncio.run(play())
