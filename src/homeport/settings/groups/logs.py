"""What the log looks like."""

from __future__ import annotations

from typing import Annotated, Literal

from homeport.settings.about import About, Group


class Logs(Group):
    log_format: Annotated[
        Literal["text", "json"],
        About(
            label="Log format",
            help="Log lines for a person (text) or for a log collector (json).",
            expects="text or json",
            applies="restart",
            example="json",
        ),
    ] = "text"
