// Chooses what a medium is compared with, and how.
import { useEffect } from "preact/hooks";
import { count } from "../../parts/format";
import { siblings } from "../../run/siblings";
import { setOwn } from "../../state/view";
import type { Series } from "../series";
import { choices, compared, compareWith, keysBeside, mode, MODES, others } from "./second";

interface Props {
  run: string;
  series: Series;
  items: number; // media at this step
  pictures: boolean; // they can be laid over each other
}

export function Compare({ run, series, items, pictures }: Props) {
  useEffect(() => void siblings(run).then((found) => (others.value = found)), [run]);
  const { kind, what } = compared();
  const kinds = choices(series, items);
  return (
    <>
      <label class="choice">
        compare with
        <select
          value={kind}
          aria-label="Compare with"
          title="Hold this step to compare with (b); the next of these (B)"
          onChange={(event) => compareWith(kinds.find(([one]) => one === event.currentTarget.value)![2])}
        >
          {kinds.map(([one, words]) => (
            <option key={one} value={one}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {kind === "step" && <Steps series={series} step={Number(what)} />}
      {kind === "item" && (
        <input
          class="amount-of"
          type="number"
          min={0}
          max={items - 1}
          value={what}
          aria-label="Place in the list"
          onChange={(event) => compareWith(`item:${event.currentTarget.value}`)}
        />
      )}
      {kind === "key" && (
        <Choose label="Key" value={what} among={keysBeside(run, series.told).map((one) => [one, one])} choose={(one) => compareWith(`key:${one}`)} />
      )}
      {kind === "run" && <Choose label="Run" value={what} among={others.value} choose={(one) => compareWith(`run:${one}`)} />}
      {kind && pictures && (
        <Choose
          label="How"
          value={mode()}
          among={MODES.map((one) => [one, one === "side" ? "side by side" : one])}
          choose={(how) => setOwn({ how: how === "side" ? "" : how }, true)}
        />
      )}
    </>
  );
}

function Choose({
  label,
  value,
  among,
  choose,
}: {
  label: string;
  value: string;
  among: [string, string][];
  choose: (value: string) => void;
}) {
  return (
    <select value={value} aria-label={label} onChange={(event) => choose(event.currentTarget.value)}>
      {among.map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </select>
  );
}

function Steps({ series, step }: { series: Series; step: number }) {
  const go = async (place: number) => {
    const found = await series.step(place);
    if (found !== undefined) setOwn({ b: `step:${found}` }, true);
  };
  return (
    <>
      <input
        class="steps"
        type="range"
        min={0}
        max={series.told.steps - 1}
        value={Math.max(0, series.place(step) ?? 0)}
        aria-label="Step to compare with"
        onInput={(event) => void go(Number(event.currentTarget.value))}
      />
      <span class="step-of">step {count(step)}</span>
    </>
  );
}
