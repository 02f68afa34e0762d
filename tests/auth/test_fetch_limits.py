"""How much strangers can make Homeport fetch, and that they cannot keep ChatGPT out by it."""

from __future__ import annotations

import asyncio

import pytest

from homeport.auth.fetch import AT_ONCE, STRANGERS_A_MINUTE, STRANGERS_AT_ONCE, FetchFailed
from tests.auth.outside import HandClock, Web, document, fetch, guard

URL = "https://client.example/app.json"


class Gate:
    """A server that holds its answers back until the test opens it, and tells how many wait."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.waiting = 0
        self._changed = asyncio.Condition()

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        async with self._changed:
            self.waiting += 1
            self._changed.notify_all()
        await self.open.wait()
        await document({})(writer)

    async def until(self, waiting: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.waiting >= waiting)


async def test_four_fetches_run_at_once_and_the_rest_wait() -> None:
    async with Web() as web:
        gate, fetcher = Gate(), guard(web)
        urls = [f"https://client.example/{n}" for n in range(3 * AT_ONCE)]
        web.answers.update(dict.fromkeys(urls, gate.answer))
        async with asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(fetch(fetcher, url))
            await gate.until(AT_ONCE)
            gate.open.set()
        assert len(web.requests) == len(urls)
        assert web.most_at_once == AT_ONCE


async def test_strangers_who_answer_slowly_do_not_keep_chatgpt_waiting() -> None:
    async with Web() as web:
        gate, fetcher = Gate(), guard(web)
        strangers = [f"https://client.example/{n}" for n in range(20)]
        web.answers.update(dict.fromkeys(strangers, gate.answer))
        web.answers["https://chatgpt.com/oauth/client.json"] = document({"it": "is me"})
        async with asyncio.TaskGroup() as group:
            for url in strangers:
                group.create_task(fetch(fetcher, url, approved=False))
            await gate.until(STRANGERS_AT_ONCE)
            found = await fetch(fetcher, "https://chatgpt.com/oauth/client.json", approved=False)
            gate.open.set()
        assert found.value == {"it": "is me"}


async def test_thirty_fetches_a_minute_go_to_hosts_never_approved() -> None:
    async with Web() as web:
        clock = HandClock()
        fetcher = guard(web, clock=clock)
        urls = [f"https://client.example/{n}" for n in range(STRANGERS_A_MINUTE + 1)]
        web.answers.update(dict.fromkeys(urls, document({})))
        for url in urls[:-1]:
            await fetch(fetcher, url, approved=False)
        with pytest.raises(FetchFailed, match="a minute"):
            await fetch(fetcher, urls[-1], approved=False)
        assert len(web.requests) == STRANGERS_A_MINUTE
        await fetch(fetcher, urls[-1], approved=True)
        clock.now += 61
        await fetch(fetcher, urls[-1], approved=False)


async def test_a_flood_of_strangers_leaves_chatgpt_and_claude_their_fetches() -> None:
    async with Web() as web:
        fetcher = guard(web)
        for n in range(STRANGERS_A_MINUTE + 5):
            for host in ("client.example", "chatgpt.com"):
                with pytest.raises(FetchFailed):
                    await fetch(fetcher, f"https://{host}/flood/{n}", approved=False)
        for url in ("https://chatgpt.com/oauth/client.json", "https://claude.ai/oauth/mcp-oauth-client-metadata"):
            web.answers[url] = document({})
            await fetch(fetcher, url, approved=False)


async def test_callers_of_the_same_url_share_one_fetch() -> None:
    async with Web() as web:
        gate, fetcher = Gate(), guard(web)
        web.answers[URL] = gate.answer
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(fetcher, URL)) for _ in range(10)]
            await gate.until(1)
            gate.open.set()
        assert len(web.requests) == 1
        assert all(task.result().value == {} for task in tasks)


async def test_a_caller_who_goes_away_does_not_end_the_fetch_of_the_others() -> None:
    async with Web() as web:
        gate, fetcher = Gate(), guard(web)
        web.answers[URL] = gate.answer
        first = asyncio.create_task(fetch(fetcher, URL))
        await gate.until(1)
        second = asyncio.create_task(fetch(fetcher, URL))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.open.set()
        assert (await second).value == {}
        assert len(web.requests) == 1


async def test_closing_ends_what_still_runs() -> None:
    async with Web() as web:
        gate, fetcher = Gate(), guard(web)
        web.answers[URL] = gate.answer
        task = asyncio.create_task(fetch(fetcher, URL))
        await gate.until(1)
        await fetcher.aclose()
        with pytest.raises(asyncio.CancelledError):
            await task
