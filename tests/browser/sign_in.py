"""What a person does with the page of /authorize: reads its code, types it on this computer, and waits."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import BrowserContext, Page, expect

from tests.browser.chromium import PATIENCE_MILLISECONDS
from tests.program import Installation


async def read_code(page: Page) -> str:
    """The six-digit code the page shows."""
    output = page.locator("output[data-approval-code]")
    await expect(output).to_have_count(1, timeout=PATIENCE_MILLISECONDS)
    code = await output.get_attribute("data-approval-code") or ""
    assert re.fullmatch(r"[0-9]{6}", code), code
    assert re.sub(r"\D", "", await output.inner_text()) == code
    return code


async def sign_in(context: BrowserContext, authorize_url: str, homeport: Installation) -> str:
    """Open the page, approve its code with the command line, and let it go on by itself to the client.

    The answer is the URL it ended at: the redirect URI that was asked for, and what was added to it.
    """
    redirect_uri = parse_qs(urlsplit(authorize_url).query)["redirect_uri"][0]
    page = await context.new_page()
    await page.goto(authorize_url)
    await homeport.approve(await read_code(page))
    await page.wait_for_url(lambda url: url.startswith(f"{redirect_uri}?"), timeout=PATIENCE_MILLISECONDS)
    return page.url
