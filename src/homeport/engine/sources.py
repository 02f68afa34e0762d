"""Chooses what is served: the app of a folder when the settings name one, otherwise the built-in list of items, which
is the backend's where there is a backend.
"""

from __future__ import annotations

from collections.abc import Mapping

from homeport.clock import Clock, Randomness
from homeport.engine.served import AppSource, BuiltIn
from homeport.events import EventBus
from homeport.settings import Settings
from homeport.store import Database

APP_PATH = "/mcp"


def app_sources(
    settings: Settings,
    database: Database,
    events: EventBus,
    *,
    develops: bool,
    clock: Clock,
    random: Randomness,
) -> Mapping[str, AppSource]:
    """Path to app. The first one is what the connector URL leads to.

    `develops`: somebody may be working on the folder's widgets.
    """
    if settings.app is not None:
        from homeport.engine.folder_source import FolderSource

        return {APP_PATH: FolderSource(settings.app, develops=develops, publish=events.publish, clock=clock)}
    from homeport.items import BackendItems, SqlItems, items_app

    if settings.backend_url:
        return {APP_PATH: BuiltIn(items_app(BackendItems))}
    return {APP_PATH: BuiltIn(items_app(SqlItems(database, clock=clock, random=random)))}
