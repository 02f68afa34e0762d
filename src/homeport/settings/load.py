"""Merges the sources of settings into one model and keeps who said what. Last wins: defaults, homeport.toml in the
data folder, homeport.toml in the app folder, environment, options."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from homeport.errors import SettingsError
from homeport.settings.contradictions import refuse_contradictions
from homeport.settings.folders import FILE_NAME, find_data_dir, refuse_file
from homeport.settings.model import Settings, table
from homeport.settings.sources import Given, Source, from_environment, from_file, from_options, notices, wrong

DEFAULT = Source("default", "the default")

APP_FILE = "app.py"

_AS_THEY_ARE: Mapping[Path, str] = MappingProxyType({})

DESKTOP_TOKEN_SECONDS = 12 * 3600
SERVE_TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class ImportedKeys:
    """A key pair of the reference implementation, base64 PEM, unchecked: `keys` decides whether it is a pair."""

    private_key: str = field(repr=False)
    public_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force. `sources` holds for each field all sources that set it, the winner last."""

    settings: Settings
    sources: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    imported_keys: ImportedKeys | None = None
    privy_app_secret: str = field(default="", repr=False)
    """PRIVY_APP_SECRET of the environment, or nothing; the vault's "privy-app-secret" comes before it."""
    notices: tuple[str, ...] = ()
    serve: bool = False
    """True for `homeport serve`: nobody sits at this computer."""
    files: tuple[Path, ...] = ()
    """The files that were read, or would have been: a change of one may be a change of settings."""
    again: Callable[[Mapping[Path, str]], LoadedSettings] | None = field(default=None, repr=False, compare=False)

    def read_again(self, texts: Mapping[Path, str] = _AS_THEY_ARE) -> LoadedSettings:
        """The settings as all sources say now, or would say if these files held these texts. Raises SettingsError."""
        return self.again(texts) if self.again is not None else self

    def given(self, name: str) -> bool:
        """Whether somebody chose this setting, in whatever source; a port given by hand never moves."""
        return self.source(name).kind != "default"

    def source(self, name: str) -> Source:
        chosen = self.sources.get(name)
        return chosen[-1] if chosen else DEFAULT

    @property
    def tunnel(self) -> str:
        """The tunnel's provider: `tunnel`, with auto decided. With a public_url it is fixed already."""
        if self.settings.tunnel == "auto":
            return "none" if self.serve else "ngrok"
        return self.settings.tunnel

    @property
    def access_token_seconds(self) -> int:
        """How long an access token lives (SECURITY, Grants and tokens)."""
        by_mode = SERVE_TOKEN_SECONDS if self.serve else DESKTOP_TOKEN_SECONDS
        return self.settings.access_token_minutes * 60 or by_mode


def load_settings(
    *,
    options: Mapping[str, object],
    environ: Mapping[str, str],
    cwd: Path,
    serve: bool = False,
    texts: Mapping[Path, str] = _AS_THEY_ARE,
) -> LoadedSettings:
    """Read and merge all sources. `options` are settings by field name, None where not given; `texts` are what files
    are taken to hold that hold something else.

    Raises SettingsError, which names source, key and fix, and who overrides whom where that matters.
    """
    rows = table()
    by_option = from_options(options, rows, cwd)
    by_environment = from_environment(environ, rows, cwd)
    data_dir = find_data_dir(_folder(by_option, "data_dir"), environ, cwd)
    elsewhere = {
        "data_dir": "Give the data folder with --data-dir or HOMEPORT_DATA_DIR: this file is found through it."
    }
    data_file = data_dir / FILE_NAME
    by_data_file = from_file(data_file, rows, refused=elsewhere, text=texts.get(data_file))
    if not any(_folder(level, "app") for level in (by_option, by_environment, by_data_file)):
        by_data_file |= _app_here(cwd.resolve(), data_dir)
    app = next((f for level in (by_option, by_environment, by_data_file) if (f := _folder(level, "app"))), None)
    if app is not None:
        written = "--app " if "app" in by_option else "HOMEPORT_APP=" if "app" in by_environment else "app = "
        refuse_file(app, written, cwd.resolve())
    itself = elsewhere | {"app": "Use --app or HOMEPORT_APP: this file is found through that folder."}
    by_app_file = from_file(app / FILE_NAME, rows, refused=itself) if app and app != data_dir else {}

    levels = [by_data_file, by_app_file, by_environment, by_option]
    merged: dict[str, Given] = {}
    sources: dict[str, tuple[Source, ...]] = {}
    for name, given in itertools.chain.from_iterable(level.items() for level in levels):
        merged[name] = given
        sources[name] = (*sources.get(name, ()), given.source)
    values = {name: given.value for name, given in merged.items()} | {"data_dir": data_dir}
    values |= _tunnel(merged, levels)
    settings = _validated(values, sources)
    refuse_contradictions(settings, lambda name: sources.get(name, (DEFAULT,))[-1], serve=serve)
    return LoadedSettings(
        settings=settings,
        sources=sources,
        imported_keys=_imported_keys(environ),
        privy_app_secret=environ.get("PRIVY_APP_SECRET", ""),
        notices=notices(environ, cwd),
        serve=serve,
        files=(data_file, *((app / FILE_NAME,) if app and app != data_dir else ())),
        again=lambda texts: load_settings(options=options, environ=environ, cwd=cwd, serve=serve, texts=texts),
    )


