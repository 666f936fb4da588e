// The charts of the shown runs: sections of panels, of which those are built that are on the screen.
import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { count } from "../parts/format";
import { Icon } from "../parts/icon";
import { later } from "../parts/later";
import { shown } from "../runs/shown";
import { result } from "../runs/result";
import { change, part, view } from "../state/view";
import { known, metrics, sections } from "./catalogue";
import { cells, turnCells } from "./cells";
import { columns, GAP, grid, seen, usualHeight, type Place } from "./grid";
import { usual } from "./current";
import { broken } from "./loader";
import { ChartOvers } from "./overs";
import { Panel } from "./panel";
import { MANY } from "./sections";
import { Toolbar } from "./toolbar";

const AROUND = 200; // pixels above and below what is seen
const across = part((view) => view.across);
const chosen = part((view) => view.height);
const find = part((view) => view.find);
const large = part((view) => view.large);
const closed = part((view) => view.closed);

const Large = later(() => import("./large"));
const Strips = later(() => import("./strips"));

/** `children`: what lies at its edge. */
export function Charts({ children }: { children?: ComponentChildren }) {
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
  const wide = useComputed(() => Math.floor((size.value.width - GAP * (side.value - 1)) / side.value));
  useSignalEffect(() => void (usual.value = usualHeight(wide.value)));
  const high = useComputed(() => chosen.value || usual.value);
  const plan = useComputed(() => grid(sections.value, new Set(closed.value), side.value, high.value));
  const visible = useComputed(() => seen(plan.value.rows, top.value - AROUND, top.value + size.value.height + AROUND));
  return (
    <section class="charts" aria-label="Charts">
      {children}
      <Toolbar />
      {broken.value && <div class="broken">{broken.value.message}</div>}
      <div class="scroller" ref={scroller} onScroll={(event) => (top.value = event.currentTarget.scrollTop)}>
        {large.value && size.value.width > 0 && <Large {...size.value} />}
        <div class="canvas" hidden={large.value !== ""} style={{ height: `${plan.value.total}px` }}>
          {!large.value && size.value.width > 0 && visible.value.map((row) => <Row key={keyOf(row)} row={row} width={wide.value} across={side.value} />)}
        </div>
        {!sections.value.length && !large.value && <Nothing />}
      </div>
      <ChartOvers />
    </section>
  );
}

function keyOf({ what }: Place): string {
  return what.kind === "section" ? `section ${what.section.key}` : `${what.kind} ${what.section} ${what.metrics[0]}`;
}

function Row({ row, width, across }: { row: Place; width: number; across: number }) {
  const style = { top: `${row.top}px`, height: `${row.height}px` };
  if (row.what.kind === "section") {
    const { section, open } = row.what;
    return (
      <div class="section" style={style}>
        <button class="plain" aria-expanded={open} onClick={() => turn(section.key)}>
          <Icon name={open ? "down" : "right"} />
          {section.name}
          <span class="amount">{count(section.metrics.length)}</span>
        </button>
        {open && section.metrics.length > MANY && (
          <button class="switch" title="What the cells of strips show (v)" onClick={turnCells}>
            cells: {cells()}
          </button>
        )}
      </div>
    );
  }
  if (row.what.kind === "strips") {
    return (
      <div class="strips" style={style}>
        <Strips metrics={row.what.metrics} width={width * across + GAP * (across - 1)} />
      </div>
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

function turn(key: string): void {
  const { closed } = view.peek();
  change({ closed: closed.includes(key) ? closed.filter((one) => one !== key) : [...closed, key] });
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
      No points yet: <code>run.log({"{"}"loss": 0.3{"}"}, step=1)</code> draws some.
    </div>
  );
}
