"""The header fields of a POST that the endpoint acts on, stripped: some servers keep the white space around a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from homeport.mcp_server.protocol import HANDSHAKE_VERSIONS

_WANTED = frozenset({b"accept", b"authorization", b"content-length", b"content-type", b"origin"})


@dataclass(frozen=True, slots=True)
class Headers:
    """Wanted fields and all `mcp-*` ones by lower-case name; `repeated` are those that came more than once."""

    fields: dict[bytes, bytes]
    repeated: tuple[bytes, ...]

    def get(self, name: bytes) -> bytes | None:
        return self.fields.get(name)

    @property
    def version(self) -> str | None:
        value = self.fields.get(b"mcp-protocol-version")
        return None if value is None else value.decode("latin-1")

    @property
    def modern(self) -> bool:
        """Whether the version named is none of the handshake era: then it is the modern era's to accept or refuse."""
        version = self.version
        return version is not None and version not in HANDSHAKE_VERSIONS

    @property
    def takes_streams(self) -> bool:
        """Both forms of answer are named, as MCP demands of every POST; the SDK's app refuses a stream otherwise."""
        accept = self.fields.get(b"accept", b"").lower()
        return b"text/event-stream" in accept and b"application/json" in accept

    @property
    def refuses_streams(self) -> bool:
        """No form of stream is among what the client accepts, wildcards included."""
        accept = self.fields.get(b"accept", b"").lower()
        return not any(form in accept for form in (b"text/event-stream", b"text/*", b"*/*"))

    def is_json(self) -> bool:
        media_type = self.fields.get(b"content-type", b"").partition(b";")[0]
        return media_type.rstrip().lower() == b"application/json"

    def routing(self) -> dict[str, str]:
        """The `mcp-*` fields as text."""
        return {n.decode("latin-1"): v.decode("latin-1") for n, v in self.fields.items() if n.startswith(b"mcp-")}


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    fields: dict[bytes, bytes] = {}
    repeated: list[bytes] = []
    for name, value in raw:
        if name in _WANTED or name[:4] == b"mcp-":
            if name in fields:
                repeated.append(name)
            fields[name] = value.strip(b" \t")
    return Headers(fields, tuple(repeated))
