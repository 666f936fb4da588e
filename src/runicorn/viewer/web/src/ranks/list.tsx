// How each process of a run goes; of many, those that are on the screen are there.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useNow } from "../parts/clock";
import { ago, count } from "../parts/format";
import { Status } from "../runs/cells";
import { lastStep } from "../run/state";
import type { Writer } from "../run/run";

const HEIGHT = 24;
const OVER = 6;

export function List({ writers }: { writers: Writer[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const height = useSignal(0);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => (height.value = scroller.current!.clientHeight));
    watch.observe(scroller.current!);
    return () => watch.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(top.value / HEIGHT) - OVER);
  const seen = writers.slice(first, Math.ceil((top.value + height.value) / HEIGHT) + OVER);
  const most = lastStep({ writers }) ?? 0;
  const over = writers.every(({ status }) => status !== "running" && status !== "crashed");
  const now = useNow(writers.some(({ status }) => status === "running"));
  return (
    <div class="list" role="table" aria-label="Processes" aria-rowcount={writers.length + 1}>
      <div class="head" role="row">
        {["rank", "process", "last step", "behind", over ? "ended" : "last heard", "state"].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
      </div>
      <div class="rows" ref={scroller} tabIndex={0} role="rowgroup" onScroll={(event) => (top.value = event.currentTarget.scrollTop)}>
        <div style={{ height: `${writers.length * HEIGHT}px` }} role="presentation">
          {seen.map((writer, at) => (
            <Line key={first + at} writer={writer} place={first + at} most={most} now={now} />
          ))}
        </div>
      </div>
    </div>
  );
}

function Line({ writer, place, most, now }: { writer: Writer; place: number; most: number; now: number }) {
  const { rank, hostname, pid, status, reason, last_time: time, last_step: step, heard_seconds_ago: heard } = writer;
  const behind = step === null ? null : most - step;
  return (
    <div class="one" role="row" aria-rowindex={place + 2} style={{ transform: `translateY(${place * HEIGHT}px)` }}>
      <span role="cell">{rank}</span>
      <span role="cell" class="text">{`${hostname}:${pid}`}</span>
      <span role="cell">{step === null ? "" : count(step)}</span>
      <span role="cell" class={behind ? "behind" : "muted"}>
        {behind === null ? "" : count(behind)}
      </span>
      <span role="cell">{heard !== null ? ago(now - heard, now) : time ? ago(time, now) : ""}</span>
      <span role="cell" title={reason ?? ""}>
        <Status status={status} heard={heard} />
        {reason && <span class="muted text"> {reason}</span>}
      </span>
    </div>
  );
}
