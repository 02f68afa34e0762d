"""Both bridges of the preview's ChatGPT: what is there, what it does, and that every message is written down."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Locator, expect

from tests.browser.chromium import needs_chromium
from tests.browser.preview.opened import opened, widget
from tests.browser.screens import picture

pytestmark = needs_chromium

# As measured in ChatGPT; nothing else is there, requestCheckout neither.
METHODS = [
    "callTool",
    "getFileDownloadUrl",
    "notifyIntrinsicHeight",
    "openExternal",
    "requestClose",
    "requestDisplayMode",
    "requestModal",
    "selectFiles",
    "sendFollowUpMessage",
    "setOpenInAppUrl",
    "setWidgetState",
    "uploadFile",
]
CAPABILITIES: dict[str, object] = {
    "openLinks": {},
    "serverTools": {},
    "serverResources": {},
    "logging": {},
    "updateModelContext": {"text": {}, "structuredContent": {}},
    "message": {"text": {}},
}


async def test_chatgpt_has_exactly_these_methods_and_capabilities(tmp_path: Path) -> None:
    lists = widget(
        """const methods = Object.keys(openai).filter((key) => typeof openai[key] === 'function').sort();
        begin().then(({ hostCapabilities }) => say(JSON.stringify({ methods, hostCapabilities })));"""
    )
    async with opened(tmp_path, lists) as it:
        await expect(it.out).to_contain_text("hostCapabilities")
        assert json.loads(await it.out.inner_text()) == {"methods": METHODS, "hostCapabilities": CAPABILITIES}


async def test_links_lead_where_chatgpt_would_lead_and_only_what_is_opened_is_said_to_open(tmp_path: Path) -> None:
    links = widget(
        """begin().then(async () => {
          openai.setOpenInAppUrl({ href: 'https://app.example.com/notes/7' });
          const back = { href: 'https://notes.example.com/pay', redirectUrl: 'https://notes.example.com/paid' };
          await openai.openExternal(back);
          await openai.openExternal({ href: 'https://notes.example.com/help', redirectUrl: false });
          await openai.openExternal({ href: 'https://elsewhere.example.com/' });
          await openai.openExternal({ href: 'javascript:alert(1)' }).catch((error) => say(error.message));
        });"""
    )
    async with opened(tmp_path, links) as it:
        await expect(it.out).to_have_text("Only https:// and http:// addresses can be opened.")
        chat = (await it.tab("Chat")).get_by_role("listitem")
        await expect(chat).to_have_text(
            [
                "The chat's button to your app leads to https://app.example.com/notes/7"
                "It is beside the widget in full screen.",
                "Opens https://notes.example.com/pay"
                "The page may send the person back to https://notes.example.com/paid.",
                "Opens https://notes.example.com/helpThe page is told no way back.",
                "Opens https://elsewhere.example.com/"
                "ChatGPT asks the person first. Widget(redirects=[…]) names where it need not.",
            ]
        )
        await picture(it.page, "preview-links")


async def test_files_that_were_uploaded_can_be_selected(tmp_path: Path) -> None:
    asks = widget(
        """begin().then(async () => {
          const none = await openai.selectFiles();
          const { fileId } = await openai.uploadFile(new File(['data'], 'a.txt', { type: 'text/plain' }));
          const [file] = await openai.selectFiles();
          say(JSON.stringify([none, file.fileId === fileId, file.fileName, file.mimeType]));
        });"""
    )
    async with opened(tmp_path, asks) as it:
        await expect(it.out).to_have_text('[[],true,"a.txt","text/plain"]')


async def test_every_message_is_written_down_in_its_order_and_both_ways(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "previews"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "data").chmod(0o700)
    (folder / "note.json").write_text('{"tool": "show_note", "output": {"who": "x", "words": "y"}}')
    calls = widget(
        """begin().then(async () => {
          await host('tools/call', { name: 'keep_note', arguments: { words: 'apps' } });
          await openai.callTool('keep_note', { words: 'openai' });
          await openai.callTool('publish_note', { words: 'x' }).catch(() => {});
          openai.setWidgetState({ kept: 1 });
          tell('ui/notifications/size-changed', { height: 300 });
          await host('nothing').catch(() => {});
          say('done');
        });"""
    )
    async with opened(tmp_path, calls, simulation="note") as it:
        await expect(it.out).to_have_text("done")
        await expect(it.page.get_by_text('The model reads: {"who":"x","words":"y"}')).to_be_visible()
        await it.page.get_by_role("radio", name="Dark").check()
        await it.page.get_by_role("button", name="Close").click()
        await expect(it.page.get_by_text("The widget is closed.")).to_be_visible()
        lines = (await it.tab("Messages")).get_by_role("listitem")
        assert [await said(line) for line in await lines.all()] == [
            ("widget", "MCP Apps", "ui/initialize"),
            ("host", "MCP Apps", "answer"),
            ("widget", "MCP Apps", "ui/notifications/initialized"),
            ("host", "MCP Apps", "ui/notifications/tool-input"),
            ("host", "MCP Apps", "ui/notifications/tool-result"),
            ("widget", "MCP Apps", "tools/call"),
            ("host", "MCP Apps", "answer"),
            ("widget", "window.openai", "callTool"),
            ("host", "window.openai", "callTool: answer"),
            ("widget", "window.openai", "callTool"),
            ("host", "window.openai", "callTool: refused"),
            ("widget", "window.openai", "setWidgetState"),
            ("widget", "MCP Apps", "ui/notifications/size-changed"),
            ("widget", "MCP Apps", "nothing"),
            ("host", "MCP Apps", "answer"),
            ("host", "MCP Apps", "ui/notifications/host-context-changed"),
            ("host", "window.openai", "openai:set_globals"),
            ("host", "MCP Apps", "ui/resource-teardown"),
            ("widget", "MCP Apps", "answer"),
        ]
        await lines.nth(5).locator("summary").click()
        await expect(lines.nth(5).get_by_label("Content of tools/call")).to_contain_text('"words": "apps"')
        await picture(it.page, "preview-messages")


async def said(line: Locator) -> tuple[str | None, str, str]:
    """Who said it, over which bridge, and its name."""
    parts = line.locator(".line")
    bridge, name = parts.locator(".quiet"), parts.locator(".name")
    return await line.get_attribute("data-from"), await bridge.inner_text(), await name.inner_text()
