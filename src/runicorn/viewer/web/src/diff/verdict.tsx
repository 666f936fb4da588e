// Which of the two runs is better, by the primary metric, and from where on they differ in any.
import { count, duration, number } from "../parts/format";
import { isTime } from "../ranks/stragglers";
import type { MetricRow, Settings } from "./answers";
import { ended, first, judged, unequal, unexplained, type Best, type Differing, type Judged } from "./judged";
import { lagging } from "./lagging";
import { Step } from "./step";

interface Props {
  told: Settings;
  metrics: MetricRow[] | null;
}

export function Verdict({ told, metrics }: Props) {
  const found = judged(told.summary);
  const from = first(metrics ?? []);
  const end = ended(metrics ?? []);
  const times = unequal(told);
  const [late] = lagging.value;
  if (!found && !from && !end && !times && !late) return null;
  return (
    <p class="verdict">
      {found && <Better found={found} />}
      {end && (
        <>
          They are the same up to step <Step step={end.step} />, where {end.side} ends.
        </>
      )}
      {from && (isTime(from.name) ? "Their metrics differ only in how long things took." : <Differ told={told} from={from} />)}
      {times && ` A took ${duration(times[0])}, B ${duration(times[1])}.`}
      {late?.a && ` A has a straggler: ${late.a}.`}
      {late?.b && ` B has a straggler: ${late.b}.`}
    </p>
  );
}

function Differ({ told, from: { step, name, more } }: { told: Settings; from: Differing }) {
  return (
    <>
      They differ from step <Step step={step} /> on, first in {name}
      {more > 0 && ` and ${count(more)} more`}. <Why missing={unexplained(told)} />
    </>
  );
}

/** `missing`: see unexplained. */
function Why({ missing }: { missing: string[] | null }) {
  if (!missing) return null;
  return (
    <>
      <b>Nothing recorded explains it</b>
      {missing.length > 0 && `: neither has ${either(missing)}`}.
    </>
  );
}

function either(words: string[]): string {
  return words.join(", ").replace(/, ([^,]*)$/, " or $1");
}

function Better({ found: { name, a, b, better } }: { found: Judged }) {
  return (
    <>
      <b>{better === "" ? "Neither is better" : `${better} is better`}</b> by {name}: A <At best={a} />, B <At best={b} />
      {better && `, so by ${number(Math.abs(a.value - b.value))}`}.{" "}
    </>
  );
}

function At({ best: { value, step } }: { best: Best }) {
  if (typeof step !== "number") return <>{number(value)}</>;
  return (
    <>
      {number(value)} at step <Step step={step} />
    </>
  );
}
