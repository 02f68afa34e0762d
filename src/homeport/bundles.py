"""The browser bundles that the build hook packs as the package homeport_web. Reads them, and never builds them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable

from homeport.errors import BundleError

PACKAGE = "homeport_web"
REBUILD = "Build them with: uv sync --reinstall-package homeport"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file for the browser. Its name changes with its content, so that it may be cached for ever."""

    file: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Script:
    """A module script and its stylesheet, for a page that the server renders."""

    code: Asset
    css: Asset


def page(name: str) -> str:
    """The self-contained HTML document of one bundle, such as "dashboard"; raises BundleError when it is not there."""
    return _read(name, f"{name}.html").decode()


def script(name: str) -> Script:
    """The script of one bundle, such as "sign-in", and its stylesheet; raises BundleError when they are not there."""
    return Script(_asset(name, "js"), _asset(name, "css"))


def plain_kit() -> str:
    """The script that gives a widget in plain HTML the kit, as `window.homeport`, and its style."""
    return _read("kit", "kit.js").decode()


def toolchain() -> Traversable:
    """The folder of what builds the widgets of an app: package.json, package-lock.json, kit/ and builder/.

    Raises BundleError when it is not there.
    """
    _read("toolchain", "toolchain/package-lock.json")
    return resources.files(PACKAGE) / "toolchain"


def build_error() -> str:
    """Why the last build in an editable checkout failed, with its output; empty when it did not.

    The pages are the last good ones then, so this is to be said aloud, and stops nothing.
    """
    try:
        return (resources.files(PACKAGE) / "build-error.txt").read_text(encoding="utf-8").strip()
    except (ModuleNotFoundError, FileNotFoundError):
        return ""


def _asset(name: str, kind: str) -> Asset:
    content = _read(name, f"{name}.{kind}")
    return Asset(f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.{kind}", content)


def _read(name: str, file: str) -> bytes:
    try:
        return (resources.files(PACKAGE) / file).read_bytes()
    except ModuleNotFoundError:
        raise BundleError("The pages for the browser are not installed.", hint=REBUILD) from None
    except FileNotFoundError:
        raise BundleError(f"The pages for the browser have no {name!r}.", hint=REBUILD) from None
