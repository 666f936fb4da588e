// What can lie over any page, and the keys that every page has.
import { signal } from "@preact/signals";
import type { Key } from "../state/keys";
import { turn as turnTheme } from "../state/theme";
import { later } from "./later";
import { Toast, undoLast } from "./toast";

/** What lies over the page: "help", "palette", another that the page knows, or nothing. */
export const over = signal<string>("");

export function turnOver(name: string): () => void {
  return () => (over.value = over.peek() === name ? "" : name);
}

const close = () => (over.value = "");

export const PAGE_KEYS: Key[] = [
  { section: "Page", key: "?", does: "these keys", run: turnOver("help") },
  { section: "Page", key: "Ctrl+k", does: "find runs, metrics and actions", run: turnOver("palette") },
  { section: "Page", key: "d", does: "dark or light", run: turnTheme },
  { section: "Page", key: "Ctrl+z", does: "undo the last edit", run: undoLast },
  { section: "Page", key: "Escape", does: "close what lies over the page", run: close },
];

const Help = later(() => import("./help"), true);
const Palette = later(() => import("./palette"), true);

export function Overs() {
  return (
    <>
      {over.value === "help" && <Help />}
      {over.value === "palette" && <Palette close={close} />}
      <Toast />
    </>
  );
}
