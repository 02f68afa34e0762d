"""The pytest plugin for the tests of an app: fixtures for the app beside them, and `async def` tests.

Loaded by every pytest that runs where Homeport is installed: it does nothing before a test asks for it, and leaves
`async def` tests to pytest-asyncio and anyio where these take them.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pytest

from homeport.errors import BrowserMissing

if TYPE_CHECKING:
    from homeport.apps.app import App
    from homeport.testing.chat import Chat
    from homeport.testing.opened import OpenWidget
    from homeport.testing.pages import PageShelf
    from homeport.testing.showing import Showing, WidgetOpener

SOURCE = "app.py"
PATIENCE_SECONDS = 120


@pytest.fixture
def homeport_folder(request: pytest.FixtureRequest) -> Path:
    """The app's folder: the nearest one with an app.py, from the test's file upwards."""
    for folder in request.path.parents:
        if (folder / SOURCE).is_file():
            return folder
        if folder == request.config.rootpath:
            break
    pytest.fail(f"There is no {SOURCE} beside {request.path.name} or above it.", pytrace=False)


@pytest.fixture
def homeport_app(homeport_folder: Path) -> Iterator[App]:
    """The app, loaded anew for this test as Homeport loads it: variables begin as in a fresh start."""
    from homeport.apps.loading import load_app

    loaded = load_app(homeport_folder)
    yield loaded.app
    loaded.modules.drop()


@pytest.fixture
def chat(homeport_app: App) -> Chat:
    """A chat with the app, for a person who has consented to reading and writing."""
    from homeport.testing.chat import Chat

    return Chat(homeport_app)


@pytest.fixture(scope="session")
def homeport_pages() -> PageShelf:
    """The pages of widgets, each built once in a run."""
    from homeport.testing.pages import PageShelf

    return PageShelf()


@pytest.fixture
def open_widget(homeport_folder: Path, chat: Chat, homeport_pages: PageShelf) -> WidgetOpener:
    """`homeport.testing.open_widget` for this app. Calls are answered by the fixture `chat`, unless `call` is given."""

    @asynccontextmanager
    async def opened(widget: str, **showing: Unpack[Showing]) -> AsyncIterator[OpenWidget]:
        from homeport.testing.opening import open_widget

        showing.setdefault("call", chat)
        if "pages" not in showing:
            showing["pages"] = await homeport_pages.pages(homeport_folder, showing["call"].app)
        async with open_widget(homeport_folder, widget, **showing) as shown:
            yield shown

    return opened


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run an `async def` test that nobody else has taken: anyio comes before this, and pytest-asyncio before all."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def bounded() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await pyfuncitem.obj(**arguments)

    asyncio.run(bounded())
    return True


@pytest.hookimpl(wrapper=True, specname="pytest_pyfunc_call")
def pytest_skip_without_browser(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A laptop may lack the browser; where CI is set, nothing may be left out."""
    try:
        return (yield)
    except BrowserMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
