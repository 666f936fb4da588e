// One key: its name, a slider over its steps, and its media.
import { later } from "../parts/later";
import { count } from "../parts/format";
import { own } from "../state/view";
import { moveTo, step as cursor } from "../run/cursor";
import { Moment } from "./moment";
import type { Series } from "./series";
import { Strip } from "./strip";
import type { Key } from "./types";

const Heat = later(() => import("./histogram/heat"));
const STRIPS = new Set(["image", "video", "figure"]);
const per = own("per");

export function Panel({ series, told }: { series: Series; told: Key }) {
  const place = series.place(cursor.value);
  return (
    <figure class="medium-key" data-key={told.key}>
      <Head series={series} told={told} place={place} />
      {told.type === "histogram" ? (
        <Heat series={series} told={told} place={place} />
      ) : isStrip(told) ? (
        <Strip series={series} told={told} place={place} />
      ) : (
        <Moment series={series} place={place} />
      )}
    </figure>
  );
}

/** Whether its media are shown side by side over steps. */
export function isStrip({ type, steps }: Key): boolean {
  return STRIPS.has(type) && per.value !== "step" && steps > 1;
}

/** Whether a key has much to show beside each other, and so a row of its own. */
export function isWide(told: Key): boolean {
  return told.type === "histogram" || isStrip(told) || told.count > told.steps;
}

function Head({ series, told, place }: { series: Series; told: Key; place: number | undefined }) {
  const row = place === undefined ? undefined : series.rows.value.get(place);
  const step = row?.step ?? (place === told.steps - 1 ? told.last : undefined);
  return (
    <figcaption>
      <span class="title" title={told.key}>
        {told.key}
      </span>
      <span class="badge">
        {told.type} · {count(told.count)}
      </span>
      {told.steps > 1 && <Slider series={series} steps={told.steps} place={place} name={told.key} />}
      <span class="step-of">{place === -1 ? `from step ${count(told.first)} on` : step === undefined ? "" : `step ${count(step)}`}</span>
    </figcaption>
  );
}

/** A slider over a key's steps. */
export function Slider({ series, steps, place, name }: { series: Series; steps: number; place: number | undefined; name: string }) {
  const go = async (wanted: number) => {
    const step = await series.step(wanted);
    if (step !== undefined) moveTo(step);
  };
  return (
    <input
      class="steps"
      type="range"
      min={0}
      max={steps - 1}
      value={Math.max(0, place ?? 0)}
      aria-label={`Step of ${name}`}
      onInput={(event) => void go(Number(event.currentTarget.value))}
    />
  );
}
