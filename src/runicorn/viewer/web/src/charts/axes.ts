// How the axes of a chart are labelled.
import type uPlot from "uplot";
import { duration, number, tick } from "../parts/format";
import { clocks, labelled, linear, logarithmic } from "./ticks";

type Axis = Pick<uPlot.Axis, "values" | "splits" | "incrs" | "filter">;

/** Seconds that ticks of passed time may be apart. */
const SPANS = [
  ...[1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800],
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((days) => days * 86400),
];
const WIDER = 12; // pixels: an axis is as wide as a multiple of it, so that it seldom moves what is beside it

/** The axis of y, or of an x that is neither steps nor time. */
export const LINEAR: Axis = {
  values: (_, splits) => labels(splits),
  splits: (_made, _axis, lo, hi, apart) => linear(lo, hi, apart),
};
const WHOLE: Axis = { ...LINEAR, splits: (_made, _axis, lo, hi, apart) => linear(lo, hi, Math.max(1, apart)) };
const PASSED: Axis = { ...LINEAR, values: (_, splits) => passed(splits), incrs: SPANS };
const CLOCK: Axis = { values: (_, splits) => clocks(splits) };

/** A logarithmic axis of this scale. */
export function logarithms(scale: "x" | "y"): Axis {
  return {
    values: (_, splits) => splits.map((one) => (one === null ? "" : scale === "x" && one >= 1e4 ? tick(one, one) : number(one, 3))),
    splits: (_made, _axis, lo, hi) => logarithmic(lo, hi),
    filter: (made, splits) => labelled(splits, made.scales[scale].min!, made.scales[scale].max!),
  };
}

/** The axis of this x. */
export function across(x: string, log: boolean): Axis {
  if (log) return logarithms("x");
  return { step: WHOLE, time: CLOCK, relative: PASSED }[x] ?? LINEAR;
}

/** As wide as the longest label. */
export function widest(_: uPlot, values: string[]): number {
  const longest = (values ?? []).reduce((most, text) => Math.max(most, text?.length ?? 0), 0);
  return Math.ceil(Math.max(28, 12 + longest * 6.3) / WIDER) * WIDER;
}

/** Seconds in words; with their parts where ticks are nearer than a second. */
export function passed(splits: number[]): string[] {
  return splits.some((one) => one > 1 && one % 1) ? labels(splits).map((text) => `${text}s`) : splits.map(duration);
}

function labels(splits: (number | null)[]): string[] {
  const there = splits.filter((one): one is number => one !== null);
  const gaps = there.slice(1).map((one, at) => Math.abs(one - there[at]));
  const apart = gaps.length ? Math.min(...gaps) : Math.abs(there[0] ?? 1) || 1;
  return splits.map((one) => (one === null ? "" : tick(one, apart)));
}
