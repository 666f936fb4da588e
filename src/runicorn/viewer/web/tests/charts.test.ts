import assert from "node:assert/strict";
import { test } from "node:test";
import { ahead } from "../src/charts/ahead";
import { passed } from "../src/charts/axes";
import { bar } from "../src/charts/bar";
import { binAt } from "../src/charts/bins";
import { draw } from "../src/charts/draw";
import { extentOfX, extentOfY } from "../src/charts/extent";
import { grid, seen } from "../src/charts/grid";
import { place } from "../src/charts/placed";
import { reading } from "../src/charts/readings";
import { sorted } from "../src/charts/sections";
import { labelled, linear, logarithmic } from "../src/charts/ticks";
import type { Picture } from "../src/charts/plot";
import { following, kindOf } from "../src/charts/smoothing";
import { badge } from "../src/charts/words";
import type { Cells } from "../src/server/frames";

/** Bins of one point each, at 0, 1, 2 … */
function cells(values: number[]): Cells {
  const y = Float64Array.from(values);
  const x = Float64Array.from(values, (_, at) => at);
  const nan = Float64Array.from(values, (value) => Number(Number.isNaN(value)));
  return { n: values.length, x0: x, x1: x, min: y, max: y, mean: y, count: x.map(() => 1), nan };
}

const NOISE = Array.from({ length: 300 }, (_, at) => 1 + Math.sin(at * 7) / 2);
const ALL: [number, number] = [0, 1e9];

test("x goes from the first to the last point of all", () => {
  assert.deepEqual(extentOfX([cells([1, 2]), cells([]), cells([1, 2, 3])]), [0, 2]);
  assert.equal(extentOfX([cells([])]), null);
});

test("robust y leaves a lone spike out, and full y does not", () => {
  const spiked = cells(NOISE.with(100, 40));
  const [lo, hi] = extentOfY([spiked], ALL, false, true)!;
  assert.ok(hi < 2 && lo > 0);
  assert.ok(extentOfY([spiked], ALL, false, false)![1] > 40);
});

test("robust y crops nothing that is not rare, or hardly further than the rest", () => {
  const often = cells(NOISE.map((value, at) => (at % 10 ? value : 40)));
  assert.ok(extentOfY([often], ALL, false, true)![1] > 40);
  const near = cells(NOISE.with(100, 3));
  assert.ok(extentOfY([near], ALL, false, true)![1] > 3);
});

test("what is not finite, not above 0 on a log axis, or out of sight has no say", () => {
  assert.ok(extentOfY([cells([1, NaN, Infinity, 2])], ALL, false, false)![1] < 3);
  assert.ok(extentOfY([cells([-5, 0, 0.1, 1])], ALL, true, false)![0] > 0);
  assert.ok(extentOfY([cells([1, 2, 100])], [0, 1], false, false)![1] < 3);
  assert.equal(extentOfY([cells([NaN])], ALL, false, true), null);
});

test("one value has room around it", () => {
  const [lo, hi] = extentOfY([cells([5, 5])], ALL, false, true)!;
  assert.ok(lo < 5 && hi > 5);
});

test("values that differ by the noise of a computation are one value", () => {
  const [lo, hi] = extentOfY([cells([0.1, 0.1 + 2e-17, 0.09999999999999998])], ALL, false, true)!;
  assert.ok(lo < 0.095 && hi > 0.105);
});

test("the greatest numbers there are have a range too", () => {
  for (const log of [true, false]) {
    for (const end of extentOfY([cells([5e-324, 1.7e308])], ALL, log, true)!) assert.ok(Number.isFinite(end));
  }
});

test("the bin at a place is the last one before it", () => {
  const found = cells([1, 2, 3]);
  assert.deepEqual([-1, 0, 0.5, 1, 2, 2.1].map((x) => binAt(found, x)), [-1, 0, 0, 1, 2, -1]);
});

test("a value at the cursor is one of the step that is told, or says where it is", () => {
  const line = { id: "a", name: "a", slot: 0, runs: 1, ghost: null };
  const sparse = { ...cells([5, 6]), x0: Float64Array.of(0, 400), x1: Float64Array.of(9, 400) };
  const said = (axis: string, x: number, before = false) => {
    const { value, at } = reading({ ...line, cells: sparse }, axis, x, before) ?? {};
    return `${value} ${at}`;
  };
  const told = (axis: string, ...places: number[]) => places.map((x) => said(axis, x));
  assert.deepEqual(told("step", 4, 9.4, 176, 205, 399.6), ["5 ", "5 ", "5 step 9", "6 step 400", "6 "]);
  assert.deepEqual(told("relative", 9.6, 390, 399.6), ["5 9s", "6 6m 40s", "6 "]);
  assert.equal(reading({ ...line, cells: sparse }, "step", 401), null);
  const pinned = [4, 205, 399, 400, 500].map((x) => said("step", x, true));
  assert.deepEqual(pinned, ["5 ", "5 step 9", "5 step 9", "6 ", "6 step 400"], "never of a step behind it");
  assert.equal(reading({ ...line, cells: sparse }, "step", -1, true), null);
});

