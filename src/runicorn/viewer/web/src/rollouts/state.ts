// What the address says of conversations: which are listed, in which order, and which one is read.
import { computed, signal } from "@preact/signals";
import { step as cursor } from "../run/cursor";
import { join, split } from "../state/lists";
import { narrow } from "../state/screen";
import { own, setOwn } from "../state/view";
import type { Shade } from "./answers";

export const run = signal("");

export const of = own("of"); // a key; "": the one with the most
export const stage = own("stage"); // "*": all; "": the one with the most
export const where = own("where"); // a query
export const prompt = own("prompt"); // the group; "": all of the step
export const order = own("best"); // of samples; "": the best first
export const groupOrder = own("groups");
export const sample = own("sample"); // that is read; "": the first
export const held = own("held"); // that it is compared with
export const pane = own("pane"); // on a phone: "steps", "samples" or "one"
export const every = own("every"); // "steps": samples of all steps
export const markdown = own("md");
export const shade = own("shade");
export const view = own("see"); // "spans", or the conversation
export const unified = own("unified");
const folded = own("folds");

export const path = computed(() => `runs/${encodeURIComponent(run.value)}/rollouts`);

/** What all questions have in common. */
export const asked = computed(() => ({ of: of.value, stage: stage.value, q: where.value }));

/** The step that the address says, null: the last. */
export const step = computed(() => cursor.value);

export const shading = computed(() => (["advantage", "logprob"].includes(shade.value) ? (shade.value as Shade) : null));

/** Roles whose messages are folded. */
export const folds = computed(() => (folded.value ? split(folded.value).filter((role) => role !== "none") : ["system"]));

export function fold(role: string): void {
  const now = folds.peek();
  const next = now.includes(role) ? now.filter((one) => one !== role) : [...now, role];
  setOwn({ folds: join(next.length ? next : ["none"]) }, true);
}

/** On a phone one pane is seen; elsewhere all are. */
export function show(name: "steps" | "samples" | "one", changed: Record<string, string> = {}, quiet = false): void {
  setOwn({ ...changed, ...(narrow.peek() ? { pane: name } : {}) }, quiet);
}
