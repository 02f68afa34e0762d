"""A widget as its author declares it, and the page it is. Knows no protocol and reads no file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, get_args

from homeport.errors import WidgetMissing

__all__ = ["AddressedPage", "NoWidgets", "Widget", "WidgetAccess", "WidgetMissing", "WidgetPage", "WidgetPages"]

WidgetAccess = Literal["model+app", "model", "app"]
"""Who may call a tool: the model, widgets (the host's word for them is "app"), or both."""

ACCESSES: tuple[str, ...] = get_args(WidgetAccess)
LONGEST_STATUS = 64  # openai/toolInvocation/invoking and invoked
LONGEST_DESCRIPTION = 1_000
DIGITS = 12

# The name is the file's too: lower case, because some systems take Name.html and name.html for one file.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ORIGIN = re.compile(rf"(https|wss)://({_LABEL}(?:\.{_LABEL})*)(?::([1-9][0-9]{{0,4}}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A page that shows a tool's result: the file `NAME.html` or `NAME.tsx` in the app's folder `widgets`.

    The page may reach nothing but what is named here, as https origins such as "https://images.example.com":
    `connect` for what its script calls (wss too), `resources` for images, fonts, styles and scripts, `frames` for pages
    inside it, and `redirects` for where a link may lead without ChatGPT's warning.

    `domain`: an origin of the widget's own, which ChatGPT demands of a published app. `prefers_border`: whether the
    host should draw a frame (None: as it likes). `description`: what the widget shows, for the model, so that it does
    not repeat it. `invoking` and `invoked`: what the chat says while the tool runs and when it is done, 64 characters
    at most. Raises TypeError, in words, for what a host would refuse.
    """

    name: str
    connect: Sequence[str] = ()
    resources: Sequence[str] = ()
    frames: Sequence[str] = ()
    redirects: Sequence[str] = ()
    domain: str | None = None
    prefers_border: bool | None = None
    description: str = ""
    invoking: str = ""
    invoked: str = ""

    def __init__(
        self,
        name: str,
        *,
        connect: Sequence[str] = (),
        resources: Sequence[str] = (),
        frames: Sequence[str] = (),
        redirects: Sequence[str] = (),
        domain: str | None = None,
        prefers_border: bool | None = None,
        description: str = "",
        invoking: str = "",
        invoked: str = "",
    ) -> None:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise TypeError(
                f"A widget is named as its file, in 1 to 64 characters of a-z, 0-9, - and _: {name!r} is no such name."
            )
        if prefers_border is not None and not isinstance(prefers_border, bool):
            raise TypeError(f"The widget {name!r}: prefers_border is True, False or None.")
        checked: dict[str, Any] = {
            "name": name,
            "connect": _origins(name, "connect", connect, ("https", "wss")),
            "resources": _origins(name, "resources", resources),
            "frames": _origins(name, "frames", frames),
            "redirects": _origins(name, "redirects", redirects),
            "domain": None if domain is None else _origin(name, "domain", domain, ("https",)),
            "prefers_border": prefers_border,
            "description": _text(name, "description", description, LONGEST_DESCRIPTION),
            "invoking": _text(name, "invoking", invoking, LONGEST_STATUS),
            "invoked": _text(name, "invoked", invoked, LONGEST_STATUS),
        }
        for key, value in checked.items():
            object.__setattr__(self, key, value)

    def declared(self) -> Mapping[str, Any]:
        """What the author says of the page itself, without what is left at its default."""
        said = {
            "connect": self.connect,
            "resources": self.resources,
            "frames": self.frames,
            "redirects": self.redirects,
            "domain": self.domain,
            "prefers_border": self.prefers_border,
            "description": self.description,
        }
        return {key: value for key, value in said.items() if value not in ((), None, "")}


@dataclass(frozen=True, slots=True)
class WidgetPage:
    """One whole HTML document. `digest` is the SHA-256 of it, in hex; `uri` changes with it."""

    name: str
    html: str = field(repr=False)
    digest: str
    uri: str

    @classmethod
    def of(cls, name: str, html: str) -> WidgetPage:
        digest = hashlib.sha256(html.encode("utf-8", "replace")).hexdigest()
        return cls(name, html, digest, widget_uri(name, digest))


@dataclass(frozen=True, slots=True)
class AddressedPage:
    """A page as one widget declares it. Hosts keep both under the address, so that it changes with both."""

    widget: Widget
    page: WidgetPage
    digest: str

    @classmethod
    def of(cls, widget: Widget, page: WidgetPage) -> AddressedPage:
        """A widget that declares nothing has the address of its page."""
        declared = widget.declared()
        if not declared:
            return cls(widget, page, page.digest)
        words = json.dumps(declared, sort_keys=True, separators=(",", ":"))
        return cls(widget, page, hashlib.sha256(f"{page.digest}\n{words}".encode()).hexdigest())

    @property
    def uri(self) -> str:
        return widget_uri(self.widget.name, self.digest)


class WidgetPages(Protocol):
    """Where the pages of an app's widgets come from. Its answers are at hand: nothing is built or waited for."""

    def page(self, name: str) -> WidgetPage:
        """The last good page. Raises WidgetMissing, which says which file is not there and what to do."""
        ...

    def names(self) -> Collection[str]:
        """The widgets that have a page."""
        ...

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """`callback` gets the name of a widget whose page is another one now, in the event loop; returns the end."""
        ...


class NoWidgets:
    """For an app without a place for pages, such as one in memory."""

    def page(self, name: str) -> WidgetPage:
        raise WidgetMissing(f"There is no page for the widget {name!r}.", hint="This app was given no pages.")

    def names(self) -> Collection[str]:
        return ()

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        return lambda: None


def widget_uri(name: str, digest: str) -> str:
    return f"ui://widget/{name}-{digest[:DIGITS]}.html"


def _origins(widget: str, key: str, given: object, schemes: tuple[str, ...] = ("https",)) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f'The widget {widget!r}: {key} is a list of origins, like ["https://images.example.com"].')
    return tuple(dict.fromkeys(_origin(widget, key, one, schemes) for one in given))


