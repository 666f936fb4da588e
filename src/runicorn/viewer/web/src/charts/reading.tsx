// In the head of a chart, what its lines say where the cursor of all charts is.
import type { ReadonlySignal } from "@preact/signals";
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import type { Found } from "./curves";
import { reading } from "./readings";

const FEW = 3; // lines; of more, the one chart that is pointed at tells

interface Props {
  found: Found[];
  axis: string;
  cursor: ReadonlySignal<number | null>; // so that a chart is not drawn anew when it moves
}

export default function AtCursor({ found, axis, cursor }: Props) {
  const x = cursor.value;
  if (x === null) return null;
  const told = found.length > FEW ? [] : found.flatMap((one) => reading(one, axis, x) ?? []);
  const shared = told.every(({ at }) => at === told[0].at) && told[0]?.at;
  return (
    <span class="readings">
      {shared && <span class="muted">{shared}</span>}
      {told.map(({ id, name, slot, value, at, min, max, points }) => (
        <span key={id} title={points > 1 ? `${name}: from ${number(min)} to ${number(max)}` : name}>
          {found.length > 1 && <Swatch slot={slot} />}
          {at && !shared && <span class="muted">{at} </span>}
          <b>{number(value)}</b>
        </span>
      ))}
    </span>
  );
}
