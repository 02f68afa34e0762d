"""What a folder of widgets from strangers may try: to read and run what is not its own, and to stop Homeport."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from homeport import App, Widget
from homeport.apps import widget_files, widget_toolchain
from homeport.apps.builder import FolderWidgets
from homeport.apps.widget_build import BuildReport, build_widgets
from homeport.apps.widget_node import WarmNode
from homeport.apps.widget_toolchain import Toolchain
from homeport.apps.widget_types import check_types
from homeport.apps.widgets import WidgetMissing
from homeport.errors import ToolchainError
from tests.apps.building import Watched, counter, save, toolchain, widgets_of

__all__ = ["toolchain"]

SECRET = "SECRETWORD"
SHOWN = 'import "./one.css"; export default () => <p>x</p>;'


def ready(made: Toolchain) -> Callable[[], Awaitable[Toolchain]]:
    async def given() -> Toolchain:
        return made

    return given


def no_tools() -> Awaitable[Toolchain]:
    raise AssertionError("nothing here needs Node")


def showing(*names: str) -> App:
    app = App("Recipes")
    for name in names:

        @app.tool(effect="read", name=name, widget=Widget(name))
        async def show() -> str:
            """Show it."""
            return ""

    return app


OUTSIDE = {
    "a URL beside the script": {
        "one.tsx": 'export default () => <p>{new URL("../secret.txt", import.meta.url).href}</p>;'
    },
    "a URL of a package": {
        "one.tsx": 'import x from "evil"; export default () => <p>{x}</p>;',
        "node_modules/evil/index.js": 'export default new URL("../../../secret.txt", import.meta.url).href',
    },
    "a file of a package": {
        "one.tsx": 'import x from "evil"; export default () => <p>{x}</p>;',
        "node_modules/evil/index.js": 'export { default } from "../../../secret.txt?raw"',
    },
    "a stylesheet of a package": {
        "one.tsx": 'import "evil/x.css"; export default () => <p>x</p>;',
        "node_modules/evil/x.css": '@import "../../../secret.css";',
    },
    "a worker": {
        "one.tsx": 'import W from "./w.ts?worker&inline"; export default () => <p>{String(new W())}</p>;',
        "w.ts": 'import secret from "../secret.txt?raw"; postMessage(secret);',
    },
    "an import without a space": {"one.tsx": SHOWN, "one.css": '@import"../secret.css";'},
    "an import in capitals": {"one.tsx": SHOWN, "one.css": '@IMPORT "../secret.css";'},
    "an escaped import": {"one.tsx": SHOWN, "one.css": '@\\69mport "../secret.css";'},
    "an import behind a comment": {"one.tsx": SHOWN, "one.css": '@import/**/"../secret.css";'},
    "an address in capitals": {"one.tsx": SHOWN, "one.css": 'p { background: URL("../secret.png") }'},
    "an escaped address": {"one.tsx": SHOWN, "one.css": 'p { background: u\\72l("../secret.png") }'},
    "a set of pictures": {"one.tsx": SHOWN, "one.css": 'p { background: image-set("../secret.png" 1x) }'},
    "a composed class": {
        "one.tsx": 'import styles from "./one.module.css"; export default () => <p class={styles.a}>x</p>;',
        "one.module.css": '.a { composes: b from "../secret.module.css" }',
    },
}


def hostile(folder: Path, files: dict[str, str]) -> Path:
    """The folder `widgets` with `files`, beside secrets."""
    root = folder / "widgets"
    root.mkdir(parents=True, exist_ok=True)
    for name in ("secret.txt", "secret.png"):
        (folder / name).write_text(SECRET, encoding="utf-8")
    (folder / "secret.css").write_text(f".{SECRET} {{ color: red }}", encoding="utf-8")
    (folder / "secret.module.css").write_text(f".b {{ --{SECRET}: red; color: red }}", encoding="utf-8")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


async def test_no_page_holds_a_file_from_outside_of_the_folder(tmp_path: Path, toolchain: Toolchain) -> None:
    node = WarmNode(ready(toolchain))
    try:
        for number, (trick, files) in enumerate(OUTSIDE.items()):
            root = hostile(tmp_path / str(number), files)
            built = await node.build(root / "one.tsx", root)
            page = built.html or ""
            assert SECRET not in page, trick
            assert base64.b64encode(SECRET.encode()).decode()[:12] not in page, trick
            if "URL beside" not in trick and "URL of" not in trick:  # what is not there, Vite leaves to the browser
                assert built.html is None, trick
                assert "leads out of the folder" in built.problems[0].message, (trick, built.problems)
                assert str(tmp_path) not in built.problems[0].message, trick
    finally:
        await node.stop()


DIALECTS = {
    "one.scss": "sass-embedded",
    "one.sass": "sass",
    "one.less": "less",
    "one.styl": "stylus",
    "one.sss": "sugarss",
}


async def test_no_program_in_the_folder_reads_a_stylesheet(tmp_path: Path, toolchain: Toolchain) -> None:
    ran = tmp_path / "ran"
    node = WarmNode(ready(toolchain))
    try:
        for number, (style, package) in enumerate(DIALECTS.items()):
            for shown in (f'import "./{style}"; export default () => <p>x</p>;', SHOWN):
                files = {
                    "one.tsx": shown,
                    "one.css": f'@import"{style}";',
                    style: "p { color: red }",
                    f"node_modules/{package}/package.json": f'{{"name": "{package}", "main": "index.js"}}',
                    f"node_modules/{package}/index.js": f'require("fs").writeFileSync({str(ran)!r}, "")',
                }
                root = hostile(tmp_path / f"{number}", files)
                built = await node.build(root / "one.tsx", root)
                assert "is no plain CSS" in built.problems[0].message, (style, built.problems)
                assert not ran.exists(), style
    finally:
        await node.stop()


async def test_what_only_looks_like_a_file_outside_is_built(tmp_path: Path, toolchain: Toolchain) -> None:
    style = """
    /* background: url(old.png); @import "../secret.css"; */
    @import "more.css";
    @import "norm/n.css";
    p { background: url("data:image/svg+xml,<svg fill='url(%23g)'/>") }
    """
    files = {
        "one.tsx": SHOWN,
        "one.css": style,
        "more.css": "q { top: 7px }",
        "node_modules/norm/n.css": "i { top: 8px }",
    }
    root = hostile(tmp_path, files)
    node = WarmNode(ready(toolchain))
    try:
        built = await node.build(root / "one.tsx", root)
    finally:
        await node.stop()
    assert built.html is not None, built.problems
    assert "top:7px" in built.html
    assert "top:8px" in built.html


async def test_a_type_check_writes_nothing_whatever_the_settings_say(tmp_path: Path, toolchain: Toolchain) -> None:
    out = tmp_path / "out"
    settings = (
        f'{{"compilerOptions": {{"noEmit": false, "composite": true, "outDir": "{out}/js",'
        f'"generateTrace": "{out}/trace", "tsBuildInfoFile": "{out}/info"}}, "files": ["x.ts"]}}'
    )
    save(tmp_path, tsconfig_json=settings, x_ts="export const x: number = '1';")
    found = await check_types(tmp_path, toolchain)
    assert [problem.file for problem in found] == ["widgets/x.ts"]
    assert not out.exists()


async def test_a_build_writes_through_no_link_in_the_folder_of_pages(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"))
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "widgets" / "dist").mkdir()
    for name in ("one.html", ".one.html"):
        (tmp_path / "widgets" / "dist" / name).symlink_to(tmp_path / "mine.txt")
    report = await build_widgets(tmp_path, None, ready(toolchain))
    assert report.problems == ()
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert "one" in (tmp_path / "widgets" / "dist" / "one.html").read_text(encoding="utf-8")


def circle(root: Path) -> None:
    (root / "circle.html").symlink_to("circle.html")


def marked_section(root: Path) -> None:
    (root / "marked.html").write_text("<p><![foo[ x ]]></p>", encoding="utf-8")


def nameless_section(root: Path) -> None:
    (root / "nameless.html").write_text("<p><![ [ x ]]></p>", encoding="utf-8")


def not_utf8(root: Path) -> None:
    (root / "latin.html").write_bytes(b"<p>\xff</p>")


def huge(root: Path) -> None:
    with (root / "huge.html").open("wb") as file:
        file.truncate(widget_files.LONGEST_PAGE + 1)


@pytest.mark.parametrize("trick", [circle, marked_section, nameless_section, not_utf8, huge])
async def test_no_page_keeps_homeport_from_starting_or_building(tmp_path: Path, trick: Callable[[Path], None]) -> None:
    save(tmp_path, plain_html="<p>plain</p>")
    trick(tmp_path / "widgets")
    widgets = FolderWidgets(tmp_path)
    await widgets.start(building=False)
    try:
        assert "plain" in widgets.page("plain").html
        said = [str(problem) for problem in widgets.problems()]
        assert [problem for problem in said if str(tmp_path) in problem] == []
        report: BuildReport = await build_widgets(tmp_path, None, no_tools)
        assert [str(problem) for problem in report.problems] == said
        assert len(said) == (trick in (not_utf8, huge))
    finally:
        await widgets.stop()


async def test_an_edit_that_cannot_be_taken_does_not_end_the_watch(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_html="<p>first</p>")
    heard = Watched()
    async with widgets_of(tmp_path, toolchain, heard, building=False) as widgets:
        refused = [RuntimeError("A listener fails.")]

        def listener(name: str) -> None:
            heard.told()
            if refused:
                raise refused.pop()

        widgets.subscribe(listener)
        save(tmp_path, one_html="<p>second</p>")
        await heard.until(lambda: not refused)
        save(tmp_path, one_html="<p>third</p>")
        await heard.until(lambda: "third" in widgets.page("one").html)


async def test_a_widget_that_is_deleted_or_renamed_while_it_is_shown_is_told(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, one_html="<p>one</p>")
    heard = Watched()
    told: list[str] = []
    async with widgets_of(tmp_path, toolchain, heard, building=False) as widgets:

        def listener(name: str) -> None:
            told.append(name)
            heard.told()

        widgets.subscribe(listener)
        os.replace(tmp_path / "widgets" / "one.html", tmp_path / "widgets" / "two.html")
        await heard.until(lambda: sorted(told) == ["one", "two"])
        with pytest.raises(WidgetMissing, match=r"no widgets/one\.tsx"):
            widgets.page("one")
        assert "one" in widgets.page("two").html


async def test_a_source_that_a_link_outside_leads_back_to_does_not_end_the_builds(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, one_tsx=SHOWN, one_css='@import "../back/two.css";', two_css="q { top: 1px }")
    (tmp_path / "back").symlink_to(tmp_path / "widgets")
    heard = Watched()
    async with widgets_of(tmp_path, toolchain, heard) as widgets:
        assert "top:1px" in widgets.page("one").html
        save(tmp_path, two_css="q { top: 2px }")
        await heard.until(lambda: "top:2px" in widgets.page("one").html)


CHATTER = """
import sys
for line in sys.stdin:
    sys.stderr.write("x" * 100_000 + "\\n")
    print({words!r}, flush=True)
