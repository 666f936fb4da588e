// How the answers to one prompt were rewarded over steps: their mean, and from the worst to the best.
import { count } from "../parts/format";
import { go } from "./acts";
import { around, worth } from "./format";
import { prompt } from "./state";
import { here, over, overview } from "./store";

const WIDE = 300;
const HIGH = 56;
const EDGE = 5;

export function Over() {
  const found = over.value.value;
  const ends = overview.value.value?.ends;
  if (!ends) return null;
  if (!found?.step.length) return <p class="rollout-over muted">{!prompt.value && "A prompt that is chosen is shown over steps here."}</p>;
  const { step, mean, lo, hi } = found;
  if (step.length === 1) return <p class="rollout-over muted">This prompt is at step {count(step[0])} alone.</p>;
  const [first, last] = [step[0], step[step.length - 1]];
  const [least, most] = around(ends, [...lo, ...hi]); // what most rewards lie between: prompts can be compared
  const x = (at: number) => EDGE + ((step[at] - first) / (last - first)) * (WIDE - 2 * EDGE);
  const y = (value: number) => HIGH - EDGE - ((value - least) / (most - least || 1)) * (HIGH - 2 * EDGE);
  const there = step.map((_, at) => at).filter((at) => mean[at] !== null);
  const line = there.map((at) => `${x(at)},${y(mean[at]!)}`).join(" ");
  const back = [...there].reverse();
  const band = [...there.map((at) => `${x(at)},${y(hi[at]!)}`), ...back.map((at) => `${x(at)},${y(lo[at]!)}`)].join(" ");
  const dots = (some: number[]) => some.map((at) => `M${x(at)} ${y(mean[at]!)}h0`).join("");
  const now = step.indexOf(here.value ?? -1);
  return (
    <figure class="rollout-over">
      <figcaption>
        same prompt over steps
        {now >= 0 && mean[now] !== null && (
          <span>
            step {count(step[now])}: μ {worth(mean[now])}, {worth(lo[now])} to {worth(hi[now])}
          </span>
        )}
      </figcaption>
      <span class="rollout-axis">
        <span>{worth(most)}</span>
        <span>{worth(least)}</span>
      </span>
      <svg
        viewBox={`0 0 ${WIDE} ${HIGH}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`This prompt at ${count(step.length)} steps: mean reward from ${worth(mean[0])} to ${worth(mean[mean.length - 1])}`}
        onClick={({ offsetX, currentTarget }) => {
          const wanted = (offsetX / currentTarget.clientWidth) * WIDE;
          const nearest = there.reduce((best, at) => (Math.abs(x(at) - wanted) < Math.abs(x(best) - wanted) ? at : best), there[0]);
          if (nearest !== undefined) go(step[nearest], true);
        }}
      >
        <polygon points={band} />
        <polyline points={line} vector-effect="non-scaling-stroke" />
        <path d={dots(there)} vector-effect="non-scaling-stroke" />
        <path class="now" d={dots(there.filter((at) => at === now))} vector-effect="non-scaling-stroke" />
      </svg>
      <span class="rollout-ends">
        <span>{count(first)}</span>
        <span>{count(last)}</span>
      </span>
    </figure>
  );
}
