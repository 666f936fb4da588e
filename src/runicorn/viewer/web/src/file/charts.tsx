// The charts of the file: all metrics in their sections, with one cursor and one part of x.
import { computed, useSignal } from "@preact/signals";
import type { Places } from "../charts/cursor";
import { sorted, type Section } from "../charts/sections";
import { count } from "../parts/format";
import { Near } from "../parts/near";
import { Chart } from "../run/chart";
import { useWidth } from "../run/width";
import { cursor, range, series } from "./told";

const HEIGHT = 220;
const NARROWEST = 330;
const GAP = 10;
const places = computed((): Places => [cursor.value, null]);

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
        {range.value && (
          <button class="switch on" onClick={() => (range.value = null)}>
            {`steps ${range.value.map((end) => count(end)).join(" to ")} ×`}
          </button>
        )}
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

function One({ metric, width, side }: { metric: string; width: number; side: string }) {
  const cells = series.get(metric)!;
  const found = cells.n ? [{ id: metric, name: metric, slot: 0, runs: 1, cells, ghost: null }] : [];
  const told = { title: metric, found, missing: false, range: range.value, places, width, height: HEIGHT, side };
  const point = (x: number | null) => (cursor.value = x);
  return <Chart {...told} axis="step" point={point} pin={() => undefined} zoom={(next) => (range.value = next)} />;
}
