"""Items behind the backend's API: `GET /items?filter=`, `POST /items`, `POST /items/{id}/actions`.

Whose items they are, the backend knows from the call itself; nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, model_validator

from homeport import Backend, NotFound, Person
from homeport.items.item import Action, Item, State


def _as_text(value: object) -> object:
    """Backends that count their items give numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class SentItem(BaseModel):
    """An item as a backend sends it: without what it does not have, and with what we do not know."""

    id: Annotated[str, BeforeValidator(_as_text)]
    title: str
    description: str | None = None
    tags: list[str] | None = None
    state: State = "open"

    def item(self) -> Item:
        return Item(
            id=self.id,
            title=self.title,
            description=self.description or "",
            tags=self.tags or [],
            state=self.state,
        )


class SentItems(BaseModel):
    """A list of items, bare or under `items`."""

    items: list[SentItem]

    @model_validator(mode="before")
    @classmethod
    def _wrapped(cls, sent: object) -> object:
        return {"items": sent} if isinstance(sent, list) else sent


class BackendItems:
    """The items of the person whom this backend serves. Raises the backend's ToolErrors beside those of `Items`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def find(self, person: Person, words: str) -> list[Item]:
        found = await self._backend.get("items", query={"filter": words or None}, into=SentItems)
        return [sent.item() for sent in found.items]

    async def get(self, person: Person, item_id: str) -> Item:
        # The API has no address for one item.
        for item in await self.find(person, ""):
            if item.id == item_id:
                return item
        raise NotFound("There is no item with this id. get-items lists them.")

    async def add(self, person: Person, title: str, description: str, tags: Sequence[str]) -> Item:
        new = {"title": title, "description": description, "tags": list(tags)}
        return (await self._backend.post("items", json=new, into=SentItem)).item()

    async def act(self, person: Person, item_id: str, action: Action) -> Item:
        # Completing what is complete changes nothing, so that a lost answer may be asked for again.
        asked = {"action": action}
        sent = await self._backend.post("items", item_id, "actions", json=asked, into=SentItem, idempotent=True)
        return sent.item()
