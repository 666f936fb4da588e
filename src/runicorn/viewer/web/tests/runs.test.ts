import assert from "node:assert/strict";
import { test } from "node:test";
import { assign, HUES } from "../src/runs/colours";
import { layout } from "../src/runs/layout";
import { tree } from "../src/runs/paths";
import { sorted as order } from "../src/runs/sorting";

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
  assert.deepEqual(assign(RUNS.slice(0, 8).reverse(), new Map()), assign(RUNS.slice(0, 8), new Map()));
});

test("rows without groups stand as they come", () => {
  const plan = layout(3, []);
  assert.equal(plan.lines, 3);
  assert.deepEqual(plan.at(2), { kind: "run", index: 2 });
});

test("each group has a head above its rows", () => {
  const groups = [2, 1, 3].map((count) => ({ value: `g${count}`, count }));
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
