"""What a .tsx may be made of, and what its author reads otherwise: built by the real Node."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.apps.widget_node import Built, WarmNode
from homeport.apps.widget_toolchain import Toolchain
from tests.apps.building import save


@asynccontextmanager
async def warm(toolchain: Toolchain) -> AsyncIterator[WarmNode]:
    async def installed() -> Toolchain:
        return toolchain

    node = WarmNode(installed)
    try:
        yield node
    finally:
        await node.stop()


async def build(folder: Path, toolchain: Toolchain, code: str) -> Built:
    save(folder, one_tsx=code)
    root = (folder / "widgets").resolve()
    async with warm(toolchain) as node:
        return await node.build(root / "one.tsx", root)


async def html_of(folder: Path, toolchain: Toolchain, code: str) -> str:
    built = await build(folder, toolchain, code)
    assert built.html is not None, built.problems
    return built.html


async def test_the_names_of_react_are_those_of_preact(tmp_path: Path, toolchain: Toolchain) -> None:
    code = """
    import React, { memo, useEffect, useState } from "react";
    import { createPortal } from "react-dom";
    import { createRoot } from "react-dom/client";
    import { useRef } from "preact/hooks";
    """
    html = await html_of(
        tmp_path,
        toolchain,
        code
        + "createRoot(document.body).render(<React.Fragment>{[memo, useEffect, useState, createPortal, useRef].length}"
        "</React.Fragment>);",
    )
    assert len(html) < 40_000  # React itself has 200,000


async def test_a_widget_that_draws_itself_needs_no_default(tmp_path: Path, toolchain: Toolchain) -> None:
    assert "by itself" in await html_of(tmp_path, toolchain, 'document.body.textContent = "by itself";')


async def test_pictures_and_styles_become_part_of_the_page(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_css="p { background: url(./dot.svg); color: light-dark(#000, #fff) }", dot_svg="<svg/>")
    (tmp_path / "widgets" / "one.png").write_bytes(b"\x89PNG" + bytes(20_000))
    code = 'import "./one.css";\nimport picture from "./one.png";\nexport default () => <img src={picture} />;'
    built = await build(tmp_path, toolchain, code)
    assert built.html is not None
    assert "data:image/png;base64," in built.html
    assert "data:image/svg+xml" in built.html
    assert "light-dark(" in built.html
    assert {path.name for path in built.files} == {"one.tsx", "one.css", "one.png", "dot.svg"}


async def test_text_cannot_end_the_script_or_the_style(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_css='p::after { content: "</style>" }')
    html = await html_of(
        tmp_path, toolchain, 'import "./one.css"; export default () => <p>{"</script><script><!--"}</p>;'
    )
    assert html.count("</script") == 1
    assert html.count("<script") == 1
    assert html.count("</style") == 1
    assert "<!--" not in html


async def test_nothing_of_the_authors_is_run(tmp_path: Path, toolchain: Toolchain) -> None:
    trap = (
        f'import {{ writeFileSync }} from "node:fs"; writeFileSync({str(tmp_path / "ran")!r}, ""); export default {{}};'
    )
    save(tmp_path, one_tsx="export default () => <p>x</p>;")
    for name in ("vite.config.js", "postcss.config.js", "postcss.config.mjs", "rolldown.config.js"):
        for folder in (tmp_path, tmp_path / "widgets"):
            (folder / name).write_text(trap, encoding="utf-8")
    (tmp_path / "widgets" / "package.json").write_text(
        '{"scripts": {"preinstall": "touch ran", "build": "touch ran"}, "type": "module"}', encoding="utf-8"
    )
    (tmp_path / "widgets" / ".env").write_text("VITE_SECRET=from-the-env-file", encoding="utf-8")
    html = await html_of(tmp_path, toolchain, "export default () => <p>{import.meta.env.VITE_SECRET}</p>;")
    assert not (tmp_path / "ran").exists()
    assert "from-the-env-file" not in html


async def test_node_gets_no_secret_of_the_environment(
    tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    preload = tmp_path / "preload.cjs"
    preload.write_text(f"require('fs').writeFileSync({str(tmp_path / 'ran')!r}, '')", encoding="utf-8")
    monkeypatch.setenv("NODE_OPTIONS", f"--require {preload}")
    monkeypatch.setenv("HOMEPORT_SECRET_PRIVY", "secret")
    save(tmp_path, one_tsx="export default () => <p>x</p>;")
    async with warm(toolchain) as node:
        await node.build(tmp_path / "widgets" / "one.tsx", tmp_path / "widgets")
        if os.path.exists(f"/proc/{node.pid}/environ"):
            assert b"secret" not in Path(f"/proc/{node.pid}/environ").read_bytes()
    assert not (tmp_path / "ran").exists()


WRONG = {
    "a package that nobody installed": ('import x from "lodash/map";', 1, r'no package "lodash".*npm install lodash'),
    "a scoped one": ('import x from "@scope/some/deep";', 1, r'no package "@scope/some"'),
    "a file that is not there": ('\n\nimport x from "./gone";', 3, r'no file "./gone"'),
    "a name that the kit has not": ('import { nope } from "homeport"; nope();', 1, r'no "nope" in "homeport"'),
    "a part of Node": ('import x from "node:fs";', 1, "a part of Node"),
    "an address": ('import x from "https://cdn.example.com/x.js";', 1, "on the network"),
    "a file outside": ('import x from "../secret.txt?raw";', 1, "leads out of the folder"),
    "a link to outside": ('import x from "./link.txt?raw";', 1, "leads out of the folder"),
    "many files outside": (
        'export default import.meta.glob("../*.txt", { eager: true, query: "?raw" });',
        1,
        "leads out",
    ),
    "a script beside it": ('new Worker(new URL("./worker.ts", import.meta.url));', 0, "one file"),
    "a constant set twice": ("const a = 1;\na = 2;", 2, "const"),
}


async def test_what_cannot_be_built_says_where_and_why(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    save(tmp_path, worker_ts="postMessage(1)")
    root = tmp_path / "widgets"
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with warm(toolchain) as node:
        for wrong, (code, line, words) in WRONG.items():
            used = f"{code}\nexport default () => <p>{{x}}</p>;" if "import x" in code else code
            (root / "one.tsx").write_text(used, encoding="utf-8")
            built = await node.build(root / "one.tsx", root)
            assert built.html is None, wrong
            problem = built.problems[0].seen_from(root)
            assert (problem.file, problem.line) == ("widgets/one.tsx", line), wrong
            assert re.search(words, problem.message), (wrong, problem.message)
            assert not [word for word in ("secret\n", str(tmp_path), "\x1b") if word in problem.message], wrong


STYLES = [
    ("p { color: red }\n}} q {", 2, ""),
    ("p {\n background: url(../secret.png) }", 2, "leads out of the folder"),
    ('@import "./more.css";\np { background: url("gone.png") }', 2, 'no file "gone.png"'),
    ('@import "./deep.css";', 2, "leads out of the folder"),
]


async def test_a_problem_of_a_stylesheet_names_the_stylesheet(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    save(tmp_path, more_css="q { color: red }", deep_css="q { color: red }\np { background: url(../secret.png) }")
    save(tmp_path, one_tsx='import "./one.css"; export default () => <p>x</p>;')
    root = tmp_path / "widgets"
    async with warm(toolchain) as node:
        for style, line, words in STYLES:
            (root / "one.css").write_text(style, encoding="utf-8")
            built = await node.build(root / "one.tsx", root)
            assert built.html is None, style
            problem = built.problems[0].seen_from(root)
            name = "deep" if "deep" in style else "one"
            assert (problem.file, problem.line) == (f"widgets/{name}.css", line)
            assert words in problem.message


async def test_a_package_that_the_author_installed_is_bundled(tmp_path: Path, toolchain: Toolchain) -> None:
    package = tmp_path / "node_modules" / "greeting"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"name": "greeting", "main": "index.js"}', encoding="utf-8")
    (package / "index.js").write_text('module.exports = "from the package";', encoding="utf-8")
    html = await html_of(tmp_path, toolchain, 'import x from "greeting"; export default () => <p>{x}</p>;')
    assert "from the package" in html
