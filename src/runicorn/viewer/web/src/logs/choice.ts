// What of the text is shown, as the address says it.
import { computed, signal } from "@preact/signals";
import { own, part, setOwn, view } from "../state/view";

export const NAMES = ["host", "rank", "level", "stream", "text", "re", "only"] as const;
export const LEVELS = ["", "warning", "error"];
export const STREAMS = ["", "text", "logging", "stdout", "stderr"];

export const host = own("host");
export const rank = own("rank");
export const level = own("level");
export const stream = own("stream");
/** What is searched for. */
export const text = own("text");
export const regex = own("re");
/** Whether lines that match are shown alone. */
export const only = own("only");
export const wrap = own("wrap");
/** The line that was pinned, from 1 on; "": none. */
export const pinned = own("line");
/** Which search cannot be made, and why. */
export const wrong = signal<{ search: string; why: string } | null>(null);

/** Whether the end of the text is stuck to. */
export const following = part((view) => !view.own.line && view.own.follow !== "off");

/** What is asked of the server with each request; without a search that it has refused. */
export const asked = computed(() => params(searchIs(wrong.value?.search) ? { ...all.value, text: "", only: "" } : all.value));
/** Which rows there are depends on this part of it. */
export const listing = computed(() => JSON.stringify(all.value.only ? asked.value : params({ ...all.value, text: "", re: "" })));

const all = part(({ own }) => Object.fromEntries(NAMES.map((name) => [name, own[name] ?? ""])));

function params(own: Record<string, string>): Record<string, string> {
  const { text, re, ...others } = own;
  const given = Object.entries({ ...others, q: text, re: text && re }).filter(([, value]) => value);
  return Object.fromEntries(text ? given : given.filter(([name]) => name !== "only"));
}

/** What is searched for, and how. */
export function search(): string {
  return `${all.peek().re} ${all.peek().text}`;
}

function searchIs(refused: string | undefined): boolean {
  return refused === `${all.value.re} ${all.value.text}`;
}

/** The pinned line's number, from 0 on; null: none. */
export function pinnedLine(): number | null {
  const number = Number(pinned.value);
  return pinned.value && Number.isInteger(number) && number > 0 ? number - 1 : null;
}

export function pin(line: number | null): void {
  setOwn({ line: line === null ? "" : String(line + 1), follow: "" }, line !== null);
}

/** Sticks to the end, or lets go. */
export function follow(on: boolean): void {
  const { own } = view.peek();
  if (on) setOwn({ line: "", follow: "" }, true);
  else if (!own.line && own.follow !== "off") setOwn({ follow: "off" }, true);
}

export function turn(name: "re" | "only" | "wrap"): void {
  setOwn({ [name]: view.peek().own[name] ? "" : "1" });
}

/** The next of several values. */
export function next(name: string, values: string[]): void {
  const at = values.indexOf(view.peek().own[name] ?? "");
  setOwn({ [name]: values[(at + 1) % values.length] });
}
