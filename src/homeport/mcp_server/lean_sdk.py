"""Loads of the MCP SDK what a server needs. Call `load` before anything else imports it.

The SDK's packages import its client, its HTTP client and a second, higher server with every import of a part, and the
models of its wire build 300 validators, of which a connection needs a dozen: 8 MB and 0.25 s that nobody asked for.
"""

from __future__ import annotations

import importlib
import sys
import threading
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

PACKAGES = ("mcp", "mcp.server")
"""Packages whose `__init__` only gathers names from their modules. Ours are imported from where they are defined."""


def load() -> Any:
    """Our modules that need the SDK, and it with them; the answer is `homeport.mcp_server.streams`."""
    for package in PACKAGES:
        _postpone(package)
    _build_validators_late()
    for name in ("kernel", "app_server"):
        importlib.import_module(f"homeport.mcp_server.{name}")
    return importlib.import_module("homeport.mcp_server.streams")


def _postpone(name: str) -> None:
    """Make the package importable without running it. One that is imported already, as by an app, stays as it is."""
    spec = find_spec(name)
    if name in sys.modules or spec is None:
        return
    module = module_from_spec(spec)
    module.__class__ = _Postponed
    module.__dict__["_lock"] = threading.RLock()
    if sys.modules.setdefault(name, module) is module:
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


class _Postponed(ModuleType):
    """A package that runs when somebody asks for a name that none of its loaded modules has: an app may use it all."""

    _lock: threading.RLock
    _begun = False

    def __getattr__(self, name: str) -> Any:
        # What looks at every module, as `inspect` does, asks for such names.
        if not name.startswith("__") or name == "__all__":
            with self._lock:
                begun, self._begun = self._begun, True
                if not begun:
                    self._run()
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)

    def _run(self) -> None:
        assert self.__spec__ is not None
        assert self.__spec__.loader is not None
        try:
            self.__spec__.loader.exec_module(self)
        except BaseException:
            self._begun = False
            raise


def _build_validators_late() -> None:
    """Each validator of the wire's models at its first use, a few milliseconds each, instead of all of them now."""
    try:
        from mcp_types._wire_base import WireModel
    except ImportError:  # an SDK of another release has it elsewhere, and builds them now
        return
    WireModel.model_config["defer_build"] = True
