"""The built-in app from the client's HTTP to the backend's: what Homeport serves with nothing but `backend_url` set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt

from homeport.engine.protocol import BackendKeyInfo
from tests.auth.door import Signed, open_door
from tests.backend.reference import ReferenceBackend, Seen, reachable


class Verifying:
    """Whose a request is: the subject of an assertion that is signed for this backend."""

    key: BackendKeyInfo

    def __call__(self, seen: Seen) -> str | None:
        try:
            claims = jwt.decode(
                seen.bearer,
                jwt.PyJWK(self.key.jwk),
                algorithms=["ES256"],
                issuer=self.key.issuer_claim,
                audience=self.key.audience,
                # Homeport's clock in this test is the test's.
                options={"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        return str(claims["sub"])


async def call(signed: Signed, tool: str, **arguments: object) -> dict[str, Any]:
    answer = await signed.app.call(signed.access, tool, **arguments)
    result: dict[str, Any] = answer.json()["result"]
    return result


async def test_two_people_each_with_items_of_their_own(tmp_path: Path) -> None:
    whose = Verifying()
    backend = ReferenceBackend(whose)
    async with (
        reachable(backend) as url,
        open_door(tmp_path, built_in=True, options={"backend_url": f"{url}/v1"}) as door,
    ):
        whose.key = await door.engine.backend_key()
        alice, bob = await door.sign_in(who="alice"), await door.sign_in(who="bob")
        soup = (await call(alice, "add-item", title="Carrot soup", tags=["dinner"]))["structuredContent"]
        assert soup == {"id": "1", "title": "Carrot soup", "description": "", "tags": ["dinner"], "state": "open"}
        assert (await call(alice, "get-items", filter="carrot"))["structuredContent"] == {"items": [soup]}
        assert (await call(bob, "get-items"))["structuredContent"] == {"items": []}
        refused = await call(bob, "perform-item-action", item_id="1", action="archive")
        assert refused["isError"] is True
        assert refused["content"][0]["text"].startswith("not_found: ")
        done = (await call(alice, "perform-item-action", item_id="1", action="complete"))["structuredContent"]
        assert done == {**soup, "state": "done"}
        assert (await call(alice, "get-items"))["structuredContent"] == {"items": [done]}
        people = {person.person_id for person in await door.engine.people()}
    assert {whose(seen) for seen in backend.seen} == people
    assert len(people) == 2
    assert [(seen.method, seen.target) for seen in backend.seen] == [
        ("POST", "/v1/items"),
        ("GET", "/v1/items?filter=carrot"),
        ("GET", "/v1/items"),
        ("POST", "/v1/items/1/actions"),
        ("POST", "/v1/items/1/actions"),
        ("GET", "/v1/items"),
    ]
