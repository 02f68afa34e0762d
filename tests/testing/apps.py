"""An app in a folder, with a widget in plain HTML, which needs no build."""

from __future__ import annotations

import json
from pathlib import Path

APP = """
from homeport import App, Result, ToolError, Widget

app = App("Recipes")
book = Widget("book", resources=["https://images.example.com"], redirects=["https://recipes.example.com"])
counted = 0


class OvenIsOff(ToolError):
    "It is off."


@app.tool(effect="read", widget=book)
async def find(words: str = "") -> Result[dict[str, str]]:
    "Find."
    if words == "cake":
        raise OvenIsOff("The oven is off.")
    return Result({"title": f"Found {words}"}, text="Found.", meta={"secret": "for the widget"})


@app.tool(effect="write", widget_access="model+app")
async def count() -> int:
    "Count."
    global counted
    counted += 1
    return counted


@app.tool(effect="write", widget_access="model")
async def for_the_model() -> str:
    "Nothing for widgets."
    return "never"
"""

PAGE = """<!doctype html>
<html lang="en">
<title>Book</title>
<script src="homeport:kit"></script>
<body>
<h1></h1>
<p></p>
<button>Count</button>
<script>
  const { callTool, host, subscribe, toolInput, toolMeta, toolOutput, widgetState, openLink } = window.homeport;
  const show = () => {
    const output = toolOutput();
    document.querySelector("h1").textContent = output.state === "ready" ? output.data.title : output.state;
    const { theme, displayMode, locale } = host();
    const words = toolInput().arguments.words ?? "";
    document.querySelector("p").textContent = [theme, displayMode, locale, words, toolMeta().secret].join(", ");
  };
  document.querySelector("button").onclick = async () => {
    const { data } = await callTool("count", {});
    widgetState({})[1]({ counted: data.result });
  };
  subscribe(show);
  show();
</script>
"""

SIMULATION = {
    "tool": "find",
    "input": {"words": "soup"},
    "output": {"title": "A saved soup"},
    "host": {"theme": "dark"},
}


def write_recipes(folder: Path, page: str = PAGE, app: str = APP) -> Path:
    """The app in `folder`, which is made: app.py, widgets/book.html and previews/soup.json."""
    for name, text in {
        "app.py": app,
        "widgets/book.html": page,
        "previews/soup.json": json.dumps(SIMULATION),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def page_with(script: str, body: str = "") -> str:
    """The page, and before its end something that does wrong."""
    return PAGE + f"{body}<script>{script}</script>"