"""


@pytest.mark.parametrize("words", ["42", "{}", "[]", "null", '{"id": []}', "not json", "{" * 3000])
async def test_a_child_that_says_other_things_is_replaced_and_given_up(
    tmp_path: Path, toolchain: Toolchain, words: str
) -> None:
    (tmp_path / "builder").mkdir()
    (tmp_path / "builder" / "main.mjs").write_text(CHATTER.replace("{words!r}", repr(words)), encoding="utf-8")
    chatter = Toolchain(Path(sys.executable), tmp_path, toolchain.packages)

    async def at_once(_: float) -> None:
        """Nobody waits here."""

    node = WarmNode(ready(chatter), pause=at_once)
    try:
        async with asyncio.timeout(30):
            with pytest.raises(ToolchainError, match="keeps ending"):
                await node.build(tmp_path / "one.tsx", tmp_path)
        assert node.pid is None
    finally:
        await node.stop()


async def test_what_a_killed_installation_goes_on_writing_is_not_installed(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".installing" / "node_modules" / "half").mkdir(parents=True)
    folders: list[Path] = []

    async def npm(node: Path, folder: Path, *_: object) -> None:
        folders.append(folder)
        # The npm of the Homeport that was killed is at work still.
        (tmp_path / ".installing" / "node_modules" / "half").mkdir(parents=True, exist_ok=True)
        (folder / "node_modules").mkdir()

    monkeypatch.setattr(widget_toolchain, "_run_npm", npm)
    installed = await widget_toolchain.install_toolchain(tmp_path)
    assert list(installed.packages.iterdir()) == []
    assert folders[0] != tmp_path / ".installing"
    assert not folders[0].exists()


@pytest.mark.parametrize("key", ["description", "invoking", "invoked"])
def test_half_a_character_cannot_take_the_list_of_tools_away(key: str) -> None:
    with pytest.raises(TypeError, match=f"'recipes': {key} has half a character"):
        Widget("recipes", **{key: "Soup \ud83c"})  # type: ignore[arg-type]
    Widget("recipes", **{key: "Soup \U0001f372"})  # type: ignore[arg-type]
