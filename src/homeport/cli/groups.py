"""How a command explains itself: whole sentences, and other commands as they are typed here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import click

from homeport.settings.as_typed import as_typed

Kind = TypeVar("Kind", bound=click.Command)


class TypedFormatter(click.HelpFormatter):
    """Puts commands into help texts as they are typed, before lines are broken."""

    def write_text(self, text: str) -> None:
        super().write_text(as_typed(text))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(name, as_typed(about)) for name, about in rows], col_max, col_spacing)


class TypedContext(click.Context):
    formatter_class = TypedFormatter


def explained(command: Kind) -> Kind:
    """The same command, whose help is written by the formatter above."""
    if not issubclass(command.context_class, TypedContext):
        command.context_class = TypedContext
    return command


class Group(click.Group):
    """A command with commands of its own, each listed with its whole first paragraph: click would cut it off."""

    context_class = TypedContext

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = super().get_command(ctx, cmd_name)
        return None if found is None else explained(found)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _first_paragraph(command)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first_paragraph(command: click.Command) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())