test("no two ticks of passed time are called the same", () => {
  assert.deepEqual(passed([1, 1.5, 2]), ["1.0s", "1.5s", "2.0s"]);
  assert.deepEqual(passed([0.2, 0.4]), ["200ms", "400ms"]);
  assert.deepEqual(passed([60, 90]), ["1m", "1m 30s"]);
});

test("ticks come to an end, whatever the range", () => {
  assert.deepEqual(linear(0.95, 2.1, 0.25), [1, 1.25, 1.5, 1.75, 2]);
  assert.deepEqual(linear(-1, 1, 1), [-1, 0, 1]);
  assert.ok(linear(1e9, 1e9 + 1e-9, 1e-12).length <= 60);
  assert.deepEqual(logarithmic(0.0147, 0.12).slice(0, 3), [0.02, 0.03, 0.04]);
  for (const [lo, hi] of [[1e-300, 1e300], [1e-30, 1], [0.09999, 0.1001], [5e-324, 1e-320]]) {
    const ticks = logarithmic(lo, hi);
    assert.ok(ticks.length < 150 && ticks.every((tick) => tick >= lo && tick <= hi));
  }
  assert.deepEqual(labelled([0.9, 1, 2, 3, 10], 0.9, 10), [null, 1, 2, null, 10]);
  assert.deepEqual(labelled([1, 2, 10, 1000], 1, 1000), [1, null, 10, 1000]);
  assert.deepEqual(labelled([0.5, 0.6, 0.7, 0.8, 0.9, 1, 2], 0.4, 2), [0.5, null, 0.7, null, null, 1, 2]);
});

test("bars begin at 0", () => {
  assert.deepEqual(bar(1, 0, 2), { left: 0, width: 50 });
  assert.deepEqual(bar(-1, -1, 1), { left: 0, width: 50 });
  assert.deepEqual(bar(3, 2, 4), { left: 0, width: 75 });
  assert.deepEqual(bar(NaN, 0, 1), { left: 0, width: 0 });
  assert.deepEqual(bar(0, 0, 0), { left: 0, width: 0 });
});

test("sections: pinned, by what stands before the /, the machine last, 2 before 10", () => {
  const names = ["sys/cpu", "val/acc", "loss10", "loss2", "train/loss"];
  const found = sorted(names, ["val/acc"], "").map(({ name, metrics }) => [name, metrics]);
  assert.deepEqual(found, [
    ["pinned", ["val/acc"]],
    ["metrics", ["loss2", "loss10"]],
    ["train/", ["train/loss"]],
    ["sys/", ["sys/cpu"]],
  ]);
  assert.deepEqual(sorted(names, [], "LOSS tr").map(({ metrics }) => metrics), [["train/loss"]]);
  const last = sorted(names, [], "", (name) => name.startsWith("train/")).filter(({ key }) => key !== "sys/").at(-1);
  assert.equal(last!.key, "train/");
});

test("of ten thousand charts only those on the screen are there", () => {
  const metrics = Array.from({ length: 10_000 }, (_, at) => `m${at}`);
  const { rows, total } = grid([{ key: "/", name: "metrics", metrics }], new Set(), 3, 224);
  assert.ok(total > 190_000);
  const there = seen(rows, total / 2, total / 2 + 900).map(({ what }) => what);
  assert.ok(there.every(({ kind }) => kind === "strips") && there.length <= 6);
  assert.equal(grid([{ key: "/", name: "metrics", metrics }], new Set(["/"]), 3, 224).rows.length, 1);
  const few = grid([{ key: "/", name: "metrics", metrics: metrics.slice(0, 200) }], new Set(), 3, 224);
  assert.ok(seen(few.rows, 3000, 3900).every(({ what }) => what.kind === "charts"));
});

