"""What programs that Homeport starts must not inherit from the one-file program: its libraries.

The browser, the tunnel's agent and Node would load ours instead of their own.
"""

from __future__ import annotations

from collections.abc import MutableMapping

OURS_ALONE = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LIBPATH")


def leave_bundle(environ: MutableMapping[str, str]) -> None:
    """Give back what the user had before the one-file program put its own folder there.

    It is enough to do so once, first of all: the loader has read these when the process began, and what is started
    from now on inherits `environ`. PyInstaller keeps the user's own value as NAME_ORIG.
    """
    for name in OURS_ALONE:
        before = environ.pop(f"{name}_ORIG", None)
        if before:
            environ[name] = before
        else:
            environ.pop(name, None)
