"""The tools of the items app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, Field

from homeport import App, Backend, Person, Result, Widget
from homeport.items.item import Action, Item, Items

Words = Annotated[str, Field(max_length=200)]
ItemId = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
Title = Annotated[str, Field(min_length=1, max_length=200, description="A short name for the item.")]
Description = Annotated[str, Field(max_length=4_000, description="Anything more there is to say.")]
Tag = Annotated[str, Field(min_length=1, max_length=40)]
Tags = Annotated[list[Tag], Field(max_length=10, description="Words to find it by.")]


LIST_VIEW = Widget(
    "list-view",
    prefers_border=True,
    description="Shows the items with their tags and lets the person complete, reopen and archive them: do not repeat "
    "the list in words.",
    invoking="Looking up your items",
    invoked="Here are your items",
)


class Found(BaseModel):
    """One hit of a search, in the shape ChatGPT knows."""

    id: str
    title: str
    url: str


class FoundItems(BaseModel):
    results: list[Found]


class Document(BaseModel):
    """One item as a document, in the shape ChatGPT knows."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str]


class ItemList(BaseModel):
    items: list[Item]


def items_app(items: Items | Callable[[Backend], Items]) -> App:
    """The app over these items; or over those that a call's backend has for its person."""

    def kept(backend: Backend | None) -> Items:
        if not callable(items):
            return items
        assert backend is not None, "these items are served only where there is a backend"
        return items(backend)

    app = App("Items", instructions="Shows, adds and changes the items that the person keeps in Homeport.")

    @app.tool(effect="read", name="get-items", title="Show items", widget=LIST_VIEW)
    async def get_items(person: Person, backend: Backend | None, filter: Words = "") -> Result[ItemList]:
        """Show the person's items; with a filter, only those whose title, description or tags hold its words."""
        found = await kept(backend).find(person, filter)
        return Result(ItemList(items=found), text=_as_text(found, filter))

    @app.tool(effect="write", name="add-item", title="Add an item")
    async def add_item(
        person: Person,
        backend: Backend | None,
        title: Title,
        description: Description = "",
        tags: Tags = [],  # noqa: B006
    ) -> Result[Item]:
        """Keep a new item for the person."""
        item = await kept(backend).add(person, title, description, tags)
        return Result(item, text=f"Added {item.title!r} with id {item.id}.")

    @app.tool(
        effect="write",
        name="perform-item-action",
        title="Change an item",
        idempotent=True,
        widget_access="model+app",
    )
    async def perform_item_action(
        person: Person, backend: Backend | None, item_id: ItemId, action: Action
    ) -> Result[Item]:
        """Complete, reopen or archive an item."""
        item = await kept(backend).act(person, item_id, action)
        return Result(item, text=f"{item.title!r} is {item.state} now.")

    @app.tool(effect="read", title="Search items")
    async def search(person: Person, backend: Backend | None, query: Words) -> Result[FoundItems]:
        """Search the person's items by words."""
        found = await kept(backend).find(person, query)
        hits = [Found(id=item.id, title=item.title, url=_address(item)) for item in found]
        # No text of its own: OpenAI wants the JSON itself there, for search and fetch alike.
        return Result(FoundItems(results=hits))

    @app.tool(effect="read", title="Read an item")
    async def fetch(person: Person, backend: Backend | None, id: ItemId) -> Result[Document]:
        """Read one item in full by the id that search gave."""
        item = await kept(backend).get(person, id)
        document = Document(
            id=item.id,
            title=item.title,
            text=item.description or item.title,
            url=_address(item),
            metadata={"state": item.state, "tags": ", ".join(item.tags)},
        )
        return Result(document)

    return app


def _address(item: Item) -> str:
    # Items have no page of their own; the address only has to be a stable name for citations.
    return f"homeport:items/{item.id}"


def _as_text(found: list[Item], words: str) -> str:
    """What a chat without widgets shows; the model takes the ids for its next call from here."""
    if not found:
        return f"No items match {words!r}." if words else "There are no items yet."
    return "\n".join(f"- {item.title} ({', '.join((item.state, *item.tags))}; id {item.id})" for item in found)
