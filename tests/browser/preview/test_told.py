"""What a widget is told of its place when somebody types it, of a result that takes long; and what its app declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from homeport import App, Widget
from tests.browser.chromium import needs_chromium
from tests.browser.preview.opened import Opened, opened, widget

pytestmark = needs_chromium

# Shows what it knows last over each bridge, as JSON.
KNOWS = widget(
    """const known = { apps: {}, openai: {} };
    const draw = () => say(JSON.stringify(known));
    addEventListener('message', ({ data }) => {
      if (data?.method === 'ui/notifications/tool-result') known.apps.result = data.params;
      if (data?.method === 'ui/notifications/host-context-changed') Object.assign(known.apps, data.params);
      draw();
    });
    addEventListener('openai:set_globals', ({ detail }) => { Object.assign(known.openai, detail.globals); draw(); });
    begin().then(({ hostContext: { styles, toolInfo, ...told } }) => {
      known.apps = { ...told, ...known.apps };
      draw();
    });"""
)


async def knows(it: Opened) -> Any:
    return json.loads(await it.out.inner_text())


async def test_width_height_and_safe_area_are_told_as_they_are_typed(tmp_path: Path) -> None:
    async with opened(tmp_path, KNOWS) as it:
        await expect(it.out).to_contain_text('"result"')
        await it.tab("Host")
        edges = {"top": 11, "right": 12, "bottom": 13, "left": 14}
        for name, value in {"Width": 500, "Height": 350, **edges}.items():
            field = it.page.get_by_label(name, exact=True)
            await field.fill(str(value))
            await field.press("Enter")
        # The last of them, over the bridge that is told last.
        await expect(it.out).to_contain_text('"safeArea":{"insets":{"top":11,"right":12,"bottom":13,"left":14}}')
        told = await knows(it)
        assert told["apps"]["containerDimensions"] == {"height": 350, "maxWidth": 500}
        assert told["apps"]["safeAreaInsets"] == told["openai"]["safeArea"]["insets"] == edges
        assert told["openai"]["maxHeight"] == 350
        frame = await it.page.locator(".stage iframe").bounding_box()
        assert frame is not None
        assert frame["width"] == 500

        await it.page.get_by_role("radio", name="Phone").check()
        await expect(it.out).to_contain_text('"type":"mobile"')
        told = await knows(it)
        assert told["apps"]["containerDimensions"] == {"height": 400, "maxWidth": 390}
        assert told["apps"]["safeAreaInsets"] == {"top": 0, "right": 0, "bottom": 34, "left": 0}
        assert told["openai"]["maxHeight"] == 400


async def test_a_slow_result_is_told_over_both_bridges_after_ten_seconds_and_not_before(tmp_path: Path) -> None:
    async with opened(tmp_path, KNOWS) as it:
        await expect(it.out).to_contain_text('"result"')
        await it.page.clock.install()
        async with it.anew():
            await it.page.get_by_label("Moment").select_option("slow")
        await it.tab("Messages")
        last = it.page.locator(".messages .name").last
        await expect(last).to_have_text("ui/notifications/tool-input")
        await it.page.clock.fast_forward(5_000)
        await expect(last).to_have_text("ui/notifications/tool-input")
        told = await knows(it)
        assert "result" not in told["apps"]
        assert told["openai"].get("toolOutput") is None

        await it.page.clock.fast_forward(5_000)
        await expect(it.out).to_contain_text('"toolOutput":{')
        told = await knows(it)
        result = {"who": "tester", "words": "hello"}
        assert told["apps"]["result"]["structuredContent"] == told["openai"]["toolOutput"] == result


async def test_what_an_app_declares_about_its_tools_and_widgets_is_found(tmp_path: Path) -> None:
    app = App("Short")

    @app.tool(effect="read", widget=Widget("note-view"))
    async def show_note() -> dict[str, str]:
        """Show it."""
        return {}

    async with opened(tmp_path, widget("begin().then(() => say('here'));"), app=app) as it:
        await expect(it.out).to_have_text("here")
        await it.finds("show_note", "too short for a model", "Say more in its docstring.")
        await it.finds("It has no domain of its own", "Widget(domain=")
