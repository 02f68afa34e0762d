"""Draws every icon that is committed from the SVG files here: run it after changing one of them.

    python assets/draw.py

It needs `rsvg-convert` (Debian: librsvg2-bin) and Pillow, which the test group has. The tray's drawings are written
without row filters, so that `homeport.desktop.icons` can read them with the standard library alone.
"""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from pathlib import Path

from PIL import Image

ASSETS = Path(__file__).resolve().parent
ICONS = ASSETS.parent / "src" / "homeport" / "desktop" / "icons"

STATES = ("stopped", "starting", "online", "attention", "error")
PANELS = ("dark", "light")
TRAY_SIZES = (22, 32, 48, 64)
WINDOWS_SIZES = (16, 24, 32, 48, 64, 128, 256)
MAC_SIZES = (32, 64, 128, 256, 512, 1024)
APP_SIZE = 128


def drawn(source: Path, size: int, stylesheet: Path | None = None) -> Image.Image:
    """One SVG file as pixels."""
    command = ["rsvg-convert", "--width", str(size), "--height", str(size)]
    if stylesheet is not None:
        command += ["--stylesheet", str(stylesheet)]
    done = subprocess.run([*command, str(source)], check=True, capture_output=True)
    return Image.open(io.BytesIO(done.stdout)).convert("RGBA")


def plain_png(image: Image.Image) -> bytes:
    """A PNG of eight bits and four channels, whose rows have no filter."""
    width, height = image.size
    pixels = image.tobytes()
    rows = b"".join(b"\0" + pixels[row * width * 4 : (row + 1) * width * 4] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def draw_all(icons: Path, assets: Path) -> None:
    """The tray's drawings and the app icon into `icons`, those of the installers into `assets`."""
    for state in STATES:
        for panel in PANELS:
            for size in TRAY_SIZES:
                image = drawn(ASSETS / f"{state}.svg", size, ASSETS / f"{panel}-panel.css")
                (icons / f"{state}-{panel}-{size}.png").write_bytes(plain_png(image))
    app = ASSETS / "homeport.svg"
    (icons / "homeport.png").write_bytes(plain_png(drawn(app, APP_SIZE)))
    largest = drawn(app, max(WINDOWS_SIZES))
    others = [drawn(app, size) for size in WINDOWS_SIZES[:-1]]
    largest.save(assets / "homeport.ico", sizes=[(size, size) for size in WINDOWS_SIZES], append_images=others)
    drawn(app, max(MAC_SIZES)).save(
        assets / "homeport.icns", append_images=[drawn(app, size) for size in MAC_SIZES[:-1]]
    )
    drawn(app, 512).save(assets / "homeport.png", optimize=True)


if __name__ == "__main__":
    ICONS.mkdir(exist_ok=True)
    draw_all(ICONS, ASSETS)
