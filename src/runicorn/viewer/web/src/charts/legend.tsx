// The lines of charts that have nothing beside them, and below it their values at the pointer.
import { number } from "../parts/format";
import { Swatch } from "../runs/cells";
import { shown } from "../runs/shown";
import { part } from "../state/view";
import { metrics } from "./catalogue";
import { charts } from "./current";
import { pointer } from "./cursor";
import { areDrawn, grouped, looks } from "./groups";
import { place, readings } from "./readings";

const MOST = 12;
const group = part((view) => view.group);
const large = part((view) => view.large);
const axis = part((view) => view.x);

export function Legend() {
  const at = pointer.value;
  const found = at && charts.get(at.metric)?.().found;
  const told = found ? readings(found, axis.value, at.x, at.y) : named();
  return (
    <div class="legend" role="status">
      {at && <span class="muted">{place(axis.value, at.x)}</span>}
      {told.lines.map(({ id, name, slot, value, at: other }) => (
        <span key={id} class="value">
          <Swatch slot={slot} /> {name} {value !== undefined && <b>{number(value, 5)}</b>} {other && <span class="muted">at {other}</span>}
        </span>
      ))}
      {told.more > 0 && <span class="muted">+{told.more}</span>}
    </div>
  );
}

function named() {
  const having = metrics.value.get(large.value); // nobody looks for the line of a run that has none
  const rows = shown.value.filter(({ run }) => having?.has(run) ?? true);
  const all: { id: string; name: string; slot: number; value?: number; at?: string }[] = areDrawn.value
    ? grouped(rows, group.value).map(({ name, slot }) => ({ id: name, name, slot }))
    : rows.map((row) => ({ id: row.run, name: row.alias || row.run, slot: looks.value.get(row.run) ?? 0 }));
  return { lines: all.slice(0, MOST), more: Math.max(0, all.length - MOST) };
}
