import assert from "node:assert/strict";
import { test } from "node:test";
import { assign, HUES } from "../src/runs/colours";
import { kindOf } from "../src/runs/kinds";
import { layout, step } from "../src/runs/layout";
import { tree } from "../src/runs/paths";
import { dropAt, MARKS, places, seen } from "../src/runs/places";
import { moved } from "../src/state/lists";
import { sorted as order } from "../src/runs/sorting";
import { sparkline } from "../src/runs/sparkline";
import type { Cells } from "../src/server/frames";
import { join, split } from "../src/state/lists";

const RUNS = Array.from({ length: 100 }, (_, at) => `20260101_${at}`);

test("the first ten runs have ten hues", () => {
  const slots = assign(RUNS.slice(0, 10), new Map());
  assert.equal(new Set([...slots.values()].map((slot) => slot % HUES)).size, 10);
});

test("forty runs look different", () => assert.equal(new Set(assign(RUNS.slice(0, 40), new Map()).values()).size, 40));

test("more runs than looks are drawn all the same", () => assert.equal(assign(RUNS, new Map()).size, 100));

test("a run keeps its colour when others come, and in any order", () => {
  const before = assign(RUNS.slice(5, 9), new Map());
  const after = assign(RUNS.slice(0, 12), before);
  for (const [run, slot] of before) assert.equal(after.get(run), slot);
  const [first, second] = assign(["a", "b"], new Map([["a", 3], ["b", 3]])).values();
  assert.ok(first === 3 && second !== 3, "two that had the same colour when each was alone");
  assert.deepEqual(assign(RUNS.slice(0, 8).reverse(), new Map()), assign(RUNS.slice(0, 8), new Map()));
});

test("rows without groups stand as they come", () => {
  const plan = layout(3, []);
  assert.equal(plan.lines, 3);
  assert.deepEqual(plan.at(2), { kind: "run", index: 2 });
});

test("each group has a head above its rows", () => {
  const groups = [2, 1, 3].map((count) => ({ value: `g${count}`, count, columns: {}, spreads: {} }));
  const plan = layout(6, groups);
  const lines = Array.from({ length: plan.lines }, (_, at) => plan.at(at));
  const told = lines.map((line) => (line.kind === "run" ? line.index : line.group.value));
  assert.deepEqual(told, ["g2", 0, 1, "g1", 2, "g3", 3, 4, 5]);
  for (let index = 0; index < 6; index++) assert.deepEqual(plan.at(plan.place(index)), { kind: "run", index });
});

test("a tree counts what is below", () => {
  const root = tree({ "cv/a": 2, "cv/a/b": 3, llm: 1 });
  assert.equal(root.runs, 6);
  assert.deepEqual(root.below.map(({ path, runs }) => [path, runs]), [["cv", 5], ["llm", 1]]);
  assert.deepEqual(tree({ p10: 1, p9: 1 }).below.map(({ name }) => name), ["p9", "p10"]);
  assert.deepEqual(root.below[0].below[0].below[0], { name: "b", path: "cv/a/b", runs: 3, below: [] });
});

test("clicks on a column: largest first, smallest first, as it was", () => {
  assert.deepEqual(order([], "lr", false), ["-lr"]);
  assert.deepEqual(order(["-lr"], "lr", false), ["lr"]);
  assert.deepEqual(order(["lr"], "lr", false), []);
  assert.deepEqual(order(["-acc"], "lr", false), ["-lr"]);
  assert.deepEqual(order(["-acc"], "lr", true), ["-acc", "-lr"]);
  assert.deepEqual(order(["-acc", "-lr"], "acc", true), ["acc", "-lr"]);
  assert.deepEqual(order(["acc", "-lr"], "acc", true), ["-lr"]);
});

