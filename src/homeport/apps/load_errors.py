"""Why an app folder could not be loaded, for its author: file, line and cause. Runs nothing of the app."""

from __future__ import annotations

import ast
import contextlib
import shlex
import subprocess
import sys
import traceback
from pathlib import Path

from homeport.errors import AppError
from homeport.foreign_text import clean

LONGEST_CAUSE = 400
NOT_THE_AUTHORS = frozenset({"__pycache__", "node_modules", "site-packages"})

PACKAGES = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "fitz": "pymupdf",
    "google": "google-api-python-client",
    "PIL": "pillow",
    "psycopg2": "psycopg2-binary",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "win32com": "pywin32",
    "yaml": "pyyaml",
}
"""Well-known modules whose package has another name."""


def missing_folder(folder: Path) -> AppError:
    if folder.is_file():
        return AppError(f"{folder} is a file.", hint="Give the folder that holds app.py.")
    return AppError(f"There is no folder {folder}.", hint="Give the folder that holds your app.py.")


def missing_source(folder: Path) -> AppError:
    return AppError(
        f"{folder} has no app.py.", hint='Write one with `app = App("My tools")` in it; docs/tools.md shows how.'
    )


def no_app(folder: Path) -> AppError:
    return AppError(
        f"{folder.name}/app.py defines no `app`.",
        hint='Write `from homeport import App` and `app = App("My tools")`, and decorate its tools with `@app.tool`.',
    )


def wrong_app(folder: Path, app: object) -> AppError:
    line = _line_that_binds_app(folder / "app.py")
    return AppError(
        f"{_place(folder, folder / 'app.py', line)}: `app` is of type {clean(type(app).__name__)}.",
        hint='It must be a homeport.App: `app = App("My tools")`.',
    )


def slow(folder: Path, seconds: float) -> AppError:
    return AppError(
        f"{folder.name}/app.py is still being loaded after {seconds:g} seconds.",
        hint="What takes long belongs into a tool, not at the top of a module. The app is there once it is loaded.",
    )


def explained(error: BaseException, folder: Path, prefix: str) -> AppError:
    """What a module of `folder` raised while it was loaded; `prefix` is cut off the names of its modules."""
    where = _where(error, folder)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_module(error.name, where, folder, prefix)
    if isinstance(error, SystemExit):
        return AppError(f"{where}: it ends the program with sys.exit() while it is loaded.", hint="Take that out.")
    words = clean(str(error).replace(prefix, ""), limit=LONGEST_CAUSE)
    if isinstance(error, SyntaxError) and _belongs(error.filename, folder):
        return AppError(f"{where}: {clean(error.msg, limit=LONGEST_CAUSE)}.")
    if isinstance(error, TypeError) and words.startswith(("The tool ", "An app", "The widget ", "A widget ")):
        return AppError(f"{where}: {words.removesuffix('.')}.")
    cause = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return AppError(f"{where}: {cause.removesuffix('.')}.")


def _missing_module(name: str, where: str, folder: Path, prefix: str) -> AppError:
    own = name.removeprefix(prefix)
    shown = clean(own)
    if own != name:
        return AppError(f"{where}: there is no module {shown!r} in {folder.name}.")
    top = shown.partition(".")[0]
    if getattr(sys, "frozen", False):
        return AppError(
            f"{where}: this program has no module {shown!r}, and nothing can be added to it.",
            hint=f"Start Homeport with uv instead, on the same data: `{_with_uv(top, folder)}`",
        )
    return AppError(
        f"{where}: there is no module {shown!r}.",
        hint=f"Start Homeport together with the package that has it, like `uv run --with {PACKAGES.get(top, top)} "
        f"homeport --app {folder.name}`; if it is a file of yours, it must be in {folder.name}.",
    )


def _with_uv(module: str, folder: Path) -> str:
    """The command line that runs this app from a package, in the folder's own project where it is one."""
    extra = [] if module in sys.stdlib_module_names else [PACKAGES.get(module, module)]
    project = ["--project", str(folder)] if (folder / "pyproject.toml").is_file() else ["--with", "homeport"]
    command = ["uv", "run", *project, *(part for name in extra for part in ("--with", name))]
    command += ["homeport", "--app", str(folder)]
    return subprocess.list2cmdline(command) if sys.platform == "win32" else shlex.join(command)


def _where(error: BaseException, folder: Path) -> str:
    """The innermost line of the author's that was being run, or could not be read."""
    if isinstance(error, SyntaxError) and _belongs(error.filename, folder):
        return _place(folder, Path(str(error.filename)), error.lineno)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _belongs(frame.filename, folder)]
    if not frames:
        return f"{folder.name}/app.py"
    return _place(folder, Path(frames[-1].filename), frames[-1].lineno)


def _place(folder: Path, file: Path, line: int | None) -> str:
    name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
    return f"{name}, line {line}" if line else name


def _belongs(filename: str | None, folder: Path) -> bool:
    """Whether the author wrote it: a virtual environment may lie in the folder too."""
    if not filename or not Path(filename).is_relative_to(folder):
        return False
    parts = Path(filename).relative_to(folder).parts
    return not any(part in NOT_THE_AUTHORS or part.startswith(".") for part in parts)


def _line_that_binds_app(source: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, SyntaxError):
        tree = ast.parse(source.read_bytes())
        lines = [
            node.lineno
            for statement in tree.body
            for node in ast.walk(statement)
            if (isinstance(node, ast.Name) and node.id == "app" and isinstance(node.ctx, ast.Store))
            or (isinstance(node, ast.alias) and (node.asname or node.name) == "app")
            or (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == "app")
        ]
        return lines[-1] if lines else None
    return None
