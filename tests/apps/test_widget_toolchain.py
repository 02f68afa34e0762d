"""How the toolchain gets into the cache folder, once, and what is said when it does not."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path

import pytest

from homeport import bundles
from homeport.apps import widget_toolchain
from homeport.apps.widget_toolchain import Toolchain, install_toolchain, node_environment
from homeport.errors import ToolchainError

NOBODY_LISTENS = "http://127.0.0.1:9/"


async def test_what_is_installed_is_used_again_without_a_network(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", NOBODY_LISTENS)
    said: list[str] = []
    cache = toolchain.packages.parent.parent
    again = await asyncio.gather(*(install_toolchain(cache, said.append) for _ in range(3)))
    assert again == [toolchain] * 3
    assert said == []


async def test_another_version_of_homeport_needs_no_installation_when_the_lock_file_is_the_same(
    toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", NOBODY_LISTENS)
    base = tmp_path / toolchain.packages.parent.name
    base.mkdir()
    (base / "node_modules").symlink_to(toolchain.packages)
    fresh = await install_toolchain(tmp_path)
    assert fresh.code.parent == base
    assert fresh.builder.is_file()
    assert (fresh.kit / "index.ts").is_file()


async def test_the_lock_file_names_only_what_builds_and_nothing_is_bundled_that_packs_it(toolchain: Toolchain) -> None:
    lock = json.loads((bundles.toolchain() / "package-lock.json").read_text(encoding="utf-8"))
    packages = set(lock["packages"])
    assert {"node_modules/vite", "node_modules/preact", "node_modules/typescript", "node_modules/rolldown"} <= packages
    assert not [name for name in packages if "privy" in name]
    assert all("integrity" in entry for place, entry in lock["packages"].items() if place)
    assert not [entry for entry in lock["packages"].values() if "resolved" in entry]
    assert not (toolchain.code / "builder" / "pack.mjs").exists()


async def test_without_a_network_the_error_says_what_is_needed_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", NOBODY_LISTENS)
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    cache = tmp_path / "cache"
    with pytest.raises(ToolchainError, match="does not reach its registry") as caught:
        await install_toolchain(cache)
    assert "needed once" in caught.value.hint
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []


async def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widget_toolchain, "has_node", lambda: False)
    with pytest.raises(ToolchainError, match="without it") as caught:
        await install_toolchain(tmp_path)
    assert "homeport[widgets]" in caught.value.hint


async def test_a_cache_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ToolchainError, match="cannot be written") as caught:
        await install_toolchain(tmp_path / "file" / "cache")
    assert "XDG_CACHE_HOME" in caught.value.hint


async def test_what_nobody_has_used_for_long_makes_room(
    toolchain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, age in (("old", 90), ("recent", 10)):
        (tmp_path / name / "node_modules").mkdir(parents=True)
        then = os.stat(tmp_path).st_mtime - age * 86_400
        os.utime(tmp_path / name, (then, then))

    async def copied(node: Path, folder: Path) -> None:
        shutil.copytree(toolchain.packages / "preact", folder / "node_modules" / "preact")

    monkeypatch.setattr(widget_toolchain, "_run_npm", copied)
    await install_toolchain(tmp_path)
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "recent").exists()
    assert not (tmp_path / ".installing").exists()


def test_npm_gets_the_users_settings_and_node_does_not() -> None:
    given = {"PATH": "/bin", "npm_config_registry": "https://npm.example.com", "https_proxy": "x", "SECRET": "s"}
    assert node_environment(given) == {"PATH": "/bin", "NO_COLOR": "1"}
    assert set(node_environment(given, npm=True)) == {"PATH", "NO_COLOR", "npm_config_registry", "https_proxy"}
