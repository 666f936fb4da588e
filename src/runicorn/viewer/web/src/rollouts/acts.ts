// All that keys and clicks do with conversations.
import { change } from "../run/acts";
import { moveTo } from "../run/cursor";
import { told } from "../run/run";
import type { Key } from "../state/keys";
import { setOwn } from "../state/view";
import type { GroupRow } from "./answers";
import { at, current, groups, here, one, overview, samples, steps } from "./store";
import { every, groupOrder, held, markdown, prompt, shading, show, step, unified, view } from "./state";

/** Reads the sample at a place of the list. */
export async function read(place: number): Promise<void> {
  const rows = samples.peek();
  const last = (rows?.head.peek()?.found ?? 0) - 1;
  const row = await rows?.row(Math.max(0, Math.min(last, place)));
  if (!row) return;
  stay();
  show("one", { sample: row.id }, true);
}

/** Who looks at one step stays there when there are new ones. */
function stay(): void {
  if (step.peek() === null && !every.peek() && here.peek() !== null) moveTo(here.peek());
}

function move(by: number): void {
  void read(at.peek() === null ? 0 : at.peek()! + by);
}

/** Lists the samples of a step, of all prompts or of the `same`. */
export function go(to: number, same = false): void {
  show("samples", { sample: "", every: "", prompt: same ? prompt.peek() : "" }, true);
  moveTo(to, false);
}

async function goBy(by: number): Promise<void> {
  const now = overview.value.peek();
  if (!now) return;
  const wanted = step.peek() ?? here.peek(); // the overview may still be of the step before
  const place = [...steps.peek().rows.peek()].find(([, row]) => row.step === wanted)?.[0] ?? now.at;
  const row = await steps.peek().row(Math.max(0, Math.min(now.steps - 1, place + by)));
  if (row && row.step !== wanted) go(row.step);
}

/** Lists the samples of a prompt; "" of all. */
export function choose(id: string): void {
  stay();
  show("samples", { prompt: id, sample: "" });
}

async function chooseBy(by: number): Promise<void> {
  const rows = groups.peek();
  const count = rows?.head.peek()?.groups ?? 0;
  const now = [...(rows?.rows.peek() ?? [])].find(([, row]: [number, GroupRow]) => row.prompt_id === prompt.peek())?.[0] ?? -1;
  const row = await rows?.row(Math.max(0, Math.min(count - 1, now + by)));
  if (row) choose(row.prompt_id);
}

/** Sorts the samples, and reads the first. */
export function sort(by: string): void {
  setOwn({ best: by === "-reward" ? "" : by, sample: "" });
}

/** Holds the sample, to be compared with those that are read next; or no longer. */
export function hold(): void {
  setOwn({ held: held.peek() ? "" : current.peek() });
}

export function flag(): void {
  const id = current.peek();
  if (!id) return;
  const before = (told.peek()?.meta.flags as string[] | undefined) ?? [];
  const is = before.includes(id);
  void change({ flags: is ? before.filter((one) => one !== id) : [...before, id] }, is ? "The flag is taken off." : "It is flagged.");
}

/** The next way to shade tokens that the sample has. */
export function turnShade(): void {
  const ways = ["", ...new Set(one.value.peek()?.messages.flatMap(({ shades }) => shades))];
  setOwn({ shade: ways[(ways.indexOf(shading.peek() ?? "") + 1) % ways.length] });
}

export const turnMarkdown = () => setOwn({ md: markdown.peek() ? "" : "1" }, true);
export const turnSpans = () => setOwn({ see: view.peek() === "spans" ? "" : "spans" });
export const turnUnified = () => setOwn({ unified: unified.peek() ? "" : "1" }, true);

/** One pane back, or the comparison ends. */
export function back(): void {
  if (held.peek()) setOwn({ held: "" });
  else show(current.peek() ? "samples" : "steps");
}

const section = "Rollouts";
export const ROLLOUT_KEYS: Key[] = [
  { section, key: "j", does: "next sample", run: () => move(1) },
  { section, key: "k", does: "previous sample", run: () => move(-1) },
  { section, key: "ArrowDown", does: "next sample", run: () => move(1) },
  { section, key: "ArrowUp", does: "previous sample", run: () => move(-1) },
  { section, key: "h", does: "step before", run: () => void goBy(-1) },
  { section, key: "l", does: "next step", run: () => void goBy(1) },
  { section, key: ",", does: "step before", run: () => void goBy(-1) },
  { section, key: ".", does: "next step", run: () => void goBy(1) },
  { section, key: "n", does: "next prompt of the step", run: () => void chooseBy(1) },
  { section, key: "p", does: "previous prompt of the step", run: () => void chooseBy(-1) },
  { section, key: "a", does: "all prompts", run: () => choose("") },
  { section, key: "b", does: "best first", run: () => sort("-reward") },
  { section, key: "w", does: "worst first", run: () => sort("reward") },
  { section, key: "d", does: "hold the sample and compare others with it, or no longer", run: hold },
  { section, key: "v", does: "differences side by side, or in one text", run: turnUnified },
  { section, key: "f", does: "flag, or take the flag off", run: flag },
  { section, key: "s", does: "shade tokens by advantage or log-probability, or not", run: turnShade },
  { section, key: "m", does: "Markdown, or text as it is", run: turnMarkdown },
  { section, key: "t", does: "spans, or the conversation", run: turnSpans },
  { section, key: "e", does: "samples of every step, or of one", run: () => turnEvery() },
  { section, key: "g", does: "order of prompts: those that differ most, best, worst", run: () => turnGroups() },
  { section, key: "/", does: "filter", run: () => document.getElementById("where")?.focus() },
  { section, key: "Escape", does: "back", run: back },
];

export function turnEvery(): void {
  setOwn({ every: every.peek() ? "" : "steps", sample: "" });
}

function turnGroups(): void {
  const ways = ["", "-mean", "mean"];
  setOwn({ groups: ways[(ways.indexOf(groupOrder.peek()) + 1) % ways.length] }, true);
}