def _validated(values: dict[str, object], sources: Mapping[str, tuple[Source, ...]]) -> Settings:
    rows = table()
    try:
        return Settings(**values)  # type: ignore[arg-type]  # pydantic checks what mypy cannot see here
    except ValidationError as error:
        name = str(error.errors(include_url=False, include_context=False)[0]["loc"][0])
        *overridden, winner = sources.get(name, (DEFAULT,))
        problem = wrong(rows[name], values[name], winner)
        also = ", ".join(str(source) for source in overridden)
        hint = f"It overrides {also}." if also else "Correct it, or leave it out for the default."
        raise SettingsError(problem.message, hint=hint) from None


def _tunnel(merged: Mapping[str, Given], levels: list[dict[str, Given]]) -> dict[str, object]:
    """`public_url` means the tunnel is fixed; the one of both that was said last decides where they contradict."""
    url, tunnel = merged.get("public_url"), merged.get("tunnel")
    if url is None or not url.value:
        if tunnel is not None and tunnel.value == "fixed":
            raise SettingsError(
                f"{tunnel.source}: tunnel is fixed, but there is no public_url.",
                hint="Say which address reaches this computer, for example --public-url https://homeport.example.com",
            )
        return {}
    if tunnel is None or tunnel.value in ("auto", "fixed"):
        return {"tunnel": "fixed"}
    rank = {id(given): number for number, level in enumerate(levels) for given in level.values()}
    if rank[id(url)] == rank[id(tunnel)]:
        raise SettingsError(
            f"{tunnel.source}: tunnel is {tunnel.value}, but {url.source} gives a public_url.",
            hint="Leave one of them out.",
        )
    return {"tunnel": "fixed"} if rank[id(url)] > rank[id(tunnel)] else {"public_url": ""}


def _app_here(cwd: Path, data_dir: Path) -> dict[str, Given]:
    """The current folder as the app, if it says that it is one: by a homeport.toml beside its app.py. Other programs
    call a file app.py, too, and those are not to be run.
    """
    settings = cwd / FILE_NAME
    if cwd == data_dir or not settings.is_file() or not (cwd / APP_FILE).is_file():
        return {}
    return {"app": Given(cwd, Source("file", str(settings)))}


def _folder(level: Mapping[str, Given], name: str) -> Path | None:
    given = level.get(name)
    return given.value if given is not None and isinstance(given.value, Path) else None


def _imported_keys(environ: Mapping[str, str]) -> ImportedKeys | None:
    private, public = environ.get("JWT_PRIVATE_KEY", ""), environ.get("JWT_PUBLIC_KEY", "")
    if not private and not public:
        return None
    if not private or not public:
        missing = "JWT_PUBLIC_KEY" if private else "JWT_PRIVATE_KEY"
        raise SettingsError(f"A signing key needs both halves, and {missing} is not set.", hint="Set both, or neither.")
    return ImportedKeys(private, public)
