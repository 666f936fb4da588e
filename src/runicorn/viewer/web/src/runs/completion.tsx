// What can be typed next in the filter, as the server knows it: keys, and values of a key.
import { computed, signal } from "@preact/signals";
import { get } from "../server/api";
import { count } from "../parts/format";
import { change } from "../state/view";

const MOST = 10;
const PAUSE = 80; // milliseconds without a key, after which it is worth asking

interface Completion {
  start: number;
  options: [string, number][];
}

const NONE: Completion = { start: 0, options: [] };
const offered = signal<Completion>(NONE);
const chosen = signal(-1);
/** What the field says of what is offered below it, to who cannot see it. */
export const announced = computed(() => ({
  role: "combobox" as const,
  "aria-autocomplete": "list" as const,
  "aria-controls": "offered",
  "aria-expanded": offered.value.options.length > 0,
  "aria-activedescendant": chosen.value < 0 ? undefined : `offered-${chosen.value}`,
}));
let waiting = 0;
let asking = new AbortController();

/** Asks what may follow, for the text as far as the cursor. */
export function offer(text: string): void {
  withdraw();
  if (!text.trim()) return;
  waiting = window.setTimeout(async () => {
    const found = await get<Completion>("completion", { q: text }, asking.signal).catch(() => NONE);
    const typed = text.slice(found.start);
    const options = found.options.filter(([option]) => option !== typed).slice(0, MOST);
    if (document.activeElement?.id === "filter") offered.value = { start: found.start, options };
  }, PAUSE);
}

/** Offers nothing any more. Gives whether it did. */
export function withdraw(): boolean {
  clearTimeout(waiting);
  asking.abort();
  asking = new AbortController();
  const did = offered.peek().options.length > 0;
  [offered.value, chosen.value] = [NONE, -1];
  return did;
}

/** Moves through what is offered. */
function choose(by: number): void {
  const { options } = offered.peek();
  chosen.value = Math.max(-1, Math.min(options.length - 1, chosen.peek() + by));
}

/** A key in the field. */
export function pressed(event: KeyboardEvent, field: HTMLInputElement): void {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Escape") withdraw() || field.blur();
  else if (event.key === "Enter") take(field, false) || withdraw();
  else if (event.key !== "Tab" || event.shiftKey || !take(field, true)) return;
  event.preventDefault();
}

/** Puts what was chosen into the field. Gives whether anything was. */
function take(field: HTMLInputElement, first: boolean): boolean {
  const text = accepted(field.value, field.selectionStart ?? field.value.length, first);
  if (text === null) return false;
  change({ query: text }, true);
  withdraw();
  return true;
}

/** The text with what was chosen, or with the first one that is offered; null where there is none. */
function accepted(text: string, cursor: number, first: boolean): string | null {
  const { start, options } = offered.peek();
  const option = options[Math.max(chosen.peek(), first ? 0 : -1)];
  return option ? text.slice(0, start) + option[0] + text.slice(cursor) : null;
}

export function Offered({ field }: { field: { current: HTMLInputElement | null } }) {
  const { options } = offered.value;
  if (!options.length) return null;
  return (
    <ul class="offered" role="listbox" id="offered" aria-label="What can be typed next">
      {options.map(([option, runs], at) => (
        <li
          key={option}
          id={`offered-${at}`}
          role="option"
          aria-selected={at === chosen.value}
          onMouseDown={(event) => {
            event.preventDefault(); // the field keeps the focus
            chosen.value = at;
            take(field.current!, true);
          }}
        >
          <span class="text">{option}</span>
          {runs > 0 && <span class="amount">{count(runs)}</span>}
        </li>
      ))}
    </ul>
  );
}
