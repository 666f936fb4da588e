// What the machines did while the run was there: charts over the time since it began.
import { computed, signal } from "@preact/signals";
import type { Places } from "../charts/cursor";
import type { Found } from "../charts/curves";
import { GAP } from "../charts/grid";
import { arrived, cellsOf, changed } from "../charts/loader";
import type { Range } from "../charts/extent";
import { duration } from "../parts/format";
import type { Cells, Column } from "../server/frames";
import { rooted, runPage } from "../state/place";
import { change, own, setOwn } from "../state/view";
import { Chart, LineNames } from "./chart";
import { isLittle, known, plans, type Plan } from "./machine";
import { moveToTime, since as pinned } from "./cursor";
import { told, type Told } from "./run";
import { passed } from "./state";
import { useWidth } from "./width";

const HEIGHT = 200;
const SHORT = 10; // seconds
const NARROWEST = 340;
const pointer = signal<number | null>(null);
const places = computed((): Places => [pointer.value, pinned.value]);
const span = own("span");

/** The part of the time that is drawn, as the address says it: seconds "60..120". */
function drawn(): Range | null {
  const [lo, hi] = span.value.split("..").map(Number);
  return lo < hi ? [lo, hi] : null;
}

export default function Tab({ run }: { run: string }) {
  const [place, width] = useWidth();
  const { system, writers, started_at } = told.value!;
  const all = plans(Object.keys(system), writers);
  const across = Math.max(1, Math.floor((width.value + GAP) / (NARROWEST + GAP)));
  const each = Math.floor((width.value - GAP * (across - 1)) / across);
  return (
    <div class="system">
      {!all.length && <Nothing run={told.value!} />}
      {all.length > 0 && isLittle(told.value!) && <p class="muted">Measured when a process begins, a second later, and then every 10 s.</p>}
      <div class="grid" ref={place}>
        {width.value > 0 &&
          all.map((plan, at) => (
            <OneChart key={plan.title} run={run} plan={plan} start={started_at ?? 0} width={each} side={sideOf(at % across, across)} />
          ))}
      </div>
    </div>
  );
}

function sideOf(at: number, across: number): string {
  if (across === 1) return "below";
  return at < across - 1 ? "right" : "left";
}

interface OneProps {
  run: string;
  plan: Plan;
  start: number;
  width: number;
  side: string;
}

function OneChart({ run, plan, start, width, side }: OneProps) {
  void arrived.value;
  void changed.value;
  const range = drawn();
  let missing = false;
  const found = plan.lines.flatMap(({ name, metric, rank }, slot): Found[] => {
    const cells = cellsOf({ run, metric, x: "time", rank, points: 512 });
    missing ||= cells === undefined;
    if (!cells || "error" in cells || !cells.n) return [];
    return [{ id: `${metric} ${name}`, name, slot, runs: 1, cells: since(cells, start), ghost: null }];
  });
  const zoom = (next: Range | null) => setOwn({ span: next ? next.map((end) => end.toFixed(1)).join("..") : "" });
  const { title, unit, least } = plan;
  const point = (x: number | null) => (pointer.value = x);
  const told = { title, unit, least, found, missing, range, places, point, width, side, zoom };
  const pin = (x: number, reach: number) => void (Math.abs(x - (pinned.peek() ?? Infinity)) < reach ? change({ cursor: null }) : moveToTime(x + start));
  return (
    <div style={{ width: `${width}px` }}>
      <Chart {...told} pin={pin} axis="relative" height={HEIGHT} />
      <LineNames found={found} />
    </div>
  );
}

const moved = new WeakMap<Cells, Cells>();

/** Over the time since the run began. */
function since(cells: Cells, start: number): Cells {
  const known = moved.get(cells);
  if (known) return known;
  const back = (column: Column) => Float64Array.from(column, (value) => value - start);
  const made = { ...cells, x0: back(cells.x0), x1: back(cells.x1) };
  moved.set(cells, made);
  return made;
}

function Nothing({ run }: { run: Told }) {
  const took = passed(run, 0);
  const why = run.ended_at === null ? "nothing has come yet, or " : took < SHORT ? `the run ended after ${duration(took)}, before that was done, or ` : "";
  return (
    <div class="nothing">
      <p>
        What its machines did was not measured: {why}
        <code>RUNICORN_SYSTEM=0</code> was set where it ran. They are measured when a process begins, a second later, and then every 10 s.
      </p>
      <p>
        {known(run)}: <a href={rooted(runPage(run.run_id, "info"))}>all that is known of it</a>
      </p>
    </div>
  );
}
