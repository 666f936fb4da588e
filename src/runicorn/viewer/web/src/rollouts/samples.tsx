// The middle pane: samples of a step or a prompt, best or worst first.
import { computed } from "@preact/signals";
import { count } from "../parts/format";
import { read, sort, turnEvery } from "./acts";
import type { SampleRow } from "./answers";
import { between, signed, worth } from "./format";
import { List } from "./list";
import { every, held, order, prompt, show } from "./state";
import { at, groups, here, overview, samples } from "./store";

const ORDERS: [string, string][] = [
  ["-reward", "best first"],
  ["reward", "worst first"],
  ["-len", "longest first"],
  ["len", "shortest first"],
  ["-advantage", "largest advantage first"],
  ["advantage", "smallest advantage first"],
  ["logged", "as logged"],
];

export function Samples() {
  const rows = samples.value;
  const about = overview.value.value;
  if (!about || about.found === 0) {
    return (
      <section class="rollout-samples" aria-label="Samples">
        {about && (
          <p class="nothing">
            {about.count === 1 ? "The one rollout does not fit" : `None of ${count(about.count)} rollouts fits`} the filter. Words in quotes are looked for as they stand: <code>"8 + 9"</code>; behind{" "}
            <code>~</code> is a regular expression.
          </p>
        )}
      </section>
    );
  }
  const head = rows.head.value;
  const orders = ORDERS.filter(([name]) => about.advantage || !name.includes("advantage"));
  return (
    <section class="rollout-samples" aria-label="Samples">
      <header class="rollout-head rollout-of">
        <button class="plain rollout-back" onClick={() => show("steps")}>
          ‹ steps
        </button>
        <span>
          {head && count(head.found)} {head?.found === 1 ? "sample" : "samples"}
          {every.value ? " of all steps" : ` of step ${count(head?.step ?? here.value ?? 0)}`}
          {prompt.value && ", one prompt"}
        </span>
        <button class={`switch ${every.value ? "on" : ""}`} aria-pressed={every.value !== ""} title="Of every step (e)" onClick={turnEvery}>
          every step
        </button>
        <span class="room" />
        <select
          aria-label="Order of samples"
          title="Best (b) or worst (w) first"
          value={order.value || "-reward"}
          onChange={({ currentTarget }) => sort(currentTarget.value)}
        >
          {orders.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </header>
      {rows.problem.value && <p class="broken">{rows.problem.value.message}</p>}
      {head?.found === 0 && <p class="nothing">No sample of this step{prompt.value && " with this prompt"} fits the filter.</p>}
      <List
        label="Samples"
        name="sample"
        rows={rows}
        count={head?.found ?? 0}
        height={46}
        current={at.value}
        choose={(_, place) => void read(place)}
        draw={(row) => <One row={row} ends={head?.ends ?? null} />}
      />
    </section>
  );
}

/** Whether all that are listed answer the same prompt, which need not stand beside each answer. */
const alike = computed(() => prompt.value !== "" || (!every.value && groups.value?.head.value?.groups === 1));

function One({ row, ends }: { row: SampleRow; ends: [number, number] | null }) {
  const { reward, length, advantage, truncated, flagged, id, step } = row;
  return (
    <div class="rollout-row">
      {reward !== null && (
        <>
          <span class="rollout-reward">{worth(reward)}</span>
          <span class="rollout-bar">
            <i style={{ width: `${100 * between(reward, ends)}%` }} />
          </span>
        </>
      )}
      <span class="muted" title={`${count(length)} ${row.unit}${truncated ? ", cut off" : ""}`}>
        len {count(length)}
        {truncated && <b class="rollout-cut"> cut</b>}
      </span>
      {advantage !== null && <span class={advantage < 0 ? "rollout-less" : advantage > 0 ? "rollout-more" : "muted"}>adv {signed(advantage)}</span>}
      {every.value && <span class="muted">step {count(step)}</span>}
      {row.rank > 0 && <span class="muted">rank {row.rank}</span>}
      <span class="room" />
      {id === held.value && <b class="rollout-which">A</b>}
      {flagged && (
        <span class="rollout-flag" title="Flagged">
          ⚑
        </span>
      )}
      <span class="rollout-said">
        {!alike.value && row.prompt && <bdi class="text muted">{row.prompt}</bdi>}
        <bdi class="text">{row.answer || "(no answer)"}</bdi>
      </span>
    </div>
  );
}
