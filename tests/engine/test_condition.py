"""One light and a few words for how Homeport is, the same in the dashboard as in the tray."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.condition import condition
from homeport.desktop.knowledge import seen_of
from homeport.desktop.menu import view_of
from homeport.engine.protocol import Status
from tests.engine.engines import running


@pytest.mark.parametrize(
    ("engine", "tunnel", "host", "light", "words"),
    [
        ("stopped", "up", "home.example.com", "stopped", "Stopped: ChatGPT gets no answer"),
        ("online", "up", "home.example.com", "online", "Online at home.example.com"),
        ("online", "off", "home.example.com", "online", "Online at home.example.com"),
        ("online", "off", "", "online", "Online on this computer only"),
        ("online", "needs-token", "", "attention", "Online on this computer only"),
        ("online", "down", "home.example.com", "attention", "The tunnel is down: ChatGPT gets no answer"),
        ("online", "error", "", "error", "The tunnel failed: ChatGPT gets no answer"),
        ("online", "of a later version", "", "error", "The tunnel failed: ChatGPT gets no answer"),
    ],
)
def test_online_is_said_only_where_chatgpt_gets_an_answer(
    engine: str, tunnel: str, host: str, light: str, words: str
) -> None:
    assert condition(engine, tunnel, host, app_problem="", paused=False) == (light, words)


def test_a_failed_tunnel_comes_before_an_app_and_that_before_a_pause() -> None:
    assert condition("online", "error", "", app_problem="no app.py", paused=True)[0] == "error"
    assert condition("online", "off", "", app_problem="no app.py", paused=True)[0] == "attention"
    assert condition("online", "off", "", app_problem="", paused=True) == ("stopped", "Tools are paused")
    assert condition("online", "needs-token", "", app_problem="", paused=True) == ("attention", "Tools are paused")


def as_the_tray_says(status: Status) -> tuple[str, str]:
    view = view_of(seen_of(status, [], [], app_folder=False, at_login=None))
    return view.light.value, view.menu[0].label


async def test_the_engine_says_what_the_tray_shows(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        alone = await engine.status()
        assert (alone.light, alone.words) == as_the_tray_says(alone) == ("attention", "Online on this computer only")
        await engine.pause()
        paused = await engine.status()
        assert (paused.light, paused.words) == as_the_tray_says(paused) == ("attention", "Tools are paused")
        await engine.stop()
        stopped = await engine.status()
        assert (stopped.light, stopped.words) == as_the_tray_says(stopped)
        assert stopped.light == "stopped"
