"""`homeport build` without its command line: pages as files, and every problem at once."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from homeport import App, Widget
from homeport.apps.widget_build import BuildReport, build_widgets
from homeport.apps.widget_toolchain import Toolchain
from homeport.errors import ToolchainError
from tests.apps.building import counter, save


def showing(*names: str) -> App:
    app = App("Recipes")
    for name in names:

        @app.tool(effect="read", name=name, widget=Widget(name))
        def show() -> str:
            """Show."""
            return ""

    return app


async def build(folder: Path, app: App | None, toolchain: Toolchain | None) -> BuildReport:
    async def installed() -> Toolchain:
        assert toolchain is not None, "no toolchain is needed here"
        return toolchain

    return await build_widgets(folder, app, installed)


async def test_each_tsx_that_the_app_shows_becomes_a_page(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"), part_tsx="export const part = 1;", plain_html="<p>As it is.</p>")
    report = await build(tmp_path, showing("one", "plain"), toolchain)
    assert report.problems == ()
    (page,) = report.pages
    html = (tmp_path / page.file).read_bytes()
    assert page.file == "widgets/dist/one.html"
    assert b"one " in html
    assert page.size == len(html)
    assert page.zipped == pytest.approx(len(gzip.compress(html)), rel=0.05)
    assert [path.name for path in (tmp_path / "widgets" / "dist").iterdir()] == ["one.html"]
    assert "interface Tools" in (tmp_path / "widgets" / ".homeport" / "tools.d.ts").read_text(encoding="utf-8")


async def test_a_broken_widget_leaves_the_page_that_is_there_and_the_others_are_built(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, broken_tsx="export default <p>;", good_tsx=counter("good"), dist__broken_html="<p>Before.</p>")
    report = await build(tmp_path, None, toolchain)
    assert [page.widget for page in report.pages] == ["good"]
    assert [(problem.file, problem.kind) for problem in report.problems] == [("widgets/broken.tsx", "build")]
    assert (tmp_path / "widgets" / "dist" / "broken.html").read_text(encoding="utf-8") == "<p>Before.</p>"


async def test_types_a_missing_file_and_a_file_beside_a_page_are_problems(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one").replace("useState(0)", 'useState<number>("")'))
    report = await build(tmp_path, showing("one"), toolchain)
    assert [problem.kind for problem in report.problems] == ["types"]
    save(tmp_path, plain_html='<script src="x.js"></script>')
    report = await build(tmp_path, showing("one", "gone", "plain"), toolchain)
    assert [problem.file for problem in report.problems] == ["widgets/gone.tsx", "widgets/plain.html"]


async def test_plain_pages_need_no_toolchain(tmp_path: Path) -> None:
    save(tmp_path, plain_html="<p>As it is.</p>")
    assert await build(tmp_path, showing("plain"), None) == BuildReport((), ())


async def test_nothing_is_written_through_a_link(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "widgets" / "dist").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ToolchainError, match="is a link"):
        await build(tmp_path, None, toolchain)
    assert list((tmp_path / "elsewhere").iterdir()) == []
