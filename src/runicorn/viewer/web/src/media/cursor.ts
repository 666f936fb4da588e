// The step cursor, the same that charts have, from media to media: each key shows its last step that is not behind it.
import { moveTo, step as cursor } from "../run/cursor";
import type { Series } from "./series";

/** Goes to the nearest step before or behind the cursor at which one of these has media. */
export async function moveBy(all: Series[], by: 1 | -1): Promise<void> {
  const now = cursor.peek();
  const steps = await Promise.all(all.map((one) => neighbour(one, now, by)));
  const found = steps.filter((step) => step !== undefined);
  if (!found.length) return;
  moveTo(by > 0 ? Math.min(...found) : Math.max(...found));
}

async function neighbour(one: Series, now: number | null, by: 1 | -1): Promise<number | undefined> {
  if (now === null) return by < 0 && one.told.steps > 1 ? one.step(one.told.steps - 2) : undefined;
  const place = await one.locate(now);
  const step = place < 0 ? undefined : await one.step(place);
  if (by < 0 && step !== undefined && step < now) return step;
  const next = place + by;
  return next >= 0 && next < one.told.steps ? one.step(next) : undefined;
}
