"""How secrets are typed: hidden at a terminal, or as lines of standard input. Never in an argument, never shown."""

from __future__ import annotations

import sys

import click

LONGEST = 65_536
"""Characters of one value."""


def at_terminal() -> bool:
    """Whether a person sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


class TypedValues:
    """Asks for one value after the other; where nobody sits there, each is a line of standard input."""

    def __init__(self) -> None:
        self._asks = at_terminal()

    def open(self, prompt: str, *, default: str = "") -> str:
        """A value that may be seen."""
        if self._asks:
            return str(click.prompt(prompt, default=default or None, err=True)).strip()
        return self._line(prompt)

    def hidden(self, prompt: str) -> str:
        """A value that is not shown while it is typed."""
        if self._asks:
            return str(click.prompt(f"{prompt} (hidden)", hide_input=True, err=True)).strip()
        return self._line(prompt)

    def _line(self, prompt: str) -> str:
        line = sys.stdin.readline(LONGEST + 1) if sys.stdin is not None else ""
        if len(line) > LONGEST:
            raise click.UsageError("This line of standard input is too long to be a secret.")
        if not line.strip():
            raise click.UsageError(
                f"{prompt} is missing: type it at a terminal, or give it as a line of standard input."
            )
        return line.strip()


def say_yes(question: str) -> bool:
    """The person's answer; No where nobody can be asked."""
    return at_terminal() and click.confirm(question, default=False, err=True)
