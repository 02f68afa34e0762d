"""The page that takes a browser to the dashboard: for this user only, and for a minute at most."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from homeport.control.opening_page import OpeningPage
from homeport.errors import HomeportError
from tests.control.running import running_control
from tests.control.test_api import post

ADDRESS = "http://127.0.0.1:3003/#code=canary"


async def gone(file: Path) -> None:
    async with asyncio.timeout(10):
        while file.exists():
            await asyncio.sleep(0)


async def test_the_page_leads_there_and_is_this_users_only(tmp_path: Path) -> None:
    page = OpeningPage(tmp_path)
    page.write(ADDRESS)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert f'content="0;url={ADDRESS}"' in file.read_text()
    assert f'<a href="{ADDRESS}">' in file.read_text()
    page.remove()
    assert not file.exists()


async def test_the_page_is_removed_when_its_time_is_over(tmp_path: Path) -> None:
    OpeningPage(tmp_path, seconds=0).write(ADDRESS)
    (file,) = tmp_path.iterdir()
    await gone(file)


async def test_the_next_page_replaces_the_one_before_and_lives_its_own_time(tmp_path: Path) -> None:
    page = OpeningPage(tmp_path, seconds=0)
    page.write("http://127.0.0.1:3003/#code=first")
    page.write("http://127.0.0.1:3003/#code=second")
    (file,) = tmp_path.iterdir()
    assert "first" not in file.read_text()
    assert "second" in file.read_text()
    await gone(file)


async def test_a_link_in_place_of_the_page_is_replaced_and_never_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    file = tmp_path / "open-dashboard.html"
    file.symlink_to(target)
    page = OpeningPage(tmp_path)
    page.write(ADDRESS)
    assert not file.is_symlink()
    assert target.read_text() == "precious"
    page.remove()


async def test_a_page_that_cannot_be_written_names_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="--print"):
        OpeningPage(tmp_path / "missing").write(ADDRESS)


async def test_the_code_on_the_page_opens_a_session_and_no_answer_holds_it(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        answer = await control.ask("/api/opening_page", method="POST", body=b"{}")
        text = (tmp_path / "open-dashboard.html").read_text()
        (code,) = set(re.findall(r"#code=([0-9a-f]+)", text))
        assert code not in answer.text
        trade = await control.ask("/api/session", method="POST", authorization="", body=post(code=code))
        assert trade.status == 200
        refused = await control.ask("/api/opening_page", method="POST", authorization="", body=b"{}")
        assert refused.status == 401


async def test_no_page_outlives_its_process_and_the_next_start_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    file = tmp_path / "open-dashboard.html"
    async with running_control(tmp_path) as control:
        await control.client.write_opening_page()
        assert file.exists()
    assert not file.exists()
    file.write_text("left behind")
    async with running_control(tmp_path):
        assert not file.exists()
