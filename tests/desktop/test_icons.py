"""The drawings of the icon."""

from __future__ import annotations

import importlib.util
import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from homeport.desktop import icons
from homeport.desktop.view import Light
from tests.desktop.session import needs

ROOT = Path(__file__).resolve().parents[2]
EVERY = list(itertools.product(Light, (True, False)))


def picture(light: Light, size: int, *, dark_panel: bool) -> Image.Image:
    return Image.open(io.BytesIO(icons.png_of(light, size, dark_panel=dark_panel)))


def draw() -> Any:
    spec = importlib.util.spec_from_file_location("draw", ROOT / "assets" / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("light", "dark_panel"), EVERY)
def test_the_pixels_are_those_of_the_drawing(light: Light, dark_panel: bool) -> None:
    for pixels in icons.pixels_of(light, dark_panel=dark_panel):
        image = picture(light, pixels.size, dark_panel=dark_panel)
        red, green, blue, alpha = image.split()
        assert Image.frombytes("RGBA", image.size, pixels.argb).split()[0].tobytes() == alpha.tobytes()
        assert Image.merge("RGBA", (alpha, red, green, blue)).tobytes() == pixels.argb


@needs("rsvg-convert")
@pytest.mark.parametrize(("light", "dark_panel"), EVERY)
def test_the_drawings_are_those_of_the_sources(light: Light, dark_panel: bool) -> None:
    panel = "dark" if dark_panel else "light"
    assets = ROOT / "assets"
    drawn = draw().drawn(assets / f"{light.value}.svg", 32, assets / f"{panel}-panel.css")
    # Another version of the renderer may put an edge's pixel otherwise.
    difference = ImageStat.Stat(ImageChops.difference(drawn, picture(light, 32, dark_panel=dark_panel))).mean
    assert max(difference) < 3, "run `python assets/draw.py`"


@pytest.mark.parametrize("dark_panel", [True, False])
def test_states_differ_without_colours_too(dark_panel: bool) -> None:
    shapes = {light: picture(light, 22, dark_panel=dark_panel).getchannel("A") for light in Light}
    for one, other in itertools.combinations(Light, 2):
        assert ImageStat.Stat(ImageChops.difference(shapes[one], shapes[other])).mean[0] > 8, (one, other)


@pytest.mark.parametrize(("light", "dark_panel"), EVERY)
def test_an_icon_stands_out_from_its_panel(light: Light, dark_panel: bool) -> None:
    image = picture(light, 32, dark_panel=dark_panel)
    shades = zip(image.convert("L").tobytes(), image.getchannel("A").tobytes(), strict=True)
    solid = [shade for shade, alpha in shades if alpha == 255]
    far = [shade for shade in solid if (shade > 140 if dark_panel else shade < 130)]
    assert len(far) > 0.6 * len(solid) > 60


def test_installers_find_the_icon_in_their_own_format() -> None:
    with Image.open(ROOT / "assets" / "homeport.ico") as windows, Image.open(ROOT / "assets" / "homeport.icns") as mac:
        assert {(16, 16), (32, 32), (48, 48), (256, 256)} <= set(windows.info["sizes"])
        assert (512, 512, 2) in mac.info["sizes"]
    path = icons.app_icon()
    assert path is not None
    with Image.open(path) as app:
        assert app.size == (128, 128)