test("a folded group is its head alone", () => {
  const groups = [2, 1, 3].map((count) => ({ value: `g${count}`, count, columns: {}, spreads: {} }));
  const plan = layout(6, groups, ({ value }) => value === "g1" || value === "g3");
  const lines = Array.from({ length: plan.lines }, (_, at) => plan.at(at));
  assert.deepEqual(lines.map((line) => (line.kind === "run" ? line.index : line.group.value)), ["g2", 0, 1, "g1", "g3"]);
  assert.deepEqual([0, 1, 2, 3, 5].map(plan.place), [1, 2, 3, 4, 4]);
  assert.deepEqual([step(plan, 0, 1), step(plan, 1, 1), step(plan, 2, 1), step(plan, 3, 1), step(plan, 2, -1)], [1, 2, 3, 3, 1]);
  assert.equal(step(plan, 0, -1), 0);
});

const COLUMNS = ["status", "metric.loss", "spark.loss", "tags"];

test("the name takes the room that the columns leave", () => {
  const { name, pinned, rest, total } = places(COLUMNS, [], new Map(), 1000);
  assert.deepEqual([name, total, pinned], [1000 - MARKS - 104 - 92 - 104 - 160, 1000, []]);
  assert.deepEqual(rest.map(({ key }) => key), COLUMNS);
  assert.equal(rest[1].left, rest[0].left + 104);
});

test("pinned columns stand beside the name, and widths are as they were set", () => {
  const { pinned, rest, stuck, total } = places(COLUMNS, ["tags"], new Map([["tags", 50], ["alias", 300], ["status", 1]]), 0);
  assert.deepEqual(pinned, [{ key: "tags", left: MARKS + 300, width: 50 }]);
  assert.deepEqual([stuck, rest[0]], [MARKS + 350, { key: "status", left: MARKS + 350, width: 36 }]);
  assert.equal(total, stuck + 36 + 92 + 104);
});

test("of many columns those near the screen are built", () => {
  const many = places(Array.from({ length: 1000 }, (_, at) => `config.c${at}`), [], new Map(), 500);
  assert.ok(seen(many, 0, 500).length < 12);
  const [first] = seen(many, 40_000, 500);
  assert.ok(first.left > 39_000 && first.left < 40_500, String(first.left));
});

test("a column is dropped before the one whose left half it is on", () => {
  const plan = places(COLUMNS, [], new Map(), 0);
  const { left, width } = plan.rest[2];
  assert.deepEqual([left + 1, left + width - 1, 1e6, 0].map((x) => dropAt(COLUMNS, plan, x)), [2, 3, 4, 0]);
  assert.deepEqual(moved(["a", "b", "c"], "a", 2), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], "c", 0), ["c", "a", "b"]);
  assert.deepEqual(moved(["a", "b", "c"], "a", 3), ["b", "c", "a"]);
});

test("what a column shows", () => {
  assert.deepEqual(kindOf("spark.train/loss"), { kind: "spark", metric: "train/loss" });
  assert.deepEqual(kindOf("acc @best"), { kind: "best", metric: "acc", of: "", mode: "max" });
  assert.deepEqual(kindOf("acc @min val/loss"), { kind: "best", metric: "acc", of: "val/loss", mode: "min" });
  for (const key of ["metric.loss", "spark.", "config.@best", "lr"]) assert.deepEqual(kindOf(key), { kind: "value" });
});

test("a picture has the extremes, and gaps where all is NaN", () => {
  const cells = {
    n: 4,
    x0: new Float64Array([0, 10, 20, 30]),
    x1: new Float64Array([9, 19, 29, 30]),
    min: new Float32Array([1, 0, NaN, 2]),
    max: new Float32Array([1, 40, NaN, 3]),
  };
  const path = sparkline(cells as unknown as Cells, 100, 20);
  assert.equal(path, "M15 19.5L15 19.5L48.3 20L48.3 0M100 19L100 18.5");
  assert.equal(sparkline({ ...cells, n: 0 } as unknown as Cells, 100, 20), "");
  const endless = { ...cells, max: new Float32Array([1, Infinity, NaN, 3]) } as unknown as Cells;
  assert.ok(sparkline(endless, 100, 20).includes("L48.3 0"), "what has no end goes to the edge");
});

test("lists are what they were", () => {
  const texts = ["a,b", "c\\", "", "d\\,e", "é"];
  assert.deepEqual(split(join(texts)), texts.filter(Boolean));
});
