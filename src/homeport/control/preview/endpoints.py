"""What the preview answers: its page, its sandbox document and its API. It only composes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from homeport.clock import Clock
from homeport.control.bodies import json_answer, read_body
from homeport.control.preview.actors import Actor, actors, caller_of
from homeport.control.preview.changes import Changes
from homeport.control.preview.checks import Finding, check_tools, check_widget
from homeport.control.preview.page import preview_page
from homeport.control.preview.policy import redirect_domains, widget_policy
from homeport.control.preview.preview import PreviewedEngine
from homeport.control.preview.sandbox import Sandbox
from homeport.control.preview.simulations import Simulation, Simulations
from homeport.control.preview.sources import Problem, newest_uri, problems, watch
from homeport.control.preview.stage import Called, Stage
from homeport.control.request_bodies import Body, Name
from homeport.control.rows import Done
from homeport.engine.rooms import Rooms
from homeport.events import AppFailed, AppLoaded, Event
from homeport.foreign_text import clean

Uri = Annotated[str, Field(min_length=1, max_length=2_000)]
Scope = Annotated[str, Field(pattern=r"^[\x21\x23-\x5b\x5d-\x7e]{1,64}$")]


class ActingBody(Body):
    """Who calls: a person's id or "tester", one of their grants or none, and the scopes where it is none."""

    path: Name
    who: Name = "tester"
    grant: Annotated[str, Field(max_length=256)] = ""
    scopes: Annotated[list[Scope], Field(max_length=50, default_factory=lambda: ["read", "write"])]


class WidgetBody(ActingBody):
    uri: Uri


class CallBody(ActingBody):
    tool: Annotated[str, Field(min_length=1, max_length=256)]
    arguments: dict[str, Any] = Field(default_factory=dict)
    by: Literal["chat", "widget"] = "chat"
    meta: dict[str, Any] = Field(default_factory=dict)


class RelayBody(ActingBody):
    method: Literal["resources/list", "resources/templates/list", "resources/read"]
    params: dict[str, Any] = Field(default_factory=dict)


class NameBody(Body):
    name: Annotated[str, Field(max_length=256)]


class SaveBody(NameBody):
    simulation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PreviewedApp:
    """One app: its tools as ChatGPT lists them, what is wrong with them, and why the newest version is not shown."""

    path: str
    name: str
    tools: Sequence[Mapping[str, Any]]
    findings: list[Finding]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Scene:
    apps: list[PreviewedApp]
    actors: list[Actor]
    simulations: list[str]
    sign_in: str
    """How somebody signs in on this computer: the connector URL of the local origin."""


@dataclass(frozen=True, slots=True)
class ShownWidget:
    """A widget's document, the policy it runs under, and where the frame for it begins."""

    uri: str
    html: str
    meta: Mapping[str, Any]
    policy: str
    sandbox: str
    redirects: list[str]
    findings: list[Finding]


class PreviewEndpoints:
    """One method for each path of the preview."""

    def __init__(self, engine: PreviewedEngine, *, port: int, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._changes = Changes()
        self._stage = Stage(lambda: engine.rooms, origin=lambda: engine.origins.local)
        self._sandbox = Sandbox(port)
        self.page = preview_page(port)
        self.sandbox = self._sandbox.serve

    def close(self) -> None:
        self._changes.close()

    async def widget(self, request: Request) -> Response:
        body = await read_body(request, WidgetBody)
        caller = await self._caller(body)
        uri = newest_uri(self._engine.rooms, body.path, body.uri)
        found = await self._stage.read(body.path, uri, caller)
        policy = widget_policy(found.meta)
        shown = ShownWidget(
            uri=found.uri,
            html=found.html,
            meta=found.meta,
            policy=policy.directives,
            sandbox=self._sandbox.address(policy),
            redirects=redirect_domains(found.meta),
            findings=check_widget(found, policy),
        )
        return json_answer(shown, ShownWidget)

    async def scene(self, _: Request) -> Response:
        rooms = self._engine.rooms
        apps = [self._app(rooms, path) for path in self._stage.paths()]
        known = await actors(rooms, self._clock())
        local = self._engine.origins.local
        scene = Scene(apps, known, self._simulations().names(), local.resource(apps[0].path) if apps else local.url)
        return json_answer(scene, Scene)

    def _app(self, rooms: Rooms, path: str) -> PreviewedApp:
        tools = self._stage.tools(path)
        source = rooms.served.sources[path]
        return PreviewedApp(path, clean(source.app.name), tools, check_tools(tools), problems(source))

    async def call(self, request: Request) -> Response:
        body = await read_body(request, CallBody)
        caller = await self._caller(body)
        called = await self._stage.call(body.path, body.tool, body.arguments, caller, by=body.by, meta=body.meta)
        return json_answer(called, Called)

    async def relay(self, request: Request) -> Response:
        body = await read_body(request, RelayBody)
        return json_answer(
            await self._stage.relay(body.path, body.method, body.params, await self._caller(body)), dict[str, Any]
        )

    async def load(self, request: Request) -> Response:
        body = await read_body(request, NameBody)
        return json_answer(self._simulations().load(body.name).model_dump(mode="json", by_alias=True), dict[str, Any])

    async def save(self, request: Request) -> Response:
        body = await read_body(request, SaveBody)
        self._simulations().save(body.name, Simulation.model_validate(body.simulation))
        self._changes.publish({"kind": "simulations"})
        return json_answer(Done(), Done)

    async def changes(self, _: Request) -> Response:
        rooms = self._engine.rooms
        return StreamingResponse(self._changes.lines(lambda: self._watch(rooms)), media_type="application/x-ndjson")

    def _watch(self, rooms: Rooms) -> Callable[[], None]:
        """Publish what happens as long as a page listens. Several pages hear it several times."""
        ending = ExitStack()
        ending.callback(self._engine.events.subscribe(self._heard))
        for path, source in rooms.served.sources.items():
            ending.callback(watch(source, lambda name, path=path: self._changed(path, name)))  # type: ignore[misc]
        return ending.close

    def _heard(self, event: Event) -> None:
        if isinstance(event, (AppLoaded, AppFailed)):
            self._changes.publish({"kind": "app"})

    def _changed(self, path: str, name: str) -> None:
        self._changes.publish({"kind": "widget", "path": path, "name": name})

    async def _caller(self, body: ActingBody) -> Any:
        return await caller_of(self._engine.rooms, body.who, body.grant, body.scopes, self._clock())

    def _simulations(self) -> Simulations:
        """Beside the app they belong to; those of the app that is built in are the owner's."""
        settings = self._engine.rooms.live.loaded.settings
        return Simulations((settings.app or settings.data_dir) / "previews")
