"""The drawings of the icon, made by `assets/draw.py`. Reads only these files: RGBA, eight bits, rows without a filter.

No Pillow: on Linux it is not installed, and the icon must be there before anything else is loaded.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from homeport.desktop.view import Light

SIZES = (22, 32, 48, 64)

FOLDER = "icons"


@dataclass(frozen=True, slots=True)
class Pixels:
    """A square picture, as StatusNotifierItem wants it: alpha, red, green, blue for each pixel, row by row."""

    size: int
    argb: bytes


def png_of(light: Light, size: int, *, dark_panel: bool) -> bytes:
    """The PNG of one state: bright on a dark panel, dark on a bright one."""
    panel = "dark" if dark_panel else "light"
    return resources.files(__package__).joinpath(FOLDER, f"{light.value}-{panel}-{size}.png").read_bytes()


def pixels_of(light: Light, *, dark_panel: bool) -> list[Pixels]:
    """One state in all sizes."""
    return [Pixels(size, argb(png_of(light, size, dark_panel=dark_panel), size)) for size in SIZES]


def app_icon() -> Path | None:
    """The program's own icon as a file that other programs can read; None where Homeport lies in no folder."""
    path = Path(str(resources.files(__package__).joinpath(FOLDER, "homeport.png")))
    return path if path.is_file() else None


def argb(png: bytes, size: int) -> bytes:
    """The pixels of a PNG of ours."""
    at, packed = 8, b""
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    rows = zlib.decompress(packed)
    width = size * 4 + 1
    rgba = b"".join(rows[row * width + 1 : (row + 1) * width] for row in range(size))
    found = bytearray(len(rgba))
    found[0::4], found[1::4], found[2::4], found[3::4] = rgba[3::4], rgba[0::4], rgba[1::4], rgba[2::4]
    return bytes(found)
