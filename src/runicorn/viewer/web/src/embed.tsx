// The page "/embed": charts without the rest, to stand in a notebook or another page of this machine.
import { computed, useComputed, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { CHART_KEYS } from "./charts/actions";
import * as catalogue from "./charts/catalogue";
import { columns, GAP } from "./charts/grid";
import { Legend } from "./charts/legend";
import { broken, outdate, retry } from "./charts/loader";
import { ChartOvers } from "./charts/overs";
import { Panel } from "./charts/panel";
import { Overs, PAGE_KEYS } from "./parts/overs";
import * as results from "./runs/result";
import * as showing from "./runs/shown";
import * as keys from "./state/keys";
import { calm, listen } from "./state/live";
import { split } from "./state/lists";
import { change, own, part, view } from "./state/view";

const MOST = 6; // charts, where the address names none
const LOWEST = 120;
const named = own("metrics");
const large = part((view) => view.large);

/** The metrics of the charts. */
const metrics = computed(() => {
  if (large.value) return [large.value];
  if (named.value) return split(named.value);
  return catalogue.sections.value.flatMap((section) => section.metrics).slice(0, MOST);
});

/** Those of them that no run has which is shown, as far as that is known. */
const missing = computed(() => {
  if (!showing.ids.value.length || catalogue.known.value?.join() !== showing.ids.value.join()) return [];
  return metrics.value.filter((metric) => !catalogue.metrics.value.has(metric));
});

export default function Embed() {
  const room = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = room.current!;
    const watch = new ResizeObserver(() => (size.value = { width: element.clientWidth, height: element.clientHeight }));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const across = useComputed(() => {
    const most = Math.max(1, metrics.value.length);
    return Math.min(most, columns(size.value.width, view.value.across, [{ key: "", name: "", metrics: metrics.value }]));
  });
  const width = Math.floor((size.value.width - GAP * (across.value - 1)) / across.value);
  const rows = Math.ceil(metrics.value.length / across.value);
  const height = Math.max(LOWEST, Math.floor((size.value.height - GAP * (rows - 1)) / rows));
  return (
    <main class="embed">
      <h1 class="unseen">Charts</h1>
      <div class="room" ref={room} style={{ gridTemplateColumns: `repeat(${across.value}, ${width}px)` }}>
        {width > 0 &&
          metrics.value.map((metric) =>
            missing.value.includes(metric) ? (
              <p key={metric} class="nothing">
                No run here has {metric}.
              </p>
            ) : (
              <Panel key={metric} metric={metric} width={width} height={height} side="" />
            ),
          )}
      </div>
      {broken.value && <p class="broken">{broken.value.message}</p>}
      {results.result.value.revision >= 0 && !showing.ids.value.length && <p class="nothing">The root has no run that this address means.</p>}
      <Legend />
      <ChartOvers />
      <Overs />
    </main>
  );
}

/** Begins to follow the address and the server. `run`, `metrics` and `smooth` are names that only this page knows. */
export function begin(): void {
  const { own: given, show, smooth } = view.peek();
  const { run, smooth: smoothed, ...rest } = given;
  change({ columns: [], show: run ? { top: 0, on: split(run), off: [] } : show, smooth: smoothed ?? smooth, own: rest }, true);
  keys.follow([...PAGE_KEYS, ...CHART_KEYS]);
  results.follow();
  showing.follow();
  catalogue.follow();
  const metrics = calm(() => void catalogue.renewMetrics().catch(() => undefined), 1000);
  const renew = calm(() => results.renew(), 500);
  listen({
    runs: () => ({ all: showing.ids.value, open: showing.shown.peek().flatMap(({ run, status }) => (status === "running" ? run : [])) }),
    onRuns: (revision) => {
      retry();
      if (revision !== results.result.peek().revision) renew();
    },
    onRun: (run) => {
      outdate(run);
      metrics();
    },
  });
}
