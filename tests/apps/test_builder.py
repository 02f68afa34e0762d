"""The pages of an app's widgets, as they are edited, with the real Node."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeport import App, Widget
from homeport.apps.builder import FolderWidgets
from homeport.apps.widget_toolchain import Toolchain
from homeport.apps.widgets import WidgetMissing, WidgetPages
from homeport.errors import ToolchainError
from homeport.events import WidgetBuilt, WidgetFailed
from tests.apps.building import Watched, counter, save, widgets_of


async def test_a_tsx_becomes_one_html_document_that_loads_nothing(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, counter_tsx=counter("Pressed"), counter_css="")
    async with widgets_of(tmp_path, toolchain) as widgets:
        pages: WidgetPages = widgets
        page = pages.page("counter")
    assert pages.names() == ["counter"]
    assert page.html.startswith("<!doctype html>")
    assert "Pressed " in page.html
    assert page.uri == f"ui://widget/counter-{page.digest[:12]}.html"
    assert not [word for word in (' src="', "<link", "import(", 'from"') if word in page.html]


async def test_an_edit_gives_another_page_and_tells_so(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, counter_tsx=counter("one"))
    watched = Watched()
    named: list[str] = []
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        before = widgets.page("counter")
        widgets.subscribe(named.append)
        save(tmp_path, counter_tsx=counter("two"))
        await watched.until(lambda: widgets.page("counter").digest != before.digest)
    assert "two " in widgets.page("counter").html
    assert named == ["counter"]
    built = watched.events[-1]
    assert isinstance(built, WidgetBuilt)
    assert built.widget == "counter"
    assert 0 < built.milliseconds < 60_000


async def test_an_edit_of_what_a_widget_imports_builds_it_and_no_other(tmp_path: Path, toolchain: Toolchain) -> None:
    importing = 'import { word } from "./parts/word"; import "./one.css"; export default () => <p>{word}</p>;'
    save(tmp_path, one_tsx=importing, parts__word_ts='export const word = "first";', one_css="p { color: red }")
    save(tmp_path, other_tsx=counter("other"))
    watched = Watched()
    named: list[str] = []
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        widgets.subscribe(named.append)
        save(tmp_path, parts__word_ts='export const word = "second";')
        await watched.until(lambda: "second" in widgets.page("one").html)
        save(tmp_path, one_css="p { color: blue }")
        await watched.until(lambda: "#00f" in widgets.page("one").html or "blue" in widgets.page("one").html)
    assert named == ["one", "one"]


async def test_while_a_widget_is_broken_its_last_good_page_stays_and_the_problem_has_its_place(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, counter_tsx=counter("good"))
    watched = Watched()
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        good = widgets.page("counter")
        save(tmp_path, counter_tsx="export default () =>\n  <p>never closed;\n")
        await watched.until(lambda: bool(widgets.problems()))
        (problem,) = widgets.problems("counter")
        assert (problem.file, problem.line, problem.kind) == ("widgets/counter.tsx", 2, "build")
        assert widgets.page("counter") == good
        failed = watched.events[-1]
        assert isinstance(failed, WidgetFailed)
        assert failed.message.startswith("widgets/counter.tsx:2:")
        save(tmp_path, counter_tsx=counter("mended"))
        await watched.until(lambda: not widgets.problems())
        await widgets.settled()
    assert "mended " in widgets.page("counter").html


async def test_a_type_error_is_told_after_the_page_that_has_it(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, counter_tsx=counter("one"))
    watched = Watched()
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        save(tmp_path, counter_tsx=counter("two").replace("useState(0)", 'useState<number>("0")'))
        await watched.until(lambda: bool(widgets.problems("counter")))
        assert "two " in widgets.page("counter").html
        (problem,) = widgets.problems("counter")
        assert (problem.file, problem.line, problem.kind) == ("widgets/counter.tsx", 5, "types")
        assert "'string'" in problem.message
        save(tmp_path, counter_tsx=counter("three"))
        await watched.until(lambda: not widgets.problems())


async def test_the_types_follow_the_app(tmp_path: Path, toolchain: Toolchain) -> None:
    calling = 'import { callTool } from "homeport";\nexport default () => { void callTool("TOOL", {}); return <p/>; }'
    save(tmp_path, one_tsx=calling.replace("TOOL", "renamed"))
    watched = Watched()
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        widgets.use_app(app_with("find"))
        await watched.until(lambda: bool(widgets.problems("one")))
        assert '"renamed"' in widgets.problems("one")[0].message
        widgets.use_app(app_with("renamed"))
        await watched.until(lambda: not widgets.problems())


def app_with(tool: str, widget: Widget | None = None) -> App:
    app = App("Recipes")

    @app.tool(effect="read", name=tool, widget=widget)
    def found() -> str:
        """Find."""
        return ""

    return app


async def test_only_what_the_app_shows_is_built(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, shown_tsx=counter("shown"), part_tsx="export const part = 1;")
    watched = Watched()
    widgets = FolderWidgets(tmp_path, publish=watched.heard, toolchain=lambda _: at_once(toolchain), settling=0)
    widgets.use_app(app_with("show", widget=Widget("shown")))
    await widgets.start(building=True)
    try:
        await widgets.settled()
        assert widgets.names() == ["shown"]
    finally:
        await widgets.stop()


async def test_a_part_is_no_widget_once_the_app_is_known(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, shown_tsx=counter("shown"), part_tsx="<<<")
    async with widgets_of(tmp_path, toolchain) as widgets:
        assert widgets.problems()
        widgets.use_app(app_with("show", widget=Widget("shown")))
        assert widgets.names() == ["shown"]
        assert widgets.problems() == []


async def at_once(toolchain: Toolchain) -> Toolchain:
    return toolchain


async def test_a_plain_html_is_used_as_it_is_with_the_kit_where_it_asks_for_it(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    page = '<!doctype html><title>Plain</title><script src="homeport:kit"></script><script>homeport.host()</script>'
    save(tmp_path, plain_html=page, bare_html="<p>Nothing else.</p>")
    watched = Watched()
    async with widgets_of(tmp_path, toolchain, watched, building=False) as widgets:
        html = widgets.page("plain").html
        assert html.startswith("<!doctype html><title>Plain</title><script>")
        assert html.endswith("</script><script>homeport.host()</script>")
        assert "homeport:kit" not in html
        assert "callTool" in html
        assert widgets.page("bare").html == "<p>Nothing else.</p>"
        save(tmp_path, bare_html="<p>Edited.</p>")
        await watched.until(lambda: widgets.page("bare").html == "<p>Edited.</p>")


async def test_where_nothing_may_be_built_a_tsx_is_what_was_built_of_it(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, counter_tsx="not even right", dist__counter_html="<p>Built.</p>", never_tsx=counter("never"))
    async with widgets_of(tmp_path, toolchain, building=False) as widgets:
        assert widgets.page("counter").html == "<p>Built.</p>"
        with pytest.raises(WidgetMissing, match=r"widgets/dist/never\.html") as caught:
            widgets.page("never")
    assert "homeport build" in caught.value.hint


async def test_what_was_built_before_is_shown_until_the_first_build_is_done(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, counter_tsx="<<<", dist__counter_html="<p>Before.</p>")
    async with widgets_of(tmp_path, toolchain) as widgets:
        assert widgets.page("counter").html == "<p>Before.</p>"
        assert widgets.problems("counter")


async def test_without_node_the_problem_says_what_to_install(tmp_path: Path) -> None:
    save(tmp_path, counter_tsx=counter("one"))

    async def no_node(_: object) -> Toolchain:
        raise ToolchainError("Building a .tsx needs Node.", hint='uv add "homeport[widgets]"')

    widgets = FolderWidgets(tmp_path, toolchain=no_node, settling=0)
    await widgets.start(building=True)
    try:
        await widgets.settled()
        with pytest.raises(WidgetMissing, match=r"homeport\[widgets\]"):
            widgets.page("counter")
    finally:
        await widgets.stop()


@pytest.mark.parametrize("name", ["nowhere", "../app", "Counter", "", "a/b"])
async def test_a_name_that_is_no_file_of_the_folder_has_no_page(
    tmp_path: Path, toolchain: Toolchain, name: str
) -> None:
    save(tmp_path, counter_html="<p>There.</p>")
    (tmp_path / "app.html").write_text("outside", encoding="utf-8")
    async with widgets_of(tmp_path, toolchain, building=False) as widgets:
        with pytest.raises(WidgetMissing, match="There is no widgets/"):
            widgets.page(name)


async def test_a_widget_that_is_added_or_taken_away_is_noticed(tmp_path: Path, toolchain: Toolchain) -> None:
    watched = Watched()
    (tmp_path / "widgets").mkdir()
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        assert widgets.names() == []
        save(tmp_path, new_tsx=counter("new"))
        await watched.until(lambda: widgets.names() == ["new"])
        save(tmp_path, more_html="<p>more</p>")
        await watched.until(lambda: widgets.names() == ["more", "new"])
        os.remove(tmp_path / "widgets" / "new.tsx")
        save(tmp_path, more_html="<p>again</p>")
        await watched.until(lambda: widgets.page("more").html == "<p>again</p>")
        assert widgets.names() == ["more"]


async def test_an_emptied_file_is_about_to_be_filled(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, counter_tsx=counter("one"))
    watched = Watched()
    named: list[str] = []
    async with widgets_of(tmp_path, toolchain, watched) as widgets:
        widgets.subscribe(named.append)
        save(tmp_path, counter_tsx="")
        save(tmp_path, marker_html="<p>seen</p>")
        await watched.until(lambda: "marker" in widgets.names())
        assert "one " in widgets.page("counter").html
        save(tmp_path, counter_tsx=counter("two"))
        await watched.until(lambda: "two " in widgets.page("counter").html)
    assert named == ["marker", "counter"]