def _origin(widget: str, key: str, given: object, schemes: tuple[str, ...]) -> str:
    place = f"The widget {widget!r}: {key}"
    if not isinstance(given, str):
        raise TypeError(f"{place} holds {given!r}, and an origin is text.")
    match = _ORIGIN.fullmatch(given)
    if match and match[1] in schemes and int(match[3] or 0) < 65_536 and match[3] != "443":
        return given
    raise TypeError(f"{place} holds {given!r}: {_reason(given, schemes)}.")


def _reason(given: str, schemes: tuple[str, ...]) -> str:
    """What is wrong with an origin, and how it is written."""
    meant = _ORIGIN.match(given.strip().lower())
    if "*" in given:
        return "name each host, without *"
    if not given.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        return f"an origin begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    if not given.isascii():
        return "a host with other letters than a-z is written in its xn-- form"
    if meant:
        port = f":{meant[3]}" if meant[3] and meant[3] != "443" and int(meant[3]) < 65_536 else ""
        return f'write "{meant[1]}://{meant[2]}{port}", with nothing else'
    return "an origin is a scheme, a host and perhaps a port, like https://images.example.com"


def _text(widget: str, key: str, given: object, longest: int) -> str:
    if not isinstance(given, str):
        raise TypeError(f"The widget {widget!r}: {key} is text.")
    if len(given) > longest:
        raise TypeError(f"The widget {widget!r}: {key} has {len(given)} characters, and a host takes {longest}.")
    if not given.isascii() and given != given.encode("utf-8", "replace").decode():
        raise TypeError(f"The widget {widget!r}: {key} has half a character (a lone surrogate), which cannot be sent.")
    return given.strip()
