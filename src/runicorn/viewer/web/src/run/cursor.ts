// The cursor of a run's page: what is pinned in the charts, as a step and a time of the run, for all of its tabs.
import { computed, effect, signal } from "@preact/signals";
import { get } from "../server/api";
import { beginEdit } from "../parts/editable";
import * as keys from "../state/keys";
import { change, part, view } from "../state/view";
import { id, told } from "./run";
import { lastStep } from "./state";

interface Moment {
  step: number | null;
  time: number | null;
}

const NOWHERE: Moment = { step: null, time: null };
/** Where the charts' cursor is pinned, on their axis. */
const place = part(({ cursor, x }) => ({ at: cursor, x }));
/** What the server has said of it. */
const found = signal<Moment>(NOWHERE);
/** When the run began; null: not known yet. */
const start = computed(() => told.value?.started_at ?? null);
const began = () => start.value ?? 0;

/** Whether places on this axis of the charts have a step and a time. */
export function isOfTime(x: string): boolean {
  return ["step", "time", "relative"].includes(x);
}

/** Whether a cursor is pinned. */
export const isPinned = computed(() => place.value.at !== null);

/** The step that is meant; null: the last one, or not known yet. */
export const step = computed(() => {
  const { at, x } = place.value;
  return at !== null && x === "step" ? Math.floor(at) : found.value.step;
});

/** The time that is meant, in seconds since the epoch; null: none is pinned, or it is not known yet. */
export const time = computed(() => {
  const { at, x } = place.value;
  if (at !== null && x === "time") return at;
  return at !== null && x === "relative" ? at + began() : found.value.time;
});

/** The same in seconds since the run began. */
export const since = computed(() => (time.value === null ? null : time.value - began()));

/** Puts the cursor on a step; `null` lets it go. `quiet`: no step of the way back. */
export function moveTo(step: number | null, quiet = true): void {
  const { x } = view.peek();
  change(x === "step" ? { cursor: step } : { cursor: step, x: "step", range: null }, quiet);
}

/** Puts it at a time, in seconds since the epoch, on the axis that the charts have if that is one of time. */
export async function moveToTime(time: number): Promise<void> {
  const { x } = view.peek();
  if (x === "time") return change({ cursor: time });
  if (x === "relative") return change({ cursor: time - began() });
  const { step } = await ask({ time });
  if (step !== null) moveTo(step, false);
}

/** To the next step that has points, or the one before. */
async function moveBy(by: 1 | -1): Promise<void> {
  const from = step.peek() ?? lastStep(told.peek() ?? { writers: [] });
  if (from === null) return;
  const next = await ask({ step: from, by });
  if (next.step !== null) moveTo(next.step);
}

/** Of tabs that know better which places there are, such as those with media, the keys are meant. */
export const CURSOR_KEYS: keys.Key[] = [
  { section: "Run", key: ",", does: "the cursor one step back", run: () => void moveBy(-1) },
  { section: "Run", key: ".", does: "the cursor one step on", run: () => void moveBy(1) },
  { section: "Run", key: ":", does: "the cursor to a step, by its number", run: () => beginEdit("step") },
];

/** Does what a key does here. */
export function press(key: "," | "."): void {
  keys.followed.peek().findLast((one) => one.key === key)?.run();
}

/** Begins to ask what is not known of the place; for as long as the page is there. */
export function follow(): void {
  effect(() => {
    const { at, x } = place.value;
    if (at === null || !isOfTime(x) || (x === "relative" && start.value === null)) return void (found.value = NOWHERE);
    void ask(x === "step" ? { step: Math.round(at) } : { time: x === "time" ? at : at + began() }).then((answer) => {
      if (place.peek().at === at) found.value = answer;
    });
  });
}

function ask(params: { step?: number; time?: number; by?: number }): Promise<Moment> {
  return get<Moment>(`runs/${encodeURIComponent(id)}/moment`, params).catch(() => NOWHERE);
}
