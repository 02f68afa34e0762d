"""The widgets of an app, as Homeport makes pages of their files, in a strict chat in Chromium."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from homeport.apps.widget_toolchain import Toolchain
from tests.apps.building import save, toolchain, widgets_of
from tests.browser.chromium import needs_chromium
from tests.widgets.kit.scene import Answer, chat_with, result

__all__ = ["toolchain"]

LIKES_TSX = """
import { useState } from "react";
import { Result, callTool, useToolOutput } from "homeport";
import heart from "./heart.svg";
import "./likes.css";

export default function Likes() {
  const output = useToolOutput("like", { again: {} });
  return <Result of={output} loading="Counting…">{(data) => <Count first={Number(data.likes)} />}</Result>;
}

function Count({ first }: { first: number }) {
  const [likes, setLikes] = useState(first);
  const like = async () => setLikes(Number((await callTool("like", { by: 1 })).data.likes));
  return <button onClick={() => void like()}><img src={heart} alt="" /> {likes} likes</button>;
}
"""

LIKES_HTML = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Likes</title><script src="homeport:kit"></script></head>
<body>
<button></button>
<script>
  const button = document.querySelector("button");
  let likes;
  const draw = () => {
    const { state, data } = homeport.toolOutput();
    button.textContent = `${likes ?? data?.likes ?? "…"} likes`;
  };
  homeport.subscribe(draw);
  draw();
  button.onclick = async () => {
    likes = (await homeport.callTool("like", { by: 1 })).data.likes;
    draw();
  };
</script>
</body>
</html>
"""


async def liked(arguments: Answer) -> Answer:
    return result({"likes": 3 + arguments["by"]})


async def shows_and_calls(html: str) -> None:
    async with chat_with(html, "both", tools={"like": liked}) as chat:
        await chat.show_result(result({"likes": 3}))
        button = chat.widget.get_by_role("button")
        await expect(button).to_have_text("3 likes")
        await button.click()
        await expect(button).to_have_text("4 likes")
        assert chat.calls == [("like", {"by": 1})]


@needs_chromium
async def test_a_tsx_with_reacts_names_the_kit_a_style_and_a_picture(tmp_path: Path, toolchain: Toolchain) -> None:
    save(
        tmp_path,
        likes_tsx=LIKES_TSX,
        likes_css="button { color: red }",
        heart_svg="<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    async with widgets_of(tmp_path, toolchain) as widgets:
        await shows_and_calls(widgets.page("likes").html)


@needs_chromium
async def test_a_plain_html_with_the_kit(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, likes_html=LIKES_HTML)
    async with widgets_of(tmp_path, toolchain, building=False) as widgets:
        assert widgets.problems() == []
        await shows_and_calls(widgets.page("likes").html)
