"""Secrets that the environment gives: for servers and containers. Read only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

PREFIX = "HOMEPORT_SECRET_"


class EnvironmentSecrets:
    """`HOMEPORT_SECRET_SIGNING_KEYS` is the secret `signing-keys`. An empty variable counts as absent."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._values = {key: value for key, value in environ.items() if key.startswith(PREFIX) and value}

    def variable(self, name: str) -> str:
        """The variable that gives this secret."""
        return PREFIX + name.upper().replace("-", "_").replace(".", "_")

    def get(self, name: str) -> str | None:
        return self._values.get(self.variable(name))

    def names(self, *, but: Iterable[str] = ()) -> list[str]:
        """The names given here, except those that `but` spells in its own way."""
        known = {self.variable(name) for name in but}
        return [key[len(PREFIX) :].lower().replace("_", "-") for key in self._values if key not in known]
