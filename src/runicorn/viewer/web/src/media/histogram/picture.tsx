// A map of histograms: a column for each step, values from below to above, the darker the more of the step's values.
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { count, number } from "../../parts/format";
import { useWidth } from "../../run/width";
import { scheme } from "../../state/theme";
import { cellAt, drawHeat, fullest, outside, stepAt, type Cell, type Heat } from "./draw";

export const HEIGHT = 150;
const APART = 0.1; // of the height, at least, from the label of 0 to those of the ends
const LABEL = 60; // pixels that the label of a step takes at least

interface Props {
  heat: Heat;
  name: string;
  step: number | null; // which is marked
  pick?: (step: number) => void;
}

export function HeatPicture({ heat, name, step, pick }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [place, width] = useWidth();
  const over = useSignal<Cell | null>(null);
  useLayoutEffect(() => {
    if (width.value) drawHeat(canvas.current!, heat, step, HEIGHT);
  }, [heat, step, width.value, scheme.value]);
  const across = (event: MouseEvent) => event.offsetX / canvas.current!.clientWidth;
  const said = `${count(heat.step.length)} of ${count(heat.steps)} histograms from step ${heat.step[0]} to ${heat.step.at(-1)}`;
  const zero = heat.hi / (heat.hi - heat.lo); // from above
  return (
    <div class="heat-map">
      <span class="axis">
        <span>{number(heat.hi, 3)}</span>
        {zero > APART && zero < 1 - APART && (
          <span class="zero" style={{ top: `${100 * zero}%` }}>
            0
          </span>
        )}
        <span>{number(heat.lo, 3)}</span>
      </span>
      <div ref={place}>
        <canvas
          ref={canvas}
          style={{ height: `${HEIGHT}px` }}
          class={pick && "picks"}
          role="img"
          aria-label={`${name}: ${said}, values from ${number(heat.lo)} to ${number(heat.hi)}`}
          onClick={(event) => pick?.(stepAt(heat, across(event)))}
          onPointerMove={(event) => (over.value = cellAt(heat, across(event), event.offsetY / HEIGHT))}
          onPointerLeave={() => (over.value = null)}
        />
        <p class="heat-steps">
          {labelled(heat.step.length, width.value).map((at) => (
            <span key={at} style={{ left: `${(100 * (at + 0.5)) / heat.step.length}%` }}>
              {count(heat.step[at])}
            </span>
          ))}
        </p>
        <p class="heat-words told">
          <span>{over.value ? words(over.value) : [heat.step.length < heat.steps && said, outside(heat)].filter(Boolean).join("; ")}</span>
          <span class="room" />
          <span title="Bins as they were logged are shared out evenly over those of the picture.">
            none <i class="heat-scale" /> {percent(fullest(heat))} of a step within {number((heat.hi - heat.lo) / heat.bins, 2)}
          </span>
        </p>
      </div>
    </div>
  );
}

/** Which of so many columns have room for the label of their step. */
function labelled(columns: number, width: number): number[] {
  const every = Math.max(1, Math.ceil((columns * LABEL) / (width || 1)));
  return Array.from({ length: Math.ceil(columns / every) }, (_, at) => at * every);
}

function words({ step, lo, hi, share, total }: Cell): string {
  return `step ${count(step)}, ${number(lo, 3)} to ${number(hi, 3)}: about ${percent(share)} of ${count(total)} values`;
}

function percent(share: number): string {
  return `${number(100 * share, 2)} %`;
}
