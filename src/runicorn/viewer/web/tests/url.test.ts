import assert from "node:assert/strict";
import { test } from "node:test";
import type { Own } from "../src/state/own";
import { decode, EMPTY, encode, type View } from "../src/state/url";

test("a usual view has an empty address", () => assert.equal(encode(EMPTY), ""));

test("the address of the design", () => {
  const view = decode("?path=cv/**&q=val/acc>=.9&sort=-val/acc&group=seed&show=top:10,a1&pin=val/acc&x=step:12000..14000&c=13700&sm=ema:.6");
  assert.equal(view.path, "cv");
  assert.equal(view.query, "val/acc>=.9");
  assert.deepEqual(view.sort, ["-val/acc"]);
  assert.deepEqual(view.show, { top: 10, on: ["a1"], off: [] });
  assert.deepEqual([view.x, view.range, view.cursor], ["step", [12000, 14000], 13700]);
  assert.equal(view.smooth, "ema:.6");
});

test("addresses can be read", () => {
  const view = { ...EMPTY, query: "lr<1e-3 path:cv/**", sort: ["-metric.val/acc"], show: { top: 3, on: ["b"], off: ["c"] } };
  assert.equal(encode(view), "q=lr<1e-3+path:cv/**&sort=-metric.val/acc&show=top:3,b,-c");
});

test("what a chart has of its own can be read", () => {
  const view = { ...EMPTY, charts: { "train/loss": { log: true, smooth: "ema:0.6", range: [100, 200] as [number, number] } } };
  assert.equal(encode(view), "@train/loss=log,sm:ema:0.6,x:100..200");
  assert.deepEqual(decode("?@val/acc=linear,robust,nonsense,x:3..1").charts, { "val/acc": { log: false, full: false } });
});

test("any view comes back from its address", () => {
  const random = randoms(7);
  for (let round = 0; round < 2000; round++) {
    const view = anyView(random);
    assert.deepEqual(decode(`?${encode(view)}`), view, encode(view));
  }
});

test("no address is too strange", () => {
  const random = randoms(8);
  for (let round = 0; round < 2000; round++) {
    const name = ["path", "q", "show", "x", "c", "y", "across", "cols", "hide"][random(9)];
    const view = decode(`?${name}=${text(random)}`);
    assert.deepEqual(decode(`?${encode(view)}`), view);
  }
});

/** Whole numbers below what is asked for, the same ones each time. */
function randoms(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function text(random: (below: number) => number): string {
  const signs = [..."ab,\\ &=+%#?/:.<>\"'-é中\n*"];
  return Array.from({ length: random(12) }, () => signs[random(signs.length)]).join("");
}

function anyOwn(random: (below: number) => number): Own {
  const lo = random(2000) / 8 - 100;
  const all: Own = { log: random(2) === 1, full: random(2) === 1, smooth: ["", "ema:0.6"][random(2)], range: [lo, lo + 0.5] };
  const names = (["log", "full", "smooth", "range"] as const).filter(() => random(2) === 1);
  return Object.fromEntries([["full", true], ...names.map((name) => [name, all[name]])]);
}

function anyView(random: (below: number) => number): View {
  const some = (front = "") => Array.from({ length: random(4) }, () => `${front}n${text(random)}`);
  const lo = random(2000) - 1000;
  return {
    path: random(2) ? `cv/a${random(9)}` : "",
    query: text(random),
    sort: some("-"),
    group: text(random),
    columns: random(3) ? some() : null,
    show: random(2) ? { top: random(30), on: some(), off: some() } : EMPTY.show,
    pins: some(),
    find: text(random),
    x: ["step", "time", "relative", "val/loss", "a b,c"][random(5)],
    range: random(2) ? [lo, lo + 1 + random(100) / 7] : null,
    cursor: random(2) ? random(1000) / 8 : null,
    lines: ["", "median:iqr"][random(2)],
    smooth: ["", "ema:0.9", "mean:21"][random(3)],
    log: random(2) === 1,
    full: random(2) === 1,
    band: random(2) === 1,
    logX: random(2) === 1,
    across: random(7),
    height: random(2) ? 100 + random(400) : 0,
    closed: some(),
    large: text(random),
    charts: random(2) ? { [`m${text(random)}`]: anyOwn(random), "a/b=c": { log: true } } : {},
    hidden: random(2) ? ["tree", "charts"] : [],
    own: random(2) ? { line: `7${text(random)}`, [`n${text(random)}`]: `t${text(random)}` } : {},
  };
}
