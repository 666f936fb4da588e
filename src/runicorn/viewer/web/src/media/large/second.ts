// What a medium is compared with: the same at another step, of another key, or of another run.
import { signal } from "@preact/signals";
import { own, setOwn } from "../../state/view";
import { step as cursor } from "../../run/cursor";
import { opened } from "../open";
import type { Series } from "../series";
import { catalogue, find, renew } from "../store";
import type { Key, Medium } from "../types";

export type Kind = "" | "step" | "key" | "run" | "item";
export const MODES = ["side", "wipe", "flicker", "difference"] as const;
export type Mode = (typeof MODES)[number];

const open = own("medium");
const index = own("i");
const second = own("b");
const how = own("how");

/** The runs of the same path, by id and name. */
export const others = signal<[string, string][]>([]);

/** "step:120" as its two parts. */
export function compared(): { kind: Kind; what: string } {
  const [kind, ...rest] = second.value.split(":");
  return { kind: kind as Kind, what: rest.join(":") };
}

export function mode(): Mode {
  return MODES.find((one) => one === how.value) ?? "side";
}

export function place(): number {
  return Math.max(0, Number(index.value) || 0);
}

/** The medium of a key at a step, once it is known. */
export function mediumAt(series: Series | null, step: number | null, item = place()): Medium | undefined {
  const at = series?.place(step);
  if (!series || at === undefined || at < 0) return undefined;
  return series.full(at)?.media[item];
}

/** The run and the medium that are compared; null: nothing is. */
export function other(run: string): { run: string; medium: Medium | undefined } | null {
  const { kind, what } = compared();
  const { type, key } = opened(open.value);
  if (kind === "step") return { run, medium: mediumAt(find(run, type, key), Number(what)) };
  if (kind === "key") return { run, medium: mediumAt(find(run, type, what), cursor.value) };
  if (kind === "item") return { run, medium: mediumAt(find(run, type, key), cursor.value, Number(what)) };
  if (kind !== "run") return null;
  if (!catalogue(what)) void renew(what);
  return { run: what, medium: mediumAt(find(what, type, key), cursor.value) };
}

/** What there is to compare with: each kind in words, and what the address says of the first of it. */
export function choices({ run, told }: Series, items: number): [Kind, string, string][] {
  const [key] = keysBeside(run, told);
  const [sibling] = others.value;
  return [
    ["", "nothing", ""],
    ["step", "a step", `step:${told.first}`],
    ...(items > 1 ? [["item", "another of the list", `item:${place() ? 0 : 1}`] as [Kind, string, string]] : []),
    ...(key ? [["key", "a key", `key:${key}`] as [Kind, string, string]] : []),
    ...(sibling ? [["run", "a run", `run:${sibling[0]}`] as [Kind, string, string]] : []),
  ];
}

/** The other keys of a run that have media of the same type. */
export function keysBeside(run: string, { type, key }: Key): string[] {
  return (catalogue(run)?.keys ?? []).filter((one) => one.type === type && one.key !== key).map((one) => one.key);
}

export function compareWith(next: string): void {
  setOwn({ b: next, ...(next ? {} : { how: "" }) });
}

/** Goes on to the next kind of what it can be compared with, and behind the last one to nothing. */
export function nextKind(series: Series, items: number): void {
  const all = choices(series, items);
  const at = all.findIndex(([kind]) => kind === compared().kind);
  compareWith(all[(at + 1) % all.length][2]);
}

/** Compares with what is seen now, wherever the cursor goes; or no longer. */
export function hold(step: number | undefined): void {
  if (compared().kind === "step" || step === undefined) setOwn({ b: "", how: "" });
  else setOwn({ b: `step:${step}` });
}

export function nextMode(): void {
  const next = MODES[(MODES.indexOf(mode()) + 1) % MODES.length];
  setOwn({ how: next === "side" ? "" : next }, true);
}
