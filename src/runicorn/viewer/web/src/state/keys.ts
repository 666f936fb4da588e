// Keys: every action has one, and `?` lists them.
import { signal } from "@preact/signals";

export interface Key {
  key: string; // as KeyboardEvent.key; "Ctrl+k"
  does: string;
  run: () => void;
  section: string;
}

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** All that are followed; of two for the same key, the later one is meant. */
export const followed = signal<Key[]>([]);

/** Begins to follow these keys, too; gives what ends it. */
export function follow(keys: Key[]): () => void {
  followed.value = [...followed.peek(), ...keys];
  return () => (followed.value = followed.peek().filter((one) => !keys.includes(one)));
}

/** Begins to listen. Keys that are typed into a field are the field's. */
export function listen(): void {
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const chord = (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + event.key;
    const own = !chord.startsWith("Ctrl+") || chord === "Ctrl+z"; // a field undoes what was typed by itself
    if (document.querySelector("dialog[open]")) return; // what lies below it is not meant
    const isField = TYPING.has(target.tagName) && !(target.tagName === "SELECT" && event.key === "Escape");
    if (event.altKey || (isField && own)) return;
    if (event.key === " " && target.tagName === "BUTTON") return;
    if (event.key === "Enter" && (target.tagName === "BUTTON" || target.tagName === "A")) return;
    const found = followed.peek().findLast(({ key }) => key === chord);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
  // Who clicks goes on with keys that mean the page, and no other click.
  addEventListener("click", ({ detail, target }) => detail && (target as Element).closest<HTMLElement>("button, [type=range], [type=checkbox]")?.blur());
}
