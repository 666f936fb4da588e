// A chart as a table: the bins that are drawn, for those who do not see lines, and for who wants the numbers.
import { count, number } from "../parts/format";
import { Over } from "../parts/over";
import { over } from "../parts/overs";
import { Swatch } from "../runs/cells";
import { view } from "../state/view";
import { shownNow, type Shown } from "./current";
import type { Found } from "./curves";
import { arrived } from "./loader";
import { place } from "./readings";

const MOST = 1000; // rows
const DIGITS = 6;

interface Line {
  x0: number;
  bins: (number | undefined)[]; // of each curve, its number
}

const close = () => (over.value = "");

export default function PointsTable() {
  void arrived.value; // what comes while it is open is shown, too
  const shown = shownNow();
  if (!shown) return null;
  const all = lines(shown);
  return (
    <Over label={`${shown.metric} as a table`} close={close}>
      <div class="points">
        <h2>{shown.metric}</h2>
        <p class="muted">
          {count(all.length)} bins, as they are drawn, by where they begin{all.length > MOST ? `; here are the first ${count(MOST)}, zoom in for others` : ""}. All points: save the chart as CSV.
        </p>
        <table>
          <thead>
            <tr>
              <th scope="col">{view.value.x}</th>
              {shown.found.map(({ id, name, slot }) => (
                <th key={id} scope="col">
                  <Swatch slot={slot} /> {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {all.slice(0, MOST).map(({ x0, bins }) => (
              <tr key={x0}>
                <th scope="row">{place(view.value.x, x0)}</th>
                {shown.found.map((one, at) => (
                  <td key={one.id}>{bins[at] === undefined ? "" : told(one, bins[at])}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Over>
  );
}

/** The bins that are in sight, those of all curves that begin at the same x in one line. */
function lines({ found, picture }: Shown): Line[] {
  const [lo, hi] = picture?.x ?? [-Infinity, Infinity];
  const all = new Map<number, Line>();
  found.forEach(({ cells: { n, x0, x1 } }, curve) => {
    for (let at = 0; at < n; at++) {
      if (x1[at] < lo || x0[at] > hi) continue;
      const line = all.get(x0[at]) ?? { x0: x0[at], bins: [] };
      line.bins[curve] = at;
      all.set(line.x0, line);
    }
  });
  return [...all.values()].sort((a, b) => a.x0 - b.x0);
}

function told({ cells, runs }: Found, at: number): string {
  const { mean, min, max, count: points } = cells;
  const value = number(mean[at], DIGITS);
  if (points[at] < 2) return runs > 1 ? `${value} (n = 1)` : value;
  const range = `${number(min[at], DIGITS)} … ${number(max[at], DIGITS)}`;
  return `${value} (${range}${runs > 1 ? `, n = ${points[at]}` : ""})`;
}
