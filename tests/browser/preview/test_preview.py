"""The preview at work: each moment of a widget over both bridges, where it is shown, edits, and saved simulations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import ViewportSize, expect

from homeport import Widget
from tests.browser.axe import needs_axe, violations
from tests.browser.chromium import needs_chromium
from tests.browser.preview.opened import Opened, opened, widget
from tests.browser.screens import picture

pytestmark = needs_chromium

# Shows each thing that it hears, over both bridges, as one line of JSON.
HEARS = widget(
    """const seen = { apps: [], openai: [] };
    const draw = () => say(JSON.stringify(seen));
    addEventListener('message', ({ data }) => {
      if (!data?.method) return;
      seen.apps.push([data.method.replace('ui/notifications/', ''), data.params]);
      draw();
    });
    const { toolInput, toolOutput, toolResponseMetadata, widgetState } = window.openai ?? {};
    seen.atLoad = { toolInput, toolOutput, widgetState, meta: toolResponseMetadata?.mcp_tool_result?._meta };
    seen.methods = Object.keys(window.openai ?? {}).filter((key) => typeof window.openai[key] === 'function').sort();
    addEventListener('openai:set_globals', ({ detail }) => { seen.openai.push(detail.globals); draw(); });
    begin().then((answer) => { seen.host = answer; draw(); });"""
)


async def heard(it: Opened) -> Any:
    return json.loads(await it.out.text_content() or "{}")


async def test_a_result_of_a_real_call_reaches_the_widget_over_both_bridges(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        said = await heard(it)
        assert [name for name, _ in said["apps"]][:2] == ["tool-input", "tool-result"]
        result = dict(said["apps"])["tool-result"]
        assert result["structuredContent"] == {"who": "tester", "words": "hello"}
        assert result["_meta"] == {"secret": "for the widget"}
        told = {**said["atLoad"], **{key: value for globals in said["openai"] for key, value in globals.items()}}
        assert told["toolOutput"] == {"who": "tester", "words": "hello"}
        host = said["host"]
        assert host["hostInfo"] == {"name": "chatgpt", "version": "0.0.1"}
        context = host["hostContext"]
        assert context["containerDimensions"] == {"height": 400, "maxWidth": 768}
        assert context["toolInfo"]["tool"]["name"] == "show_note"
        assert context["styles"]["variables"]["--color-text-primary"].startswith("light-dark(")


async def test_the_other_host_has_no_window_openai_at_all(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        async with it.anew():
            await it.page.get_by_role("combobox", name="Host", exact=True).select_option("mcp-apps")
        await expect(it.out).to_contain_text("mcp-apps-host")
        await expect(it.out).to_contain_text("tool-result")
        said = await heard(it)
        assert said["methods"] == []
        assert said["openai"] == []
        await expect(it.page.get_by_role("radio", name="Picture in picture")).to_have_count(0)


@pytest.mark.parametrize(
    ("moment", "messages", "output"),
    [
        ("pending", [], None),
        ("streaming", ["tool-input-partial"], None),
        ("cancelled", ["tool-input", "tool-cancelled"], None),
        ("failed", ["tool-input", "tool-result"], None),
        ("slow", ["tool-input"], None),
        ("reloaded", [], None),
    ],
)
async def test_each_moment_is_told_as_a_host_tells_it(
    tmp_path: Path, moment: str, messages: list[str], output: object
) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        state = {"kept": 1}
        await (await it.tab("State")).get_by_label("Widget state").fill(json.dumps(state))
        await (await it.tab("Call")).get_by_label("Tool input").fill('{"words": "soup"}')
        async with it.anew():
            await it.page.get_by_label("Moment").select_option(moment)
        await expect(it.out).to_contain_text('"host"')
        for name in messages:
            await expect(it.out).to_contain_text(name)
        said = await heard(it)
        names = [name for name, _ in said["apps"]]
        assert list(dict.fromkeys(names)) == messages
        at_load = said["atLoad"]
        assert at_load["widgetState"] == state
        assert at_load["toolOutput"] == output
        await picture(it.page, f"preview-{moment}")
        knows = moment in ("cancelled", "failed", "slow")
        assert at_load["toolInput"] == ({"words": "soup"} if knows else None)


async def test_theme_locale_size_and_mode_are_told_when_they_change(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        await it.page.get_by_role("radio", name="Dark").check()
        await it.page.get_by_role("radio", name="Phone").check()
        await it.page.get_by_role("radio", name="Full screen").check()
        host = await it.tab("Host")
        await host.get_by_label("Locale").fill("de-DE")
        await host.get_by_label("Locale").press("Enter")
        await host.get_by_label("Laid over the host context").fill('{"timeZone": "Pacific/Chatham"}')
        await expect(it.out).to_contain_text("Pacific/Chatham")
        said = await heard(it)
        changes = [params for name, params in said["apps"] if name == "host-context-changed"]
        together = {key: value for change in changes for key, value in change.items()}
        assert together["theme"] == "dark"
        assert together["locale"] == "de-DE"
        assert together["displayMode"] == "fullscreen"
        assert together["safeAreaInsets"]["bottom"] == 34
        assert together["deviceCapabilities"] == {"touch": True, "hover": False}
        globals = {key: value for change in said["openai"] for key, value in change.items()}
        assert globals["theme"] == "dark"
        assert globals["displayMode"] == "fullscreen"
        assert globals["safeArea"]["insets"]["bottom"] == 34
        assert globals["userAgent"]["device"] == {"type": "mobile"}


async def test_what_is_typed_stays_while_the_widget_talks(tmp_path: Path) -> None:
    talks = widget(
        """begin().then(() => setInterval(() => tell('notifications/message', {}), 20));
        addEventListener('message', ({ data }) => {
          const { containerDimensions, locale } = data?.params ?? {};
          if (containerDimensions?.maxWidth === 500) say('narrow');
          if (locale) say(`narrow, ${locale}`);
        });"""
    )
    async with opened(tmp_path, talks) as it:
        messages = (await it.tab("Messages")).get_by_role("listitem")
        host = await it.tab("Host")
        for field, typed, told in (
            (it.page.get_by_label("Width"), "500", "narrow"),
            (host.get_by_label("Locale"), "fr-FR", "narrow, fr-FR"),
        ):
            await field.fill(typed)
            before = await messages.count()
            await expect(messages.nth(before + 3)).to_be_attached()
            await expect(field).to_have_value(typed)
            await field.press("Enter")
            await expect(it.out).to_have_text(told)
        # What is no width is not taken, and the field has the old one again.
        await it.page.get_by_label("Width").fill("3")
        await it.page.get_by_label("Width").press("Enter")
        await expect(it.page.get_by_label("Width")).to_have_value("500")


async def test_what_a_widget_asks_for_by_window_openai_happens(tmp_path: Path) -> None:
    asks = widget(
        """begin().then(async () => {
          openai.setWidgetState({ modelContent: 'seen', privateContent: { a: 1 } });
          const mode = (await openai.requestDisplayMode({ mode: 'fullscreen' })).mode;
          await openai.sendFollowUpMessage({ prompt: 'Hello from the widget' });
          openai.notifyIntrinsicHeight(321);
          const { fileId } = await openai.uploadFile(new File(['data'], 'a.txt', { type: 'text/plain' }));
          const { downloadUrl } = await openai.getFileDownloadUrl({ fileId });
          await host('ui/update-model-context', { structuredContent: { told: true } });
          const read = await host('resources/list', {});
          const { widgetState, requestCheckout } = openai;
          say([mode, widgetState.modelContent, downloadUrl, read.resources.length, typeof requestCheckout].join(' | '));
        });"""
    )
    async with opened(tmp_path, asks) as it:
        await expect(it.out).to_have_text("fullscreen | seen | data:text/plain;base64,ZGF0YQ== | 1 | undefined")
        await expect(it.page.get_by_role("radio", name="Full screen")).to_be_checked()
        await expect(await it.tab("Chat")).to_contain_text("Hello from the widget")
        state = await it.tab("State")
        await expect(state.get_by_label("Widget state")).to_have_value(
            json.dumps({"modelContent": "seen", "privateContent": {"a": 1}}, indent=2)
        )
        await expect(state).to_contain_text('"told": true')
        await it.finds("window.openai.requestCheckout", "ChatGPT has no such thing")


async def test_a_modal_shows_the_widget_again_with_its_parameters(tmp_path: Path) -> None:
    asks = widget(
        """begin().then(() => {
          const { mode, params } = openai.view;
          say(mode + JSON.stringify(params));
          if (mode === 'inline') openai.requestModal({ params: { id: 7 } });
        });"""
    )
    async with opened(tmp_path, asks) as it:
        inside = it.page.frame_locator("dialog iframe").frame_locator("iframe").locator("#out")
        await expect(inside).to_have_text('modal{"id":7}')
        await it.page.get_by_role("dialog").get_by_role("button", name="Close").click()
        await expect(it.page.get_by_role("dialog")).to_have_count(0)


async def test_unknown_methods_errors_and_large_results_are_findings(tmp_path: Path) -> None:
    odd = widget(
        """begin().then(async () => {
          await host('ui/download-file', { contents: [] }).catch((error) => say(error.message));
          await host('tools/call', { name: 'read_everything', arguments: {} });
          openai.setWidgetState({ much: 'x'.repeat(100000) });
          console.error('something broke');
          setTimeout(() => { throw new Error('thrown later'); });
          Promise.reject(new Error('nobody looked'));
        });"""
    )
    async with opened(tmp_path, odd) as it:
        await expect(it.out).to_have_text("Method not found")
        await it.finds("ui/download-file", "ChatGPT does not have it")
        await it.finds("read_everything", "tokens, all of which the model reads", "Stay below 5000")
        await it.finds("widget state", "tokens; 20000 are a lot")
        await it.finds("console.error: something broke")
        await it.finds("thrown later")
        await it.finds("Unhandled rejection", "nobody looked")


async def test_json_that_cannot_be_read_says_where_and_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        field = (await it.tab("Result")).get_by_label("Structured content")
        await field.fill('{\n  "who": "me",\n  "words": oops\n}')
        await expect(it.page.get_by_role("alert")).to_contain_text("Line 3, column 12")
        await field.fill("[1]")
        await expect(it.page.get_by_role("alert")).to_contain_text("This must be an object")
        await field.fill('{"who": "me", "words": "edited"}')
        await expect(it.page.get_by_role("alert")).to_have_count(0)
        await expect(it.out).to_contain_text("edited")


async def test_an_edit_shows_by_itself(tmp_path: Path) -> None:
    async with opened(tmp_path, widget("begin(); say('version 0');")) as it:
        await expect(it.out).to_have_text("version 0")
        for number in range(1, 4):
            async with it.anew():
                it.scene.pages.edit("note-view", widget(f"begin(); say('version {number}');"))
            await expect(it.out).to_have_text(f"version {number}")


async def test_a_broken_app_is_said_over_the_last_good_widget(tmp_path: Path) -> None:
    async with opened(tmp_path, widget("begin(); say('good');")) as it:
        await expect(it.out).to_have_text("good")
        it.scene.source.broken = "app.py, line 3: there is no name 'x'"
        it.scene.pages.edit("note-view", widget("begin(); say('good');"))
        await expect(it.page.get_by_role("alert")).to_contain_text("app.py, line 3")
        await expect(it.out).to_have_text("good")
        await picture(it.page, "preview-broken")


async def test_a_simulation_is_saved_and_opened_again_by_its_address(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        await it.page.get_by_role("radio", name="Dark").check()
        await (await it.tab("Result")).get_by_label("Structured content").fill('{"who": "saved", "words": "w"}')
        await it.page.get_by_role("button", name="Save…").click()
        await it.page.get_by_label("Name").fill("dark-one")
        await it.page.get_by_role("button", name="Save", exact=True).click()
        await expect(it.page.get_by_text("Saved", exact=True)).to_be_visible()
        assert it.page.url.endswith("#simulation=dark-one")
        await it.page.goto("about:blank")
        await it.page.goto(it.scene.link("dark-one"))
        await expect(it.out).to_contain_text("saved")
        await expect(it.page.get_by_role("radio", name="Dark")).to_be_checked()
        assert it.page.url.endswith("#simulation=dark-one")


async def test_a_phone_of_a_simulation_is_as_wide_as_a_phone_and_only_another_width_is_written_down(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data" / "previews"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "data").chmod(0o700)
    saved = {"tool": "show_note", "host": {"device": "phone", "displayMode": "fullscreen"}}
    (folder / "phone.json").write_text(json.dumps(saved))
    async with opened(tmp_path, HEARS, simulation="phone") as it:
        await expect(it.out).to_contain_text("tool-result")
        await expect(it.page.get_by_label("Width")).to_have_value("390")
        frame = await it.page.locator(".stage iframe").bounding_box()
        assert frame is not None
        assert frame["width"] == 390
        context = (await heard(it))["host"]["hostContext"]
        assert context["safeAreaInsets"]["bottom"] == 34
        assert context["containerDimensions"] == {"height": 720, "width": 390}

        async def save(name: str) -> object:
            await it.page.get_by_role("button", name="Save…").click()
            await it.page.get_by_label("Name").fill(name)
            await it.page.get_by_role("button", name="Save", exact=True).click()
            await expect(it.page).to_have_url(re.compile(f"#simulation={name}$"))
            return json.loads((folder / f"{name}.json").read_text())["host"]

        kept = await save("again")
        assert isinstance(kept, dict)
        assert kept["device"] == "phone"
        assert not {"width", "height", "safeArea"} & set(kept)
        await it.page.get_by_label("Width").fill("768")
        await it.page.get_by_label("Width").press("Enter")
        wide = await save("wide")
        assert isinstance(wide, dict)
        assert wide["width"] == 768


async def test_a_simulation_that_is_not_there_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS, simulation="none") as it:
        await expect(it.page.get_by_role("alert")).to_contain_text("There is no previews/none.json")


async def test_saved_answers_are_given_in_place_of_calls(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "previews"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "data").chmod(0o700)
    answer = {"content": [], "structuredContent": {"words": "canned"}}
    saved = {"tool": "show_note", "output": {"who": "x", "words": "y"}, "answers": {"keep_note": answer}}
    (folder / "canned.json").write_text(json.dumps(saved))
    calls = widget(
        """const call = { name: 'keep_note', arguments: { words: 'x' } };
        begin().then(async () => say((await host('tools/call', call)).structuredContent.words));"""
    )
    async with opened(tmp_path, calls, simulation="canned") as it:
        await expect(it.out).to_have_text("canned")
        assert await it.scene.engine.rooms.activity.recent(5) == []


async def test_a_widget_may_load_what_it_declares(tmp_path: Path) -> None:
    view = Widget("note-view", resources=["https://images.example.com"])
    async with opened(tmp_path, widget("begin(); say('here');"), view=view) as it:
        await expect(it.out).to_have_text("here")
        await expect(await it.tab("Host")).to_contain_text("img-src data: https://images.example.com")


async def test_close_asks_the_widget_to_say_goodbye(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await expect(it.out).to_contain_text("tool-result")
        await it.page.get_by_role("button", name="Close").click()
        await expect(it.page.get_by_text("The widget is closed.")).to_be_visible()
        await expect(await it.tab("Messages")).to_contain_text("ui/resource-teardown")
        await it.page.get_by_role("button", name="Open again").click()
        await expect(it.out).to_contain_text("tool-result")


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_out(tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    async with opened(tmp_path, widget("begin().then(() => host('nothing', {}).catch(() => say('done')));")) as it:
        await it.page.emulate_media(color_scheme=scheme)
        await expect(it.out).to_have_text("done")
        await picture(it.page, f"preview-{scheme}")
        found: list[str] = []
        for name in ("Call", "Result", "State", "Host", "Findings", "Messages", "Chat"):
            await it.tab(name)
            found += [f"{name}: {one}" for one in await violations(it.page)]
        assert found == []


async def test_it_fits_a_phone(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS, viewport=ViewportSize(width=360, height=740)) as it:
        await expect(it.out).to_contain_text("tool-result")
        assert await it.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await picture(it.page, "preview-phone")


async def test_the_tabs_follow_the_arrow_keys(tmp_path: Path) -> None:
    async with opened(tmp_path, HEARS) as it:
        await it.page.get_by_role("tab", name="Call").focus()
        await it.page.keyboard.press("ArrowRight")
        await expect(it.page.get_by_role("tab", name="Result")).to_be_focused()
        await expect(it.page.get_by_label("Structured content")).to_be_visible()
        await it.page.keyboard.press("End")
        await expect(it.page.get_by_role("tab", name="Host")).to_be_focused()
