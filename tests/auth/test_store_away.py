"""When the database does not answer, everybody is told to come back, and nothing is a bare 500."""

from __future__ import annotations

from pathlib import Path

from tests.auth.door import open_door


async def test_a_database_that_is_away_is_a_503_with_words_for_each_reader(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        await browser.open(app.link())
        await door.engine.rooms.database.close()
        page = await browser.get(app.link())
        assert page.status_code == 503
        assert "Load this page again" in page.text
        form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": app.client_id}
        token = await browser.send("POST", "/token", form=form)
        assert token.status_code == 503
        assert token.json()["error"] == "temporarily_unavailable"
        assert int(token.headers["retry-after"]) > 0
