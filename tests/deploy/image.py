"""Performs the steps of a Dockerfile without Docker: the same commands, in folders that stand for those of the image.

The base image is the interpreter of these tests and nothing beside pip. Commands run with the paths of the image led
into a folder of the test. Only `useradd` is not performed: accounts of this machine are not the test's to make.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.dockerfile import Stage, Step, read_stages, steps_of

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a machine that builds images has: a way to the package index, and what was fetched before.
BUILDERS_OWN = re.compile(
    r"(UV|PIP)_(.*INDEX.*|CERT|CONFIG_FILE|.*HOST)|(HTTPS?|NO|ALL)_PROXY|SSL_CERT_\w+", re.IGNORECASE
)
USELESS = ("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "config-*", "libpython*.a")


@dataclass(slots=True)
class Image:
    """The image after its last step. `files` stands for `/`, and `base` for the base image's own files."""

    files: Path
    base: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    folder: str = "/"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, text: str) -> str:
        """A text with the image's own paths, led into the folder that stands for it."""
        return re.sub(r"(?<![\w./-])/(?=(?:opt|src|data)\b)", f"{self.files}/", text)

    @property
    def uid(self) -> int | None:
        """Who the image's processes are; None where the test may not become somebody else, and so runs them itself."""
        return int(self.user.split(":")[0]) if os.geteuid() == 0 and self.user != "root" else None

    def environment_with(self, **more: str) -> dict[str, str]:
        # An interpreter that is linked to its library looks for it where it was built, which others may not reach.
        inherited = {"PATH": f"{self.base}/bin:{SYSTEM_PATH}", "LANG": "C.UTF-8", "LD_LIBRARY_PATH": f"{self.base}/lib"}
        return inherited | self.environment | more


def build_image(folder: Path, dockerfile: Path) -> Image:
    """The last stage, in `folder`, which the image's user must be able to reach."""
    stages = read_stages(dockerfile.read_text(encoding="utf-8"))
    ignored = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text(encoding="utf-8").split()
    built: dict[str, Path] = {}
    # Where a stage lies is written into what it installs: each stage is built in the same place, and then put aside.
    needed = [stage for stage in stages if any(step.options.get("from") == stage.name for step in _steps(stages))]
    for stage in [*needed, stages[-1]]:
        image = Image(folder / "image", folder / "base")
        _begin(image)
        for step in steps_of(stages, stage.name):
            _perform(image, step, built, ignored)
        if stage is not stages[-1]:
            built[stage.name] = image.files.rename(folder / f"stage-{stage.name}")
            shutil.rmtree(image.base)
    return image


def _steps(stages: list[Stage]) -> Iterable[Step]:
    return (step for stage in stages for step in stage.steps)


def _begin(image: Image) -> None:
    image.files.mkdir(mode=0o755)
    real = Path(sys.base_prefix)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = image.base / "lib" / version
    shutil.copytree(
        real / "lib" / version,
        library,
        symlinks=True,
        copy_function=_link,
        ignore=shutil.ignore_patterns("site-packages", *USELESS),
    )
    for shared in (real / "lib").glob("libpython*.so*"):
        _link(str(shared), str(image.base / "lib" / shared.name))
    (image.base / "bin").mkdir()
    _link(str(Path(real, "bin", version).resolve()), str(image.base / "bin" / version))
    for name in ("python", "python3"):
        (image.base / "bin" / name).symlink_to(version)
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(image.base / "bin" / version), "pip"]
        if _has_uv_module()
        else [
            str(shutil.which("uv")),
            "pip",
            "install",
            "--quiet",
            "--python",
            str(image.base / "bin" / version),
            "pip",
        ],
        check=True,
    )


def _has_uv_module() -> bool:
    return subprocess.run([sys.executable, "-c", "import uv"], capture_output=True, check=False).returncode == 0


def _link(source: str, target: str) -> str:
    """A hard link: what is only read need not be copied, only be reachable for another user."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _perform(image: Image, step: Step, built: dict[str, Path], ignored: list[str]) -> None:
    if step.name == "ENV":
        for name, value in step.variables.items():
            path = image.environment_with()["PATH"]
            image.environment[name] = image.inside(value).replace("$PATH", path)
    elif step.name == "WORKDIR":
        image.folder = step.rest
        Path(image.inside(step.rest)).mkdir(parents=True, exist_ok=True)
    elif step.name == "USER":
        image.user = step.rest
    elif step.name == "COPY":
        _copy(image, step, built, ignored)
    elif step.name == "CMD":
        image.command = step.words
    elif step.name == "HEALTHCHECK":
        image.health = step.words
    elif step.name == "RUN":
        _run(image, step)


def _copy(image: Image, step: Step, built: dict[str, Path], ignored: list[str]) -> None:
    source, target = step.rest.split()
    if "from" in step.options:
        shutil.copytree(
            built[step.options["from"]] / source.lstrip("/"), image.inside(target), symlinks=True, copy_function=_link
        )
        return
    assert source == "."

    def left_out(folder: str, names: list[str]) -> set[str]:
        at = Path(folder).relative_to(ROOT).as_posix()
        return {name for name in names if _is_ignored(name if at == "." else f"{at}/{name}", ignored)}

    shutil.copytree(ROOT, image.inside(image.folder), dirs_exist_ok=True, ignore=left_out)


def _is_ignored(path: str, patterns: list[str]) -> bool:
    """As Docker reads the patterns that we use: a path from the top, or with **/ a name anywhere."""
    name = path.rpartition("/")[2]
    return any(
        fnmatch.fnmatch(name, pattern[3:]) if pattern.startswith("**/") else path == pattern for pattern in patterns
    )


def _run(image: Image, step: Step) -> None:
    command = image.inside(step.rest)
    command = re.sub(r"useradd [^&]*", "true ", command)
    if os.geteuid() != 0:
        command = re.sub(r"--(owner|group)=\d+ ", "", command)
    # The builder's cache makes this quick; the image has none of it.
    command = re.sub(r" --no-cache(-dir)?(?= )", "", command)
    own = {name: value for name, value in os.environ.items() if BUILDERS_OWN.fullmatch(name)}
    home = {
        "HOME": os.environ.get("HOME", "/"),
        **({"UV_CACHE_DIR": cache} if (cache := os.environ.get("UV_CACHE_DIR")) else {}),
    }
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=image.inside(image.folder) if image.folder != "/" else image.files,
        env=image.environment_with(**own, **home),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"RUN {step.rest}\n{done.stdout}{done.stderr}"
