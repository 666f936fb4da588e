// A metric's values at the cursor, beside the chart it is in, so that they cover none of its lines.
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import { pointed } from "../runs/focus";
import type { Found } from "./curves";
import { place, readings } from "./readings";

interface Props {
  metric: string;
  found: Found[];
  axis: string;
  x: number;
  y: number;
  side: string;
  left: number | null | undefined; // pixels of the plot that x is at
  as?: typeof number; // how values read
}

const ROOM = 260; // pixels, that the box is seldom wider than

export function Values({ metric, found, axis, x, y, side, left, as = number }: Props) {
  const { lines, more } = readings(found, axis, x, y);
  return (
    <div class={`values ${side}`} style={side === "below" ? { left: `max(0px, min(${left}px, 100% - ${ROOM}px))` } : undefined} role="status">
      <div class="at">
        {metric} · {place(axis, x)}
      </div>
      {lines.map(({ id, name, slot, runs, value, min, max, points, at }) => (
        <div class={`value ${pointed.value === id ? "pointed" : ""}`} key={id}>
          <Swatch slot={slot} />
          <span class="text">{name}</span>
          <b>{as(value, 5)}</b>
          {at && <span class="range">at {at}</span>}
          {points > 1 && (
            <span class="range">
              {as(min)} … {as(max)}
            </span>
          )}
          {runs > 1 && <span class="range">n = {points}</span>}
        </div>
      ))}
      {more > 0 && <div class="at">+{more} more</div>}
    </div>
  );
}
