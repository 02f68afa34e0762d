"""What dashboard, tray and terminal ask an engine besides who gets in: tools, calls, settings, checklist."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from pathlib import Path

from homeport.clock import Clock
from homeport.engine import activity_lines, checklist, facts, owner_file, settings_form, tool_list
from homeport.engine.folder_listing import list_folders
from homeport.engine.protocol import (
    ActivityLine,
    CallRequest,
    Changed,
    Checklist,
    FolderListing,
    LogLine,
    SettingLine,
    Status,
    ToolSummary,
)
from homeport.engine.rooms import Rooms
from homeport.events import EventBus, ToolsPaused
from homeport.settings import LoadedSettings
from homeport.store import Transaction


class DashboardQuestions(ABC):
    """EngineMethods that need the open rooms; those about settings do not."""

    events: EventBus
    _clock: Clock
    _loaded: LoadedSettings
    _rooms: Rooms | None

    @property
    @abstractmethod
    def rooms(self) -> Rooms: ...

    @abstractmethod
    async def status(self) -> Status: ...

    async def pause(self) -> None:
        await self._set_paused(True)

    async def resume(self) -> None:
        await self._set_paused(False)

    async def activity(self, limit: int, before: str, query: str) -> list[ActivityLine]:
        return await activity_lines.activity(self.rooms, limit, before, query)

    async def tools(self) -> list[ToolSummary]:
        return tool_list.tools(self.rooms)

    async def set_rule(self, tool: str, rule: str) -> None:
        tool_list.set_rule(self.rooms, tool, rule)

    async def calls(self) -> list[CallRequest]:
        rooms, now = self.rooms, self._clock()
        questions = rooms.calls.open_questions()

        def verified(tx: Transaction) -> set[str]:
            clients = [rooms.auth.clients.find(tx, client_id) for client_id in {q.call.client_id for q in questions}]
            return {client.client_id for client in clients if client is not None and client.verified_host is not None}

        known = await rooms.database.transaction(verified)
        return [
            CallRequest(
                number=question.number,
                tool=question.call.tool,
                title=question.call.title,
                effect=question.call.effect,
                person=question.call.person,
                client=question.call.client,
                client_verified=question.call.client_id in known,
                arguments=question.call.arguments,
                digest=question.call.digest,
                age_seconds=max(0, int(now - question.asked_at)),
                waiting=question.waiting,
            )
            for question in questions
        ]

    async def allow_call(self, number: int, digest: str) -> None:
        self.rooms.calls.allow(number, digest)

    async def deny_call(self, number: int) -> None:
        self.rooms.calls.deny(number)

    async def settings(self) -> list[SettingLine]:
        return settings_form.settings_form(self._settings_now())

    async def change_setting(self, name: str, value: str | None) -> Changed:
        changed = owner_file.change(self._settings_now(), name, value)
        if self._rooms is not None:
            self._rooms.live.look()
        return changed

    async def checklist(self) -> Checklist:
        rooms, status = self.rooms, await self.status()
        app = next(iter(rooms.served.apps()), None)
        hosts = await rooms.auth.clients.hosts()
        seen = checklist.Seen(
            status=status,
            first=rooms.first_times.seen_at(status.public_url),
            moved=rooms.first_times.moved_to(status.public_url),
            waiting_codes=status.waiting,
            waiting_hosts=[host.host for host in hosts if not host.allowed_at],
            last_call=rooms.first_times.last_call,
            denied=rooms.first_times.denied,
            path_missed=rooms.first_times.path_missed,
            has_widgets=any(tool.widget is not None for each in rooms.served.apps() for tool in each.tools.values()),
            can_start=rooms.first_times.can_start,
        )
        return checklist.checklist(seen, app)

    async def logs(self, limit: int) -> list[LogLine]:
        return self.rooms.logs.last(limit)

    async def folder_listing(self, path: str) -> FolderListing:
        return await asyncio.to_thread(list_folders, path, home=Path.home())

    async def _set_paused(self, paused: bool) -> None:
        rooms = self.rooms
        changed = rooms.pause.paused is not paused
        await rooms.database.transaction(lambda tx: facts.write_paused(tx, paused))
        # Whether or not the database has told yet.
        rooms.pause.paused = paused
        if changed:
            self.events.publish(ToolsPaused(at=self._clock(), paused=paused))

    def _settings_now(self) -> LoadedSettings:
        return self._loaded.read_again() if self._rooms is None else self._rooms.live.current()
