"""Runs the control API on this computer only, and tells the other programs of this user where."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.control.api import control_app
from homeport.control.event_stream import EventStream
from homeport.control.instance import Instance
from homeport.control.opening_page import OpeningPage
from homeport.control.preview import Preview
from homeport.control.request_bodies import OpeningBody, Page
from homeport.control.session import Sessions
from homeport.engine.protocol import EngineMethods
from homeport.errors import HomeportError, SettingsError
from homeport.events import EventBus
from homeport.listening import LOOPBACK, Listener, bind, bind_or_move, port_of


class ControlListener:
    """The control API while it runs. It always binds loopback, whatever `--host` says."""

    def __init__(
        self,
        engine: EngineMethods,
        instance: Instance,
        *,
        quit: Callable[[], None],
        preview: Preview | None = None,
        events: EventBus | None = None,
        clock: Clock = system_clock,
        randomness: Randomness = system_randomness,
    ) -> None:
        self._engine = engine
        self._instance = instance
        self._quit = quit
        self._preview = preview
        self._stream = EventStream(events) if events is not None else None
        self._clock = clock
        self._randomness = randomness
        self._listener = Listener()
        self._opening_page = OpeningPage(instance.data_dir)
        self._sessions: Sessions | None = None

    @property
    def port(self) -> int:
        return self._listener.port

    async def start(self, port: int, *, may_move: bool) -> None:
        """Listen and write control.json. With `may_move` a taken port is no error. Raises PortTaken."""
        if may_move:
            sockets = bind_or_move(LOOPBACK, port, remembered=self._instance.remembered_port)
        else:
            sockets = bind(LOOPBACK, port)
        actual = port_of(sockets)
        self._opening_page.remove()
        try:
            token = self._instance.announce(actual, moved=may_move and actual != port)
        except (OSError, SettingsError) as error:
            for each in sockets:
                each.close()
            if isinstance(error, SettingsError):
                raise
            raise SettingsError(
                f"The data folder cannot be written: {error.strerror or error}.",
                hint="Make room or choose another one.",
            ) from error
        sessions = self._sessions = Sessions(token, clock=self._clock, randomness=self._randomness)
        app = control_app(
            self._engine,
            sessions,
            port=actual,
            quit=self._quit,
            opening_page=self._opening_page,
            preview=self._preview,
            stream=self._stream,
        )
        await self._listener.start(app, sockets)

    def write_opening_page(self, page: Page) -> Path:
        """The private file that takes a browser to this page, for a minute. Raises HomeportError."""
        if self._sessions is None:
            raise HomeportError("The dashboard is not there yet.", hint="Try again in a moment.")
        address = OpeningBody(page=page).address(self._sessions.issue_code())
        self._opening_page.write(f"http://127.0.0.1:{self.port}{address}")
        return self._opening_page.file

    async def stop(self) -> None:
        self._opening_page.remove()
        if self._preview is not None:
            self._preview.close()
        if self._stream is not None:
            self._stream.close()
        await self._listener.stop()
        self._opening_page.remove()
