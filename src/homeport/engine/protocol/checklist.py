"""What a first user does, step by step, and what Homeport said lately."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `state` is done, now, later or failed. `at` is when it was first done; 0: never.

    The names in order: running, tunnel, discovery, sign-in, tool-call, widget-called, widget-fetched, widget-started.
    """

    name: str
    title: str
    state: str
    at: int
    problem: str
    action: str


@dataclass(frozen=True, slots=True)
class ConnectorForm:
    """What ChatGPT's form for a new connector asks, field by field."""

    name: str
    description: str
    url: str
    authentication: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """The steps, what to type into ChatGPT's form, and the prompt that tries it out."""

    steps: list[Step]
    prompt: str
    form: ConnectorForm


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log of this process; `at` is seconds since the epoch."""

    at: float
    level: str
    text: str
