"""ChatGPT through a real reverse tunnel: it signs in, in Chromium, and calls while the tunnel is cut and comes back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.judges.chatgpt_host import CLIENT_ID, REDIRECT_URI
from tests.judges.scene import PUBLIC_URL, JudgeFailed, Scene, scene
from tests.tunnel.ssh_server import Server

CUTS = 4


class Writing:
    """Calls one after the other, each with a title of its own; what was answered is `acknowledged`."""

    def __init__(self, here: Scene) -> None:
        self._here = here
        self.asked: list[str] = []
        self.acknowledged: list[str] = []
        self.lost = 0

    async def once(self) -> bool:
        title = f"Item {len(self.asked)}"
        self.asked.append(title)
        try:
            await self._here.judge.ask("call", tool="add-item", arguments={"title": title})
        except JudgeFailed:
            self.lost += 1
            return False
        self.acknowledged.append(title)
        return True

    async def until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            await self.once()


async def test_chatgpt_keeps_its_login_while_the_tunnel_is_cut_and_comes_back(tmp_path: Path) -> None:
    async with Server().open() as server:
        tunnel = server.tunnel(PUBLIC_URL)
        async with scene(tmp_path, method="private_key_jwt", tunnel=tunnel, reached_at=server.remote_port) as here:
            asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
            popup = await here.popup(asked["authorize"])
            await here.judge.ask("callback", url=await here.approves(popup))
            writing = Writing(here)
            for _ in range(CUTS):
                over = asyncio.Event()
                calls = asyncio.create_task(writing.until(over))
                before = len(writing.asked)
                while len(writing.asked) < before + 3:
                    await asyncio.sleep(0)
                server.cut()
                await here.homeport.tunnel_is("up", so=False)
                await here.homeport.tunnel_is("up")
                over.set()
                await calls
                assert await writing.once(), "it is back, and the next call counts"
                await here.judge.ask("refresh", times=2)
            assert writing.lost >= CUTS, "calls were under way while it was cut"

            found = [item["title"] for item in (await here.judge.ask("call", tool="get-items"))["items"]]
            assert {title: found.count(title) for title in writing.acknowledged} == dict.fromkeys(
                writing.acknowledged, 1
            )
            assert max(found.count(title) for title in writing.asked) == 1
            [grant] = json.loads(await here.homeport.run("grants", "--json"))
            assert grant["state"] == "live"


async def test_a_refresh_that_a_cut_has_swallowed_ends_nothing(tmp_path: Path) -> None:
    async with Server().open() as server:
        tunnel = server.tunnel(PUBLIC_URL)
        async with scene(tmp_path, method="none", tunnel=tunnel, reached_at=server.remote_port) as here:
            asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
            await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
            first = await here.judge.ask("refresh", times=1)
            server.cut()
            await here.homeport.tunnel_is("up", so=False)
            with pytest.raises(JudgeFailed):
                await here.judge.ask("refresh", times=1)
            await here.homeport.tunnel_is("up")
            assert (await here.judge.ask("refresh_with", refresh_token=first["previous"]))["same"]
            await here.judge.ask("refresh", times=1)
            assert await here.judge.ask("call", tool="get-items")
