"""Chooses what is served: the app of an author's folder when the settings name one, otherwise a built-in one: the
folder to search, or the list of items, which is the backend's where there is a backend.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from homeport.apps.app import App
from homeport.clock import Clock, Randomness
from homeport.engine.served import AppSource, BuiltIn
from homeport.events import EventBus
from homeport.settings import Settings
from homeport.store import Database

APP_PATH = "/mcp"
FOLDER_PATH = "/folder/mcp"


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

        own = FolderSource(settings.app, develops=develops, publish=events.publish, clock=clock)
        if settings.folder is None:
            return {APP_PATH: own}
        beside = App("Folder", instructions="No folder is chosen now.")
        return {APP_PATH: own, FOLDER_PATH: _chosen_folder(settings, beside, events, clock)}
    from homeport.items import BackendItems, SqlItems, items_app

    if settings.backend_url:
        items = items_app(BackendItems)
    else:
        items = items_app(SqlItems(database, clock=clock, random=random))
    return {APP_PATH: _chosen_folder(settings, items, events, clock)}


def _chosen_folder(settings: Settings, otherwise: App, events: EventBus, clock: Clock) -> AppSource:
    from homeport.engine.chosen_folder import ChosenFolder, cache_folder

    return ChosenFolder(
        settings.folder,
        otherwise=BuiltIn(otherwise),
        data_dir=settings.data_dir,
        cache=cache_folder(),
        publish=events.publish,
        clock=clock,
    )


def settings_changed(sources: Iterable[AppSource], settings: Settings) -> None:
    """Tell those sources that follow the settings while Homeport runs."""
    from homeport.engine.chosen_folder import ChosenFolder

    for source in sources:
        if isinstance(source, ChosenFolder):
            source.use(settings.folder)
