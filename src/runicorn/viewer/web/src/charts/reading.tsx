// In the head of a chart, what its lines say where the cursor of all charts is.
import type { ReadonlySignal } from "@preact/signals";
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import type { Places } from "./cursor";
import type { Found } from "./curves";
import { arrived, cellsOf } from "./loader";
import { reading, type Reading } from "./readings";

const FEW = 3; // lines; of more, the one chart that is pointed at tells

interface Props {
  found: Found[];
  axis: string;
  places: ReadonlySignal<Places>; // so that a chart is not drawn anew when the cursor moves
  metric?: string; // of whose points it is told, where a line shows means of them
  as?: typeof number; // how values read
}

export default function AtCursor({ found, axis, places, metric, as = number }: Props) {
  const [pointed, pinned] = places.value;
  const isPinned = pointed === null;
  const x = pointed ?? pinned;
  if (x === null) return null;
  const told = found.length > FEW ? [] : found.flatMap((one) => exactly(one, reading(one, axis, x, isPinned), axis, isPinned ? x : null, metric) ?? []);
  const shared = told.every(({ at }) => at === told[0].at) && told[0]?.at;
  return (
    <span class="readings">
      {shared && <span class="muted">{shared}</span>}
      {told.map(({ id, name, slot, value, at, min, max, points }) => (
        <span key={id} title={points > 1 ? `${name}: from ${as(min)} to ${as(max)}` : name}>
          {found.length > 1 && <Swatch slot={slot} />}
          {at && !shared && <span class="muted">{at} </span>}
          <b>{as(value)}</b>
        </span>
      ))}
    </span>
  );
}

/** What was logged at the step of the pinned cursor, where a bin of several steps is drawn there; else what the bin says. */
function exactly({ id, runs, ghost }: Found, told: Reading | null, axis: string, x: number | null, metric?: string): Reading | null {
  if (x === null || axis !== "step" || !Number.isInteger(x)) return told;
  if (!told || !metric || told.points < 2 || runs > 1 || ghost) return told;
  void arrived.value;
  const found = cellsOf({ run: id, metric, x: "step", lo: x, hi: x, points: 1 });
  if (!found || "error" in found || !found.n) return told;
  return { ...told, value: found.mean[0], min: found.min[0], max: found.max[0], points: found.count[0] };
}
