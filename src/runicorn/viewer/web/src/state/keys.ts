// Keys: every action has one, and `?` lists them.

export interface Key {
  key: string; // as KeyboardEvent.key; "Ctrl+k"
  does: string;
  run: () => void;
  section: string;
}

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** Begins to listen to the keys. Those typed into a field are the field's. */
export function follow(keys: Key[]): void {
  const known = new Map(keys.map((one) => [one.key, one]));
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const chord = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + event.key;
    if (event.altKey || (TYPING.has(target.tagName) && !chord.startsWith("Ctrl+"))) return;
    if (event.key === " " && target.tagName === "BUTTON") return;
    if (event.key === "Enter" && (target.tagName === "BUTTON" || target.tagName === "A")) return;
    const found = known.get(chord);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
  // Who clicks goes on with keys that mean the table, and no other click.
  addEventListener("click", ({ detail, target }) => detail && (target as Element).closest("button")?.blur());
}
