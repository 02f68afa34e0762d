"""The table of what was measured: each row beside its bar and its goal, and whether the bar is missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "measured", "bar", "goal")
MISSED = "missed"

MOST_MEGABYTES = 85.0
"""Of a Homeport that serves: a bar for whatever measures one, as the next."""
MOST_IDLE = 0.2
"""Percent of a core while nobody calls."""


@dataclass(frozen=True, slots=True)
class Row:
    """`measured` None: this machine cannot measure it, which meets no bar. `more` is better, or less is."""

    what: str
    measured: float | None
    unit: str = ""
    places: int = 0
    bar: float | None = None
    goal: float | None = None
    more: bool = False

    @property
    def missed(self) -> bool:
        if self.bar is None:
            return False
        if self.measured is None:
            return True
        return self.measured < self.bar if self.more else self.measured > self.bar

    @property
    def cells(self) -> tuple[str, str, str, str]:
        measured = "not here" if self.measured is None else f"{self.measured:.{self.places}f}{self.unit}"
        bar, goal = ("-" if figure is None else f"{figure:g}{self.unit}" for figure in (self.bar, self.goal))
        return self.what, measured, bar, goal


def judge(rows: Sequence[Row]) -> int:
    """Prints the table; the answer is the exit code: 1 when a bar is missed."""
    lines = [HEAD, *(row.cells for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(4)]
    marks = ["", *(MISSED if row.missed else "" for row in rows)]
    printed = [_line(line, widths, mark) for line, mark in zip(lines, marks, strict=True)]
    printed.insert(1, _line(["-" * width for width in widths], widths, ""))
    missed = sum(row.missed for row in rows)
    print("\n".join(printed))
    if missed:
        print(f"\n{missed} of {sum(row.bar is not None for row in rows)} bars missed.")
    return 1 if missed else 0


def _line(cells: Sequence[str], widths: Sequence[int], mark: str) -> str:
    return "  ".join([*(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), mark]).rstrip()
