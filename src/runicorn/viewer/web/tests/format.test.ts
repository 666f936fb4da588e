import assert from "node:assert/strict";
import { test } from "node:test";
import { unpack } from "../src/server/frames";
import { ago, count, duration, number, tick, value } from "../src/parts/format";
import { natural } from "../src/parts/natural";

test("numbers", () => {
  const told = [0, 0.93921234, -0.5, 12345.6, 1.23e-7, 2.5e12, NaN, Infinity, -Infinity].map((one) => number(one));
  assert.deepEqual(told, ["0", "0.9392", "−0.5", "12,346", "1.23e-7", "2.5e12", "NaN", "∞", "−∞"]);
});

test("ticks have the digits that tell them apart", () => {
  assert.deepEqual([1, 1.25, 1.5].map((one) => tick(one, 0.25)), ["1.00", "1.25", "1.50"]);
  assert.deepEqual([0, 1000, 2_500_000, 3_000_000].map((one) => tick(one, 500_000)), ["0", "1000", "2.5M", "3.0M"]);
  assert.equal(tick(1e-5, 1e-5), "1e-5");
  assert.deepEqual([0, 8e-5, 1e-4].map((one) => tick(one, 2e-5)), ["0", "8e-5", "1e-4"]);
  assert.deepEqual([0.0002, 0.001].map((one) => tick(one, 2e-4)), ["0.0002", "0.0010"]);
});

test("durations", () => {
  const told = [0, 0.85, 12, 200, 4320, 187200, -5].map(duration);
  assert.deepEqual(told, ["0s", "850ms", "12s", "3m 20s", "1h 12m", "2d 4h", "−5s"]);
  const rounded = [0.26505, 0.9996, 1.04, 5.6965, 9.96, 11.7278, 59.7, 199.6, 3599.6, -1.25].map(duration);
  assert.deepEqual(rounded, ["265ms", "1.0s", "1.0s", "5.7s", "10s", "12s", "1m", "3m 20s", "1h", "−1.3s"]);
  assert.deepEqual([300, 339.9, 105.7, 100.9, 90].map((now) => ago(100, now)), ["3m ago", "3m ago", "5s ago", "now", "now"]);
});

test("a number says by its zeros that it was rounded", () => {
  assert.deepEqual([0.72, 0.71998, 100.04, 999.96].map((one) => number(one)), ["0.72", "0.7200", "100.0", "1000"]);
  assert.deepEqual([9999.4, 9999.5, -9999.97].map((one) => number(one)), ["9999", "10,000", "−10,000"]);
});

test("values of any kind", () => {
  assert.deepEqual([null, true, "a", ["a", "b"], [1], 0.5].map(value), ["", "true", "a", "a b", "[1]", "0.5"]);
});

test("a frame of the server", () => {
  const header = '[{"run":"r","metric":"m","n":2,"columns":{"x0":["f8",0],"mean":["f4",16],"count":[5,[-2,1]]}}]';
  const text = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const frame = new Uint8Array(8 + text.length + 24);
  const view = new DataView(frame.buffer);
  frame.set([0x52, 0x4e, 0x42, 0x31]);
  view.setUint32(4, text.length, true);
  frame.set(text, 8);
  [1, 2].forEach((one, at) => view.setFloat64(8 + text.length + at * 8, one, true));
  [0.5, NaN].forEach((one, at) => view.setFloat32(24 + text.length + at * 4, one, true));
  const [[told, cells]] = unpack(frame.buffer);
  assert.equal(told.metric, "m");
  assert.deepEqual([...cells.x0, ...cells.mean, ...cells.count], [1, 2, 0.5, NaN, 5, 3]);
  assert.equal(cells.n, 2);
  assert.throws(() => unpack(new ArrayBuffer(16)), /no frame/);
});

test("names stand in the order of letters, and their numbers by size", () => {
  const names = ["run 10", "Run 2", "map/3x", "Loss", "a", "run 2", "", "map", "a1b20", "a1b3", "läuft", "loss"];
  assert.deepEqual(names.sort(natural), ["", "a", "a1b3", "a1b20", "Loss", "loss", "läuft", "map", "map/3x", "Run 2", "run 2", "run 10"]);
  assert.equal(natural("x", "x"), 0);
  assert.ok(natural("step 007", "step 7") !== 0, "what differs is never the same");
});

test("counts have commas", () => {
  const said = [0, 999, 1000, -12345.4, 1234567, 999999.6].map(count);
  assert.deepEqual(said, ["0", "999", "1,000", "-12,345", "1,234,567", "1,000,000"]);
});
