// Columns under the pointer: one is dragged to another place, or its edge to another width.
import { signal } from "@preact/signals";
import { columns, geometry, scrolled } from "./geometry";
import { choose, keys, widen } from "./keys";
import { moved } from "../state/lists";
import { dropAt } from "./places";

const LEAST = 5; // pixels; less is a click

/** The column that is dragged, and where it would come: x in the table's head. */
export const dragged = signal<{ key: string; to: number; x: number } | null>(null);

export function grab(event: PointerEvent, key: string): void {
  if (event.button !== 0) return;
  const head = (event.currentTarget as HTMLElement).closest<HTMLElement>(".head")!;
  const from = event.clientX;
  follow(
    (x) => {
      if (!dragged.peek() && Math.abs(x - from) < LEAST) return;
      const inside = x - head.getBoundingClientRect().left;
      const { pinned, rest, stuck, total } = geometry.peek();
      // What is pinned has not moved with what was scrolled.
      const to = dropAt(columns.peek(), geometry.peek(), inside - scrolled.peek() < stuck && pinned.length ? inside - scrolled.peek() : inside);
      const before = [...pinned, ...rest].find((place) => place.key === columns.peek()[to]);
      dragged.value = { key, to, x: before?.left ?? total };
    },
    () => {
      const { to } = dragged.peek() ?? {};
      if (to === undefined) return;
      addEventListener("click", (click) => click.stopPropagation(), { capture: true, once: true }); // this was no click
      setTimeout(() => (dragged.value = null), 0);
      const next = columns.peek()[to];
      choose(moved(keys.peek(), key, next === undefined ? keys.peek().length : keys.peek().indexOf(next)));
    },
  );
}

export function stretch(event: PointerEvent, key: string, width: number): void {
  const from = event.clientX;
  event.preventDefault();
  event.stopPropagation();
  follow((x) => widen(key, Math.max(36, width + x - from)), () => undefined);
}

/** Calls `move` with the pointer's place, until it is let go. */
function follow(move: (x: number) => void, end: () => void): void {
  const ending = new AbortController();
  const { signal } = ending;
  addEventListener("pointermove", ({ clientX }) => move(clientX), { signal });
  for (const name of ["pointerup", "pointercancel"]) {
    addEventListener(name, () => (ending.abort(), end()), { signal });
  }
}
