"""The browser bundles that the build hook packs as the package homeport_web. Reads them, and never builds them."""

from __future__ import annotations

from importlib import resources

from homeport.errors import BundleError

PACKAGE = "homeport_web"
REBUILD = "Build them with: uv sync --reinstall-package homeport"


def page(name: str) -> str:
    """The self-contained HTML document of one bundle, such as "dashboard"; raises BundleError when it is not there."""
    try:
        return (resources.files(PACKAGE) / f"{name}.html").read_text(encoding="utf-8")
    except ModuleNotFoundError:
        raise BundleError("The pages for the browser are not installed.", hint=REBUILD) from None
    except FileNotFoundError:
        raise BundleError(f"The pages for the browser have no {name!r}.", hint=REBUILD) from None


def build_error() -> str:
    """Why the last build in an editable checkout failed, with its output; empty when it did not.

    The pages are the last good ones then, so this is to be said aloud, and stops nothing.
    """
    try:
        return (resources.files(PACKAGE) / "build-error.txt").read_text(encoding="utf-8").strip()
    except (ModuleNotFoundError, FileNotFoundError):
        return ""
