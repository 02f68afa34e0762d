"""The Engine: one Homeport in one process. Knows neither tray nor dashboard; whoever shows something asks it."""

from __future__ import annotations

from homeport.engine.engine import Engine

__all__ = ["Engine"]
