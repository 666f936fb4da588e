// The left pane: steps with how their rewards lie, the prompts of one, and how one prompt goes over steps.
import { count } from "../parts/format";
import { setOwn } from "../state/view";
import { choose, go } from "./acts";
import type { GroupRow, StepRow } from "./answers";
import { share, worth } from "./format";
import { List } from "./list";
import { Over } from "./over";
import { groupOrder, prompt } from "./state";
import { groups, here, overview, steps } from "./store";

const WIDE = 56;
const HIGH = 18;

export function Steps() {
  const about = overview.value.value;
  const rows = steps.value;
  if (!about) return <section class="rollout-steps" aria-label="Steps" />;
  const cut = [...rows.rows.value.values()].some(({ truncated }) => truncated !== null);
  return (
    <section class="rollout-steps" aria-label="Steps">
      <header class="rollout-head rollout-step">
        <span>step</span>
        <span>{about.ends ? "rewards" : "samples"}</span>
        <span title="Mean reward">μ</span>
        <span title="Standard deviation of the rewards">σ</span>
        {cut && <span title="Share that hit the limit of length">cut</span>}
      </header>
      <List
        label="Steps"
        name="step"
        rows={rows}
        count={about.steps}
        height={26}
        current={about.steps ? about.at : null}
        choose={({ step }) => go(step)}
        draw={(row) => <Step row={row} cut={cut} />}
      />
      <Groups />
    </section>
  );
}

function Step({ row, cut }: { row: StepRow; cut: boolean }) {
  return (
    <div class="rollout-step" title={`${count(row.count)} samples, from ${worth(row.lo)} to ${worth(row.hi)}`}>
      <span>{count(row.step)}</span>
      {row.mean === null ? <span class="muted">{count(row.count)}</span> : <Histogram counts={row.counts} />}
      <span>{worth(row.mean)}</span>
      <span class="muted">{worth(row.std)}</span>
      {cut && <span class={row.truncated ? "rollout-cut" : "muted"}>{share(row.truncated)}</span>}
    </div>
  );
}

function Histogram({ counts }: { counts: number[] }) {
  const most = Math.max(1, ...counts);
  const width = WIDE / Math.max(1, counts.length);
  return (
    <svg width={WIDE} height={HIGH} aria-hidden="true">
      {counts.map((many, at) => {
        const tall = many ? Math.max(1.5, (many / most) * HIGH) : 0.5;
        return <rect key={at} x={at * width} y={HIGH - tall} width={width - 0.8} height={tall} />;
      })}
    </svg>
  );
}

const ORDERS: [string, string][] = [
  ["", "differ most"],
  ["-mean", "best"],
  ["mean", "worst"],
  ["logged", "as logged"],
];

function Groups() {
  const rows = groups.value;
  const many = rows.head.value?.groups ?? 0;
  if (here.value === null) return null;
  const at = [...rows.rows.value].find(([, row]) => row.prompt_id === prompt.value)?.[0] ?? null;
  return (
    <>
      <header class="rollout-head rollout-of">
        <span>
          {!rows.head.value ? "prompts" : many === 1 ? "1 prompt" : `${count(many)} prompts`} of step {count(here.value)}
        </span>
        <span class="room" />
        <button class="switch on" style={{ visibility: prompt.value ? "visible" : "hidden" }} title="All prompts (a)" onClick={() => choose("")}>
          all ×
        </button>
        <select aria-label="Order of prompts" title="Order (g)" value={groupOrder.value} onChange={({ currentTarget }) => setOwn({ groups: currentTarget.value }, true)}>
          {ORDERS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </header>
      <List
        label="Prompts"
        name="prompt"
        rows={rows}
        count={many}
        height={26}
        current={at}
        choose={({ prompt_id }) => choose(prompt_id)}
        draw={(row) => <Group row={row} />}
      />
      <Over />
    </>
  );
}

/** Answers to one prompt differ: it is worth a look. */
const WIDELY = 0.4;

function Group({ row }: { row: GroupRow }) {
  const wide = row.std !== null && row.hi !== null && row.lo !== null && row.hi > row.lo && row.std / (row.hi - row.lo) >= WIDELY;
  return (
    <div class="rollout-group" title={row.prompt}>
      <bdi class="text">{row.prompt || "(empty)"}</bdi>
      <span class="amount" title={`${count(row.count)} samples of this prompt`}>
        ×{count(row.count)}
      </span>
      <span>{worth(row.mean)}</span>
      <span class={wide ? "rollout-wide" : "muted"} title={wide ? "Its answers differ widely" : undefined}>
        {worth(row.std)}
      </span>
    </div>
  );
}
