"""The modules of one app folder, importable by each other and by nobody else: `sys.path` stays as it is.

Each load gets a package of its own, so that two folders, or two versions of one, may use the same names, and a file
called `json.py` replaces the standard library's for its neighbours only.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import itertools
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

NEVER_REPLACED = frozenset({*sys.builtin_module_names, "__future__", "homeport"})


class FolderModules:
    """A fresh private package over `folder`; `drop` forgets all its modules."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._package = self._reserve()
        self._finder = _Finder(self.prefix, {**vars(builtins), "__import__": self._import})
        sys.meta_path.insert(0, self._finder)

    @property
    def prefix(self) -> str:
        """What stands before the author's own name of each module, and must not be shown."""
        return f"{self._package.__name__}."

    def load(self, name: str) -> ModuleType:
        """The module FOLDER/name.py. Raises whatever it raises."""
        return importlib.import_module(self.prefix + name)

    def drop(self) -> None:
        """Forget the modules; code of theirs that still runs keeps what it has imported."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for name in [name for name in tuple(sys.modules) if name.startswith(self.prefix)]:
            sys.modules.pop(name, None)
        if sys.modules.get(self._package.__name__) is self._package:
            del sys.modules[self._package.__name__]

    def _reserve(self) -> ModuleType:
        """Names are the same after a restart: they can show in a schema, and so in the digest of a tool list."""
        digest = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:8]
        for number in itertools.count(1):
            package = ModuleType(f"homeport_app_{digest}_{number}")
            package.__path__ = [str(self._folder)]
            if sys.modules.setdefault(package.__name__, package) is package:
                return package
        raise AssertionError("unreachable: counting has no end")

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """`__import__` as the folder's modules have it: the folder first, then everything else."""
        fromlist = fromlist or ()
        if level:
            return builtins.__import__(name, globals, locals, fromlist, level)
        first = name.partition(".")[0]
        if not self._has_module(first):
            try:
                return builtins.__import__(name, globals, locals, fromlist, 0)
            except ModuleNotFoundError as error:
                # A folder without __init__.py is a package only where nothing else has that name.
                if error.name != first or not (self._folder / first).is_dir():
                    raise
        module = builtins.__import__(self.prefix + name, globals, locals, fromlist, 0)
        return module if fromlist else sys.modules[self.prefix + first]

    def _has_module(self, name: str) -> bool:
        if name in NEVER_REPLACED:
            return False
        return (self._folder / f"{name}.py").is_file() or (self._folder / name / "__init__.py").is_file()


class _Finder(MetaPathFinder):
    """Finds what is below one private package, on disk as it is now."""

    def __init__(self, prefix: str, own_builtins: Mapping[str, Any]) -> None:
        self._prefix = prefix
        loader = cast("type[Loader]", partial(_SourceLoader, own_builtins))
        self._details = (loader, SOURCE_SUFFIXES)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(self._prefix):
            return None
        # A fresh FileFinder each time: a kept one does not see a file that was added a moment ago.
        found = (FileFinder(place, self._details).find_spec(fullname) for place in path or ())
        return next((spec for spec in found if spec is not None), None)


class _SourceLoader(SourceFileLoader):
    """Loads from source, always: byte code is told apart by whole seconds, and people save twice in one."""

    def __init__(self, own_builtins: Mapping[str, Any], fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._own_builtins = own_builtins

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        # Where a module has __builtins__, its `import` statements use the __import__ in there.
        vars(module)["__builtins__"] = dict(self._own_builtins)
        super().exec_module(module)
