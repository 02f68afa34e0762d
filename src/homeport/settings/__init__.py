"""What a person can choose, where it was chosen, and who overrides whom.

Nothing is imported before it is asked for: commands that only talk to a running Homeport need the data folder and
must start without pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.settings.load import ImportedKeys, LoadedSettings, load_settings
    from homeport.settings.model import Settings

__all__ = ["ImportedKeys", "LoadedSettings", "Settings", "load_settings"]


def __getattr__(name: str) -> object:
    if name == "Settings":
        from homeport.settings import model

        return model.Settings
    if name in __all__:
        from homeport.settings import load

        return getattr(load, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
