"""What a person with nothing but a keyboard comes to on a page, and whether they see where they are."""

from __future__ import annotations

from playwright.async_api import Locator, Page

# The first press of Tab comes to the first control, wherever the person was before.
_CONTROLS = """() => {
  document.body.tabIndex = -1
  document.body.focus()
  document.body.removeAttribute("tabindex")
  return [...document.querySelectorAll("button, a[href], summary, select, textarea, input:not([type=hidden])")]
    .filter(e => !e.disabled && e.checkVisibility())
}"""
_NAMES = "controls => controls.map(e => (e.innerText || e.name || e.id).trim())"
_FOCUSED = """controls => {
  const style = getComputedStyle(document.activeElement)
  const seen = style.outlineStyle !== "none" && style.outlineWidth !== "0px"
  return [controls.indexOf(document.activeElement), seen]
}"""
# Frames of others between the controls take some presses of their own.
_PRESSES_OF_OTHERS = 4


async def out_of_reach(page: Page) -> list[str]:
    """One line for each control that Tab does not come to in its turn, or where nobody sees that it did."""
    controls = await page.evaluate_handle(_CONTROLS)
    names: list[str] = await page.evaluate(_NAMES, controls)
    reached: dict[int, bool] = {}
    for _ in range(len(names) + _PRESSES_OF_OTHERS):
        if len(reached) == len(names):
            break
        await page.keyboard.press("Tab")
        index, seen = await page.evaluate(_FOCUSED, controls)
        if index >= 0:
            reached.setdefault(index, seen)
    missed = [f"Tab never comes to {name}" for index, name in enumerate(names) if index not in reached]
    unseen = [f"nothing shows that the focus is on {names[index]}" for index, seen in reached.items() if not seen]
    order = [names[index] for index in reached]
    turns = [] if list(reached) == sorted(reached) else [f"Tab comes to the controls in the order {order}"]
    return missed + unseen + turns


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until this has the focus, and see that the focus can be seen."""
    for _ in range(25):
        await page.keyboard.press("Tab")
        if await target.evaluate("element => element === document.activeElement"):
            assert await target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab never comes to {target}")
