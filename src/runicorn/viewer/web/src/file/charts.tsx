// The charts of the file: all metrics in their sections, with one cursor and one part of x.
import { useSignal } from "@preact/signals";
import { sorted, type Section } from "../charts/sections";
import { count, duration } from "../parts/format";
import { Near } from "../parts/near";
import { Chart, LineNames } from "../run/chart";
import { useWidth } from "../run/width";
import { axes, series, timed } from "./told";

const HEIGHT = 220;
const NARROWEST = 330;
const GAP = 10;

export function Charts() {
  const find = useSignal("");
  const [place, width] = useWidth();
  const across = Math.max(1, Math.floor((width.value + GAP) / (NARROWEST + GAP)));
  const each = Math.floor((width.value - GAP * (across - 1)) / across);
  const sections = sorted([...series.keys()], [], find.value);
  return (
    <section id="charts" aria-label="Charts">
      <h2>
        charts <span class="amount">{count(series.size)}</span>
        <input type="search" placeholder="find metrics" aria-label="Find metrics" value={find.value} onInput={(event) => (find.value = event.currentTarget.value)} />
        <Zoomed of={axes.step} as={(ends) => `steps ${ends.map((end) => count(end)).join(" to ")}`} />
        <Zoomed of={axes.relative} as={(ends) => `time ${ends.map(duration).join(" to ")}`} />
      </h2>
      <div ref={place}>{width.value > 0 && sections.map((one) => <OfSection key={one.key} section={one} across={across} width={each} />)}</div>
    </section>
  );
}

function OfSection({ section, across, width }: { section: Section; across: number; width: number }) {
  return (
    <details open={section.key !== "sys/"}>
      <summary>
        {section.name} <span class="amount">{count(section.metrics.length)}</span>
      </summary>
      <div class="grid">
        {section.metrics.map((metric, at) => (
          <Near key={metric} first={HEIGHT}>
            <One metric={metric} width={width} side={across === 1 ? "below" : at % across < across - 1 ? "right" : "left"} />
          </Near>
        ))}
      </div>
    </details>
  );
}

/** Which part of x is shown, and the way back to all of it. */
function Zoomed({ of: { range }, as }: { of: typeof axes.step; as: (range: [number, number]) => string }) {
  if (!range.value) return null;
  return (
    <button class="switch on" onClick={() => (range.value = null)}>
      {as(range.value)} ×
    </button>
  );
}

function One({ metric, width, side }: { metric: string; width: number; side: string }) {
  const axis = timed.has(metric) ? "relative" : "step";
  const { range, cursor, places } = axes[axis];
  const found = series.get(metric)!.map(({ name, cells }, slot) => ({ id: name, name, slot, runs: 1, cells, ghost: null }));
  const told = { title: metric, found, missing: false, axis, range: range.value, places, width, height: HEIGHT, side } as const;
  const point = (x: number | null) => (cursor.value = x);
  return (
    <div style={{ width: `${width}px` }}>
      <Chart {...told} point={point} pin={() => undefined} zoom={(next) => (range.value = next)} />
      <LineNames found={found} />
    </div>
  );
}
