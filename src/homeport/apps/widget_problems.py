"""What is wrong with a widget, for its author: file, line and column. Finds nothing out by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from homeport.foreign_text import clean

LONGEST_MESSAGE = 600

ProblemKind = Literal["build", "types"]


@dataclass(frozen=True, slots=True)
class BuildProblem:
    """`file` is seen from the app's folder, such as "widgets/recipes.tsx"; `line` and `column` count from 1, and are 0
    where nobody knows. With a problem of kind "types" the page is the newest one all the same.
    """

    file: str
    line: int
    column: int
    message: str
    kind: ProblemKind = "build"

    def __str__(self) -> str:
        """As editors and terminals make a link of it: FILE:LINE:COLUMN: MESSAGE."""
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.file}{place}: {clean(self.message, LONGEST_MESSAGE)}"
