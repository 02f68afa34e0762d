"""Whatever is sent to the public listener, it never answers with a fault of ours nor with a status nobody expects."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import status_code_conformance

from homeport.engine.engine import Engine
from homeport.network import SystemNetwork
from tests.auth.door import Door, code_on
from tests.auth.outside import HandClock
from tests.auth.tiny import tiny_app
from tests.engine.engines import engine_for
from tests.whole.oauth_openapi import Known, oauth_openapi

EXAMPLES = 60


class NoNetwork(SystemNetwork):
    """No name leads anywhere."""

    async def resolve(self, host: str) -> list[str]:
        raise OSError(f"{host} is not known here")


class Alone(Door):
    """An installation that reaches nobody."""

    def make_engine(self) -> Engine:
        return engine_for(self.folder, network=NoNetwork(), clock=self.clock, port=self._port)


def modes(operation: Any) -> list[schemathesis.GenerationMode]:
    """As described, where every text is allowed already; a body may be something else altogether."""
    positive, negative = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
    return [positive, negative] if "requestBody" in operation.definition.raw else [positive]


@contextmanager
def door_in_a_thread(folder: Path) -> Iterator[tuple[str, Known]]:
    """The running listener's address, and what a client signed in there knows."""
    ready, done = threading.Event(), threading.Event()
    found: list[tuple[str, Known]] = []

    async def serve() -> None:
        door = Alone(folder / "data", HandClock(), public=False, database_url="", app=tiny_app())
        await door.start()
        try:
            found.append((door.local, await learn(door)))
            ready.set()
            await asyncio.to_thread(done.wait)
        finally:
            await door.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield found[0]
    finally:
        done.set()
        thread.join()


async def learn(door: Door) -> Known:
    app = await door.register()
    signed = await door.sign_in(app)
    browser = door.browser()
    waiting = await browser.open((await door.register(name="Another")).link())
    code_on(waiting)
    return Known(
        client_id=app.client_id,
        redirect_uri=app.redirect_uri,
        resource=app.resource,
        code=signed.code,
        verifier=app.verifier,
        refresh_token=signed.refresh,
        access_token=signed.access,
        page=waiting.request.url.path.rsplit("/", 1)[1],
    )


def test_no_request_makes_the_public_listener_fail(tmp_path: Path) -> None:
    with door_in_a_thread(tmp_path) as (address, known):
        described = oauth_openapi(known)
        schema = schemathesis.openapi.from_dict(described)
        schema.config.update(base_url=address)
        operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        assert len(operations) == sum(len(methods) for methods in described["paths"].values())
        for operation in operations:
            for mode in modes(operation):

                @settings(
                    max_examples=EXAMPLES,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy(generation_mode=mode))
                def check(case: schemathesis.Case[Any]) -> None:
                    response = case.call(allow_redirects=False)
                    case.validate_response(response, checks=[not_a_server_error, status_code_conformance])

                check()
