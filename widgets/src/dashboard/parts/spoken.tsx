// Words of Homeport as it says them in a terminal too: what stands between backticks is a command or a name.

export function Spoken({ text }: { text: string }) {
  return <>{text.split("`").map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}</>;
}
