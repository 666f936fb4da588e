// The charts of the shown runs: sections of panels, of which those are built that are on the screen.
import { signal, useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { shown } from "../runs/shown";
import { result } from "../runs/result";
import { part } from "../state/view";
import { known, metrics, sections } from "./catalogue";
import { columns, GAP, grid, seen, type Place } from "./grid";
import { broken } from "./loader";
import { Panel } from "./panel";
import { Toolbar } from "./toolbar";

const HEIGHT = 224;
const AROUND = 200; // pixels above and below what is seen
const across = part((view) => view.across);
const find = part((view) => view.find);
const closed = signal<Set<string>>(new Set());

export function Charts() {
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const top = useSignal(0);
  useLayoutEffect(() => {
    const element = scroller.current!;
    const watch = new ResizeObserver(() => (size.value = { width: element.clientWidth - 2 * GAP, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const side = useComputed(() => columns(size.value.width, across.value, sections.value));
  const plan = useComputed(() => grid(sections.value, closed.value, side.value, HEIGHT));
  const visible = useComputed(() => seen(plan.value.rows, top.value - AROUND, top.value + size.value.height + AROUND));
  const width = Math.floor((size.value.width - GAP * (side.value - 1)) / side.value);
  return (
    <section class="charts" aria-label="Charts">
      <Toolbar />
      {broken.value && <div class="broken">{broken.value.message}</div>}
      <div class="scroller" ref={scroller} onScroll={(event) => (top.value = event.currentTarget.scrollTop)}>
        <div class="canvas" style={{ height: `${plan.value.total}px` }}>
          {size.value.width > 0 && visible.value.map((row) => <Row key={keyOf(row)} row={row} width={width} across={side.value} />)}
        </div>
        {!sections.value.length && <Nothing />}
      </div>
    </section>
  );
}

function keyOf({ what }: Place): string {
  return what.kind === "section" ? `section ${what.section.name}` : `charts ${what.section} ${what.metrics[0]}`;
}

function Row({ row, width, across }: { row: Place; width: number; across: number }) {
  const style = { top: `${row.top}px`, height: `${row.height}px` };
  if (row.what.kind === "section") {
    const { section, open } = row.what;
    return (
      <button class="section" style={style} aria-expanded={open} onClick={() => turn(section.name)}>
        <Icon name={open ? "down" : "right"} />
        {section.name === "pinned" ? "pinned" : section.name ? `${section.name}/` : "metrics"}
        <span class="amount">{section.metrics.length}</span>
      </button>
    );
  }
  return (
    <div class="row" style={style}>
      {row.what.metrics.map((metric, at) => (
        <Panel key={metric} metric={metric} width={width} height={row.height} side={sideOf(at, across)} />
      ))}
    </div>
  );
}

/** Where the values of the `at`th chart of a row have room. */
function sideOf(at: number, across: number): string {
  if (across === 1) return "below";
  return at < across - 1 ? "right" : "left";
}

function turn(name: string): void {
  const next = new Set(closed.peek());
  if (!next.delete(name)) next.add(name);
  closed.value = next;
}

function Nothing() {
  if (shown.value.length ? known.value === null : result.value.revision < 0) return null;
  if (!shown.value.length) {
    return (
      <div class="nothing">
        {result.value.found > 0 ? <p>No run is drawn. Move to one in the table and press space, or click its ring.</p> : null}
      </div>
    );
  }
  if (metrics.value.size) {
    return (
      <div class="nothing">
        None of the {count(metrics.value.size)} metrics has <code>{find.value}</code> in its name.
      </div>
    );
  }
  return (
    <div class="nothing">
      These runs have no points yet: <code>run.log({"{"}"loss": 0.3{"}"}, step=1)</code> draws some.
    </div>
  );
}
