// The charts' pinned cursor as a time since the run began, whatever their x is; and back.
import { effect, signal } from "@preact/signals";
import { get } from "../server/api";
import { change, part, view } from "../state/view";
import { id, told } from "./run";

interface Moment {
  step: number | null;
  time: number | null;
}

/** Seconds from the run's beginning to the pinned cursor; null: nothing is pinned, or its time is not known. */
export const pinned = signal<number | null>(null);

const cursor = part(({ cursor, x }) => ({ at: cursor, x }));
const began = () => told.peek()?.started_at ?? 0;

/** Begins to follow the cursor; gives what ends it. */
export function follow(): () => void {
  return effect(() => {
    const { at, x } = cursor.value;
    pinned.value = at === null ? null : x === "time" ? at - began() : x === "relative" ? at : null;
    if (at === null || x !== "step") return;
    void ask({ step: Math.round(at) }).then((found) => {
      if (found?.time && cursor.peek().at === at) pinned.value = found.time - began();
    });
  });
}

/** Pins the charts' cursor at a time since the run began; where one is pinned, lets it go. */
export async function pin(since: number): Promise<void> {
  const { x, cursor: at } = view.peek();
  if (at !== null) return change({ cursor: null });
  if (x === "time" || x === "relative") return change({ cursor: x === "time" ? since + began() : since });
  const found = await ask({ time: since + began() });
  if (typeof found?.step === "number") change({ cursor: found.step, x: "step" });
}

function ask(params: { step?: number; time?: number }): Promise<Moment | null> {
  return get<Moment>(`runs/${encodeURIComponent(id)}/moment`, params).catch(() => null);
}
