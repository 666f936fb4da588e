// A metric's values at the cursor, beside the chart it is in, so that they cover none of its lines.
import { count, duration, moment, number } from "../parts/format";
import { Swatch } from "../runs/cells";
import { pointed } from "../runs/focus";
import { binAt } from "./bins";
import type { Found } from "./curves";

const MOST = 8;

interface Line {
  id: string;
  name: string;
  slot: number;
  runs: number;
  value: number;
  min: number;
  max: number;
  points: number;
}

/** The values of the runs at x: the nearest to `y`, greatest first. */
export function lines(found: Found[], x: number, y: number): { lines: Line[]; more: number } {
  const all = found.flatMap(({ cells, id, name, slot, runs }): Line[] => {
    const at = binAt(cells, x);
    if (at < 0) return [];
    const bin = { value: cells.mean[at], min: cells.min[at], max: cells.max[at], points: cells.count[at] };
    return [{ id, name, slot, runs, ...bin }];
  });
  const far = ({ value }: Line) => (Number.isNaN(value) ? Infinity : Math.abs(value - y));
  const nearest = all.sort((a, b) => far(a) - far(b)).slice(0, MOST);
  return { lines: nearest.sort((a, b) => b.value - a.value), more: all.length - nearest.length };
}

/** A place on the x axis in words. */
export function place(axis: string, x: number): string {
  if (axis === "time") return moment(x);
  if (axis === "relative") return duration(x);
  return axis === "step" ? `step ${count(x)}` : `${axis} ${number(x)}`;
}

interface Props {
  metric: string;
  found: Found[];
  axis: string;
  x: number;
  y: number;
  side: string;
}

export function Values({ metric, found, axis, x, y, side }: Props) {
  const { lines: shown, more } = lines(found, x, y);
  return (
    <div class={`values ${side}`} role="status">
      <div class="at">
        {metric} · {place(axis, x)}
      </div>
      {shown.map(({ id, name, slot, runs, value, min, max, points }) => (
        <div class={`value ${pointed.value === id ? "pointed" : ""}`} key={id}>
          <Swatch slot={slot} />
          <span class="text">{name}</span>
          <b>{number(value, 5)}</b>
          {points > 1 && (
            <span class="range">
              {number(min)} … {number(max)}
            </span>
          )}
          {runs > 1 && <span class="range">n = {points}</span>}
        </div>
      ))}
      {more > 0 && <div class="at">+{more} more</div>}
    </div>
  );
}
