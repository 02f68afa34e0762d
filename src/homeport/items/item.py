"""What an item is, and what the app needs of wherever items are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import BaseModel

from homeport import Person

State = Literal["open", "done", "archived"]
Action = Literal["complete", "reopen", "archive"]

RESULTING_STATE: dict[Action, State] = {"complete": "done", "reopen": "open", "archive": "archived"}
MOST_ITEMS = 1_000


class Item(BaseModel):
    """One thing a person keeps."""

    id: str
    title: str
    description: str
    tags: list[str]
    state: State


class Items(Protocol):
    """Where items are kept: each call is about one person's items and nobody else's."""

    async def find(self, person: Person, words: str) -> list[Item]:
        """The person's items, oldest first; with `words`, those that hold all of them in title, text or tags."""
        ...

    async def get(self, person: Person, item_id: str) -> Item:
        """One item. Raises NotFound."""
        ...

    async def add(self, person: Person, title: str, description: str, tags: Sequence[str]) -> Item:
        """Keep a new item. Raises Conflict when the person has MOST_ITEMS already."""
        ...

    async def act(self, person: Person, item_id: str, action: Action) -> Item:
        """Perform an action and return the item after it. Raises NotFound, Conflict."""
        ...
