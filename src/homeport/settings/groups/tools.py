"""What ChatGPT gets, and what it may do with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from homeport.settings import values
from homeport.settings.about import About, Group

RuleSetting = Literal["allow", "ask", "block"]


class Tools(Group):
    app: Annotated[
        Path | None,
        About(
            label="App folder",
            help="Folder with an app.py whose tools ChatGPT gets; without it, the current folder if it has app.py and "
            "homeport.toml, and else a list of items.",
            expects="a folder",
            applies="app",
            example="./recipes",
        ),
    ] = None
    folder: Annotated[
        Path | None,
        About(
            label="Shared folder",
            help="Folder whose text and Markdown files ChatGPT may search and read, never change: instead of the list "
            "of items, or beside an app at /folder/mcp.",
            expects="a folder",
            applies="now",
            example="~/Documents/notes",
        ),
    ] = None
    rules: Annotated[
        Mapping[str, RuleSetting],
        AfterValidator(values.tool_names),
        About(
            label="Rules for tools",
            help="What a tool may do whatever its scopes say: allow, ask (the owner sees each call and allows it, or "
            "not; with `homeport serve`, where nobody sits at the computer, this blocks) or block.",
            expects="tool names with allow, ask or block, such as add-item=ask",
            applies="now",
            example="add-item=block",
            option="rule",
        ),
    ] = Field(default_factory=dict)
