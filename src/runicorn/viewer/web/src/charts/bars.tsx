// A metric that each run has once is no curve: its values as numbers, with bars to compare them.
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import { HUES } from "../runs/colours";
import { bar } from "./bar";
import type { Found } from "./curves";

/** Whether no line has more than one point. */
export function areSingle(found: Found[]): boolean {
  return found.length > 0 && found.every(({ cells, runs }) => runs === 1 && cells.n === 1 && cells.count[0] === 1);
}

export function Bars({ found, height }: { found: Found[]; height: number }) {
  const values = found.map(({ cells }) => cells.mean[0]);
  const finite = values.filter(Number.isFinite);
  const [lo, hi] = [Math.min(...finite, 0), Math.max(...finite, 0)];
  const order = found.map((_, at) => at).sort((a, b) => values[b] - values[a]);
  return (
    <ol class="bars" style={{ height: `${height}px` }}>
      {order.map((at) => {
        const { id, name, slot } = found[at];
        const { left, width } = bar(values[at], lo, hi);
        return (
          <li key={id} title={`${name}: ${values[at]}`}>
            <Swatch slot={slot} />
            <span class="text">{name}</span>
            <span class="track">
              <span style={{ left: `${left}%`, width: `${width}%`, background: `var(--run-${slot % HUES})` }} />
            </span>
            <b>{number(values[at])}</b>
          </li>
        );
      })}
    </ol>
  );
}
