import assert from "node:assert/strict";
import { test } from "node:test";
import { around, between, share, signed, worth } from "../src/rollouts/format";

test("rewards are short, and what is no number is told", () => {
  assert.deepEqual([0.94, -0.5, 1.5, 0, 1e-7, 12345, 1e300, null, undefined].map(worth), [
    ".94",
    "−.50",
    "1.50",
    "0",
    "1e-7",
    "12,345",
    "1e300",
    "–",
    "–",
  ]);
  assert.deepEqual(["nan", "inf", "-inf", "NaN", "yes"].map(worth), ["NaN", "∞", "−∞", "NaN", "yes"]);
  assert.deepEqual([1.3, -0.4, 0].map(signed), ["+1.30", "−.40", "0"]);
});

test("shares that are not nothing are not told as nothing", () => {
  assert.deepEqual([0, 0.0001, 0.04, 1, null].map(share), ["0%", "<1%", "4%", "100%", ""]);
});

test("what some values lie between may be wider than what most do", () => {
  assert.deepEqual(around([1.02, 2], [0.9, null, 2]), [0.9, 2]);
  assert.deepEqual(around([0, 1], [null]), [0, 1]);
});

test("a bar begins at zero, or below", () => {
  assert.equal(between(1, [0.5, 2]), 0.5);
  assert.equal(between(0, [-1, 1]), 0.5);
  assert.equal(between(9, [0, 2]), 1);
  assert.equal(between("nan", [0, 2]), 0);
  assert.equal(between(null, [0, 2]), 0);
  assert.equal(between(1, null), 0);
});
