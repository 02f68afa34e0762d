"""The command line: composes and prints, and decides nothing itself."""

from __future__ import annotations

from homeport.cli.root import main

__all__ = ["main"]
