// One stop for the Tab key in the list, and the arrow keys within it.

const rows = () => [...document.querySelectorAll<HTMLElement>("[role=row]")];

/** Follow the arrow keys; Enter and Space are a click on the row. */
export function press(event: KeyboardEvent): void {
  const { key, target } = event;
  const at = rows().findIndex((row) => row.contains(target as Node));
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Enter: at, " ": at }[key];
  const row = to === undefined ? to : rows()[to];
  if (!row || (to === at && row !== target)) return;
  event.preventDefault();
  if (to === at) row.click();
  else row.focus();
}

/** After the row that had the focus has gone, its neighbour takes it. */
export function keepFocus(place: number): void {
  if (document.activeElement === document.body) (rows()[place] ?? rows().at(-1))?.focus();
}