test("smoothing goes through its kinds", () => {
  let text = "";
  const met = Array.from({ length: 6 }, () => (text = following(text)));
  assert.deepEqual(met, ["ema:0.9", "twema:0.9", "mean:21", "median:21", "gaussian:10", ""]);
  assert.deepEqual(kindOf("nonsense:3"), { kind: "none", amount: 0 });
});

test("only bins that are seen have a place, and one beside them at each end", () => {
  const frame = {
    ...{ left: 10, top: 0, width: 100, height: 50, ratio: 1, from: 5, to: 7, band: true, background: "", logarithmic: true },
    x: (value: number) => 10 + (value - 5) * 50,
    y: (value: number) => (value > 0 ? 50 - value : NaN),
  };
  const found = place(cells([9, 8, 7, 6, 5, NaN, -3, 2, 1, 0]), frame);
  assert.equal(found.n, 5); // 4 to 8
  assert.deepEqual([...found.middle], [-40, 10, 60, 110, 160]);
  assert.deepEqual([...found.top], [45, NaN, NaN, 48, 49]);
  assert.deepEqual([...found.max], [5, NaN, -3, 2, 1]);
  assert.deepEqual([...found.nan], [0, 1, 0, 0, 0]);
  assert.equal(place(cells([]), frame).n, 0);
  assert.equal(place(cells([1, 2]), frame).n, 1); // both before what is seen
});

test("the band of ranks goes on between steps that are far apart", () => {
  let bridges = 0;
  const ignored = () => undefined;
  Object.assign(globalThis, { Path2D: class { rect = ignored; lineTo = ignored; closePath = ignored; moveTo = () => bridges++; } });
  const canvas = new Proxy({}, { get: () => ignored, set: () => true }) as CanvasRenderingContext2D;
  const frame = { left: 0, top: 0, width: 300, height: 100, ratio: 1, from: 0, to: 2, x: (x: number) => 100 * x, y: (y: number) => y, logarithmic: false, band: true, background: "" };
  const curve = { ghost: null, colour: "", dash: [], faint: false, bold: false, several: false };
  const ranks = { ...cells([1, 2, 3]), max: Float64Array.of(5, 6, 7) };
  draw(canvas, [{ ...curve, cells: ranks }], frame);
  assert.equal(bridges, 2);
  draw(canvas, [{ ...curve, cells: { ...ranks, max: Float64Array.of(5, 2, 7) } }], frame);
  assert.equal(bridges, 2, "beside a step of one value there is no band");
});

test("keys move the cursor from point to point, and not beyond the last one", () => {
  const far = { ...cells([1, 2, 3]), x0: Float64Array.of(1000, 2000, 3000), x1: Float64Array.of(1000, 2400, 3000) };
  assert.equal(ahead(2040, 1, 2000, [far]), 2400);
  assert.equal(ahead(2010, 1, 1000, [cells([1]), far]), 2000);
  assert.equal(ahead(1500.1, -1, 2000, [far]), 1000);
  assert.equal(ahead(3040, 1, 3000, [far]), null);
  assert.equal(ahead(1900, 1, null, [far]), 2000, "where there is none, the nearest of all");
  assert.equal(ahead(9, -1, 3090, [far, cells([1, 2])]), 1, "from behind the end, too");
});

test("what is said of a chart's bins, where these are more than a point", () => {
  const told = (found: Partial<Cells>, end: number, ranks = 0, axis = "step") => {
    const one = { id: "a", name: "a", slot: 0, runs: 1, cells: { ...cells([1, 2]), ...found }, ghost: null };
    return badge([one], { x: [0, end], axis, logX: false } as Picture, 100, ranks);
  };
  const wide = { x0: Float64Array.of(0, 4), x1: Float64Array.of(3, 7) };
  const each = (count: number) => ({ count: Float64Array.of(count, count) });
  assert.equal(told({}, 400), "", "a pixel holds more than a step, but a bin does not");
  assert.equal(told({ ...wide, ...each(4) }, 400), "1 px = 4 steps");
  assert.equal(told({ ...wide, ...each(4) }, 50), "means of 4 steps");
  assert.equal(told({ ...wide, ...each(1) }, 400, 4), "1 px = 4 steps", "one rank alone");
  assert.equal(told(each(4), 50, 4), "mean of 4 ranks");
  assert.equal(told(each(3), 0, 4), "up to 3 points a step");
  assert.equal(told({ ...wide, ...each(16) }, 400, 4), "1 px = 4 steps");
  assert.equal(told({ ...wide, ...each(4) }, 400, 4, "relative"), "1 px = 4s");
  assert.equal(told(each(4), 400, 4, "relative"), "");
});
