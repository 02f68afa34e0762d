"""The items of every person, in the database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from homeport import Conflict, NotFound, Person
from homeport.items import SqlItems
from homeport.items.item import MOST_ITEMS, RESULTING_STATE, Action
from homeport.items.sql import SAMPLES
from homeport.store import Database, Transaction, open_database

NOW = 1_800_000_000.0
OWNER, FRIEND = Person("owner:1"), Person("owner:2")


@asynccontextmanager
async def opened_items(url: str) -> AsyncIterator[tuple[SqlItems, Database]]:
    database = await open_database(url, clock=lambda: NOW)
    try:
        yield SqlItems(database, clock=lambda: NOW), database
    finally:
        await database.close()


async def titles(items: SqlItems, person: Person, words: str = "") -> list[str]:
    return [item.title for item in await items.find(person, words)]


def fill(person: Person, count: int) -> list[dict[str, str | int]]:
    return [{"item": f"{person.id}-{number}", "person": person.id, "position": number} for number in range(count)]


async def test_somebody_new_finds_samples(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        assert await titles(items, OWNER) == [title for title, _, _ in SAMPLES]
        first = (await items.find(OWNER, ""))[0]
        assert (first.description, first.tags, first.state) == (SAMPLES[0][1], list(SAMPLES[0][2]), "open")


async def test_samples_come_once_even_to_somebody_who_looks_many_times_at_once(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        await asyncio.gather(*(items.find(OWNER, "") for _ in range(8)))
        assert len(await items.find(OWNER, "")) == len(SAMPLES)


async def test_somebody_whose_first_act_is_to_add_has_the_samples_too(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        added = await items.add(OWNER, "Mine", "", [])
        assert (await titles(items, OWNER))[-1] == "Mine"
        assert len(await items.find(OWNER, "")) == len(SAMPLES) + 1
        assert await items.get(OWNER, added.id) == added


async def test_items_outlive_a_restart_and_come_in_the_order_they_were_added(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        for title in ("one", "two", "three"):
            await items.add(OWNER, title, f"about {title}", [title, "new"])
        before = await items.find(OWNER, "")
    async with opened_items(database_url) as (items, _):
        assert await items.find(OWNER, "") == before
        assert [item.title for item in before[-3:]] == ["one", "two", "three"]


async def test_nobody_sees_or_changes_anothers_items(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        mine = await items.add(OWNER, "Mine", "", [])
        assert "Mine" not in await titles(items, FRIEND)
        with pytest.raises(NotFound) as of_another:
            await items.get(FRIEND, mine.id)
        with pytest.raises(NotFound) as of_nobody:
            await items.get(FRIEND, "no-such-item")
        assert of_another.value.message == of_nobody.value.message
        with pytest.raises(NotFound):
            await items.act(FRIEND, mine.id, "archive")
        assert (await items.get(OWNER, mine.id)).state == "open"


@pytest.mark.parametrize("action", list(RESULTING_STATE))
async def test_an_action_leads_to_its_state_however_often(database_url: str, action: Action) -> None:
    async with opened_items(database_url) as (items, _):
        item = await items.add(OWNER, "Mine", "", [])
        for _ in range(2):
            changed = await items.act(OWNER, item.id, action)
            assert changed == item.model_copy(update={"state": RESULTING_STATE[action]})
        assert await items.get(OWNER, item.id) == changed


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("carrot", True),
        ("CARROT soup", True),
        ("ginger", True),
        ("dinner carrot", True),
        ("carrot bread", False),
        ("100%", True),
        ("%", True),
        ("_", False),
        ("straße", True),
        ("STRASSE", True),
        ("   ", True),
    ],
)
async def test_a_search_wants_every_word_somewhere(database_url: str, words: str, found: bool) -> None:
    async with opened_items(database_url) as (items, _):
        await items.add(OWNER, "Carrot soup", "Ginger, 100% of it, from Königstraße", ["dinner"])
        assert ("Carrot soup" in await titles(items, OWNER, words)) is found


async def test_a_person_keeps_so_many_items_and_no_more(database_url: str) -> None:
    def insert(tx: Transaction) -> None:
        for row in fill(OWNER, MOST_ITEMS - len(SAMPLES)):
            tx.execute(
                "INSERT INTO items (item_id, person_id, position, title, description, tags, state, created_at,"
                " changed_at) VALUES (:item, :person, :position, 'Filler', '', '[]', 'open', 0, 0)",
                **row,
            )

    async with opened_items(database_url) as (items, database):
        await items.find(OWNER, "")
        await database.transaction(insert)
        assert len(await items.find(OWNER, "")) == MOST_ITEMS
        with pytest.raises(Conflict, match="1000 items already"):
            await items.add(OWNER, "One too many", "", [])
        assert len(await items.find(OWNER, "")) == MOST_ITEMS
        await items.add(FRIEND, "Of another", "", [])


async def test_text_of_every_kind_is_kept_as_it_is(database_url: str) -> None:
    text = "Grüße, 你好, 🥕, 'quoted', :name, \\ and\nlines"
    async with opened_items(database_url) as (items, _):
        item = await items.add(OWNER, text, text, [text])
        assert await items.get(OWNER, item.id) == item
        assert (item.title, item.description, item.tags) == (text, text, [text])


async def test_the_one_character_that_not_every_database_keeps_is_left_out(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        item = await items.add(OWNER, "So\0up", "An\0 hour", ["din\0ner"])
        assert (item.title, item.description, item.tags) == ("Soup", "An hour", ["dinner"])
        assert await items.get(OWNER, item.id) == item
        assert await titles(items, OWNER, "so\0up") == []


async def test_ids_fit_an_address_and_are_never_guessed(database_url: str) -> None:
    async with opened_items(database_url) as (items, _):
        ids = [(await items.add(OWNER, "Mine", "", [])).id for _ in range(20)]
    assert len(set(ids)) == 20
    assert all(len(item_id) == 12 and json.dumps(item_id).isascii() for item_id in ids)
