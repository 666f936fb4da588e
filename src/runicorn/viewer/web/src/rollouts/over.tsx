// How the answers to one prompt were rewarded over steps: their mean, and from the worst to the best.
import { count } from "../parts/format";
import { go } from "./acts";
import { worth } from "./format";
import { here, over } from "./store";

const WIDE = 300;
const HIGH = 56;
const EDGE = 4;

export function Over() {
  const found = over.value.value;
  if (!found?.step.length) return null;
  const { step, mean, lo, hi } = found;
  const values = [...lo, ...hi].filter((one) => one !== null);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const x = (at: number) => EDGE + ((step[at] - step[0]) / (step[step.length - 1] - step[0] || 1)) * (WIDE - 2 * EDGE);
  const y = (value: number) => HIGH - EDGE - ((value - least) / (most - least || 1)) * (HIGH - 2 * EDGE);
  const there = step.map((_, at) => at).filter((at) => mean[at] !== null);
  const line = there.map((at) => `${x(at)},${y(mean[at]!)}`).join(" ");
  const back = [...there].reverse();
  const band = [...there.map((at) => `${x(at)},${y(hi[at]!)}`), ...back.map((at) => `${x(at)},${y(lo[at]!)}`)].join(" ");
  const words = `This prompt at ${count(step.length)} steps: mean reward from ${worth(mean[0])} to ${worth(mean[mean.length - 1])}`;
  return (
    <figure class="rollout-over">
      <figcaption>same prompt over steps</figcaption>
      <svg
        viewBox={`0 0 ${WIDE} ${HIGH}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
        onClick={({ offsetX, currentTarget }) => {
          const wanted = (offsetX / currentTarget.clientWidth) * WIDE;
          const nearest = there.reduce((best, at) => (Math.abs(x(at) - wanted) < Math.abs(x(best) - wanted) ? at : best), there[0]);
          if (nearest !== undefined) go(step[nearest], true);
        }}
      >
        <title>{words}</title>
        <polygon points={band} />
        <polyline points={line} vector-effect="non-scaling-stroke" />
        {there.filter((at) => step[at] === here.value || there.length === 1).map((at) => (
          <circle key={at} cx={x(at)} cy={y(mean[at]!)} r={3} />
        ))}
      </svg>
    </figure>
  );
}
