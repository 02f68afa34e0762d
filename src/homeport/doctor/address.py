"""The address a person gives the doctor, as a connector URL. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.doctor.answer import is_loopback
from homeport.errors import SettingsError
from homeport.foreign_text import clean

MCP_PATH = "/mcp"


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked: `urls` are the addresses where an MCP server may be, the likeliest first."""

    urls: tuple[str, ...]
    host: str
    port: int
    secure: bool

    @property
    def local(self) -> bool:
        """Whether it is this computer, which ChatGPT cannot reach under that name."""
        return is_loopback(self.host)


def read_address(text: str) -> Target:
    """The address as it was pasted: with or without scheme and path. Raises SettingsError for what is none."""
    written = "".join(text.split())
    if "://" not in written:
        host = written.partition("/")[0].rpartition("@")[2]
        name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
        written = f"{'http' if is_loopback(name) else 'https'}://{written}"
    try:
        parts = urlsplit(written)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if not host or parts.scheme not in ("http", "https"):
        raise SettingsError(
            f"{clean(text, 200)!r} is no address of an MCP server.",
            hint="Give it as you would paste it into ChatGPT, for example https://homeport.example.com/mcp",
        )
    if parts.username or parts.password or parts.fragment:
        raise SettingsError(
            "The address holds a name, a password or a fragment (#), which no connector URL has.",
            hint="Leave that part out: https://HOST/mcp",
        )
    secure = parts.scheme == "https"
    bracketed = f"[{host}]" if ":" in host else host
    usual = 443 if secure else 80
    origin = f"{parts.scheme}://{bracketed}" + (f":{port}" if port not in (None, usual) else "")
    query = f"?{parts.query}" if parts.query else ""
    if parts.path in ("", "/") and not query:
        # A root is what people paste when they forgot the path; some servers do live there.
        return Target((origin + MCP_PATH, origin + "/"), host, port or usual, secure)
    return Target((origin + (parts.path or "/") + query,), host, port or usual, secure)
