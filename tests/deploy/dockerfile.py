"""Reads a Dockerfile into stages of steps, as far as ours goes: anything it does not know is an error."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field

KNOWN = frozenset({"RUN", "COPY", "ENV", "WORKDIR", "USER", "CMD", "EXPOSE", "HEALTHCHECK"})


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its name, its options such as `from`, and what follows."""

    name: str
    options: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The exec form."""
        words: list[str] = json.loads(self.rest)
        return words

    @property
    def variables(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for pair in shlex.split(self.rest))


@dataclass(slots=True)
class Stage:
    """What one FROM begins. `base` is an image or an earlier stage."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def last(self, name: str) -> Step | None:
        return next((step for step in reversed(self.steps) if step.name == name), None)


def read_stages(text: str) -> list[Stage]:
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    stages: list[Stage] = []
    for line in filter(str.strip, re.sub(r"\\\n", " ", lines).splitlines()):
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            base, _, alias = rest.partition(" AS ")
            stages.append(Stage(base.strip(), alias.strip()))
            continue
        assert name in KNOWN, line
        options = {}
        while option := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            options[option[1]] = option[2]
            rest = rest[option.end() :]
        if name == "HEALTHCHECK":
            rest = rest.removeprefix("CMD ")
        stages[-1].steps.append(Step(name, options, rest.strip()))
    return stages


def steps_of(stages: list[Stage], name: str) -> list[Step]:
    """All steps of a stage, those of the stages it begins from first; the last stage has no name."""
    stage = next(stage for stage in reversed(stages) if stage.name == name)
    before = steps_of(stages, stage.base) if any(other.name == stage.base for other in stages) else []
    return [*before, *stage.steps]
