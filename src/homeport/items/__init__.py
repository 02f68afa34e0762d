"""The built-in app: a list of items a person keeps. Its tools are written on the public API only."""

from homeport.items.app import items_app
from homeport.items.backend import BackendItems
from homeport.items.item import Item, Items
from homeport.items.sql import SqlItems

__all__ = ["BackendItems", "Item", "Items", "SqlItems", "items_app"]
