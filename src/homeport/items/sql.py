"""Items in Homeport's own database. Every statement names the person: nobody sees or changes another's items."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from homeport import Conflict, NotFound, Person
from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.items.item import MOST_ITEMS, RESULTING_STATE, Action, Item
from homeport.store import Database, Row, Transaction

SAMPLES = (
    ("Try Homeport", "Ask ChatGPT to show your items, then to complete this one.", ("start",)),
    ("Write a tool", "A tool is a typed Python function. docs/tools.md shows how.", ("start", "code")),
    ("Invite somebody", "A friend who connects gets items of their own.", ("people",)),
)
"""What a person finds the first time they look."""


class SqlItems:
    """The items of every person, in the tables `items` and `item_collections`."""

    def __init__(
        self, database: Database, *, clock: Clock = system_clock, random: Randomness = system_randomness
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random

    async def find(self, person: Person, words: str) -> list[Item]:
        def work(tx: Transaction) -> list[Item]:
            self._begin(tx, person)
            rows = tx.all("SELECT * FROM items WHERE person_id = :person ORDER BY position", person=person.id)
            wanted = words.casefold().split()
            return [item for item in map(_item, rows) if _holds(item, wanted)]

        return await self._database.transaction(work)

    async def get(self, person: Person, item_id: str) -> Item:
        def work(tx: Transaction) -> Item:
            self._begin(tx, person)
            return self._get(tx, person, item_id)

        return await self._database.transaction(work)

    async def add(self, person: Person, title: str, description: str, tags: Sequence[str]) -> Item:
        def work(tx: Transaction) -> Item:
            self._begin(tx, person)
            row = tx.one(
                "SELECT COUNT(*) AS kept, COALESCE(MAX(position), 0) AS last FROM items WHERE person_id = :person",
                person=person.id,
            )
            assert row is not None
            if row["kept"] >= MOST_ITEMS:
                raise Conflict(f"There are {MOST_ITEMS} items already, and no more fit. Nothing was added.")
            return self._insert(tx, person, row["last"] + 1, title, description, tags)

        return await self._database.transaction(work)

    async def act(self, person: Person, item_id: str, action: Action) -> Item:
        def work(tx: Transaction) -> Item:
            self._begin(tx, person)
            self._get(tx, person, item_id)
            tx.execute(
                "UPDATE items SET state = :state, changed_at = :now WHERE item_id = :item AND person_id = :person",
                state=RESULTING_STATE[action],
                now=int(self._clock()),
                item=item_id,
                person=person.id,
            )
            return self._get(tx, person, item_id)

        return await self._database.transaction(work)

    def _begin(self, tx: Transaction, person: Person) -> None:
        """Give somebody new their samples, once and for ever."""
        known = tx.one("SELECT 1 AS known FROM item_collections WHERE person_id = :person", person=person.id)
        if known is not None:
            return
        new = tx.execute(
            "INSERT INTO item_collections (person_id, started_at) VALUES (:person, :now) ON CONFLICT DO NOTHING",
            person=person.id,
            now=int(self._clock()),
        )
        if new:
            for position, (title, description, tags) in enumerate(SAMPLES, 1):
                self._insert(tx, person, position, title, description, tags)

    def _get(self, tx: Transaction, person: Person, item_id: str) -> Item:
        row = tx.one(
            "SELECT * FROM items WHERE item_id = :item AND person_id = :person", item=item_id, person=person.id
        )
        if row is None:
            raise NotFound("There is no item with this id. get-items lists them.")
        return _item(row)

    def _insert(
        self, tx: Transaction, person: Person, position: int, title: str, description: str, tags: Sequence[str]
    ) -> Item:
        now = int(self._clock())
        item = Item(
            id=base64.urlsafe_b64encode(self._random(9)).decode(),
            title=_storable(title),
            description=_storable(description),
            tags=[_storable(tag) for tag in tags],
            state="open",
        )
        tx.execute(
            "INSERT INTO items (item_id, person_id, position, title, description, tags, state, created_at, changed_at)"
            " VALUES (:item, :person, :position, :title, :description, :tags, :state, :now, :now)",
            item=item.id,
            person=person.id,
            position=position,
            title=item.title,
            description=item.description,
            tags=json.dumps(item.tags),
            state=item.state,
            now=now,
        )
        return item


def forget_items(tx: Transaction, person_id: str) -> None:
    """Delete all items of a person; should they come back, they begin anew."""
    tx.execute("DELETE FROM items WHERE person_id = :person", person=person_id)
    tx.execute("DELETE FROM item_collections WHERE person_id = :person", person=person_id)


def _item(row: Row) -> Item:
    return Item(
        id=row["item_id"],
        title=row["title"],
        description=row["description"],
        tags=json.loads(row["tags"]),
        state=row["state"],
    )


def _storable(text: str) -> str:
    # PostgreSQL's text has no place for this one character.
    return text.replace("\0", "")


def _holds(item: Item, wanted: list[str]) -> bool:
    text = " ".join((item.title, item.description, *item.tags)).casefold()
    return all(word in text for word in wanted)
