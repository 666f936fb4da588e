// Where things stand, and what files and texts are read as: no browser is needed for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { binAt, cellAt, columnOf, darkness, fullest, outside, stepAt, unpacked } from "../src/media/histogram/draw";
import { fitting, under, zoomed } from "../src/media/large/draw";
import { parse } from "../src/media/object3d/model";
import { bounds } from "../src/media/object3d/render";
import { placeAmong } from "../src/media/series";
import { about, blob, fileName, size, type Row } from "../src/media/types";
import { blocks } from "../src/parts/markdown";
import { address } from "../src/server/api";
import { text } from "../src/tables/cells";
import { between, columnsOf, columnsSeen, linesSeen, revealing } from "../src/tables/layout";

test("a step is found among the rows that are known, or not known yet", () => {
  const rows = new Map<number, Row>([0, 10, 20].map((step, place) => [place, { step, count: 1, media: [] }]));
  const key = { steps: 5, first: 0, last: 90 };
  const places = [-1, 0, 9, 10, 15, 25, 90, 1000].map((step) => placeAmong(rows, key, step));
  assert.deepEqual(places, [-1, 0, 0, 1, 1, undefined, 4, 4]);
});

test("a zoom keeps the point under the pointer", () => {
  const camera = fitting({ width: 100, height: 50 }, 420, 400);
  assert.deepEqual(camera, { zoom: 4, x: 50, y: 25 });
  const at = (one: typeof camera) => under(one, 420, 400, 300, 120);
  assert.deepEqual(at(zoomed(camera, 1, 90, -80)), at(camera));
  assert.equal(zoomed(camera, 1).zoom, 6);
  assert.equal(zoomed({ ...camera, zoom: 64 }, 1).zoom, 64);
});

test("markdown: blocks, and no HTML", () => {
  const text = "# A # \n\nb\nc\n\n- one\n  more\n\n- two\n  3. in\n\n```py\n<i>\n```\n> q\n\n|a|b|\n|-|-|\n|1|2|\n\n---\n<script>x</script>";
  const found = blocks(text);
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ["heading", "text", "list", "code", "quote", "table", "rule", "text"],
  );
  const said = (text: string) => ({ kind: "text", text });
  const inner = { kind: "list", start: 3, items: [[said("in")]] };
  assert.deepEqual(found[0], { kind: "heading", level: 1, text: "A" });
  assert.deepEqual(found[2], { kind: "list", start: null, items: [[said("one\nmore")], [said("two"), inner]] });
  assert.deepEqual(found[3], { kind: "code", language: "py", text: "<i>" });
  assert.deepEqual(found[5], { kind: "table", head: ["a", "b"], rows: [["1", "2"]] });
  assert.deepEqual(found[7], { kind: "text", text: "<script>x</script>" });
  assert.equal(blocks("> ".repeat(1000)).length, 1);
  assert.equal(blocks("- ".repeat(1000)).length, 1);
  assert.equal(blocks("- a\n1. b").length, 2);
  assert.equal(blocks("```\nopen").length, 1);
});

test("objects of several formats", () => {
  const bytes = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
  const ply = parse(
    bytes(
      "ply\nformat ascii 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nend_header\n0 0 0 1 2 3\n2 4 6 4 5 6\n",
    ),
    "ply",
  );
  assert.deepEqual([...ply.points], [0, 0, 0, 2, 4, 6]);
  assert.deepEqual([...ply.colours!], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(bounds(ply).middle, [1, 2, 3]);
  const obj = parse(bytes("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1/1 2/2 3/3 -1\n"), "obj");
  assert.deepEqual([...obj.triangles!], [0, 1, 2, 0, 2, 3]);
  const stl = parse(bytes("solid\nfacet\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendfacet"), "stl");
  assert.equal(stl.points.length, 9);
  const places = Buffer.from(new Float32Array([0, 0, 0, 1, 0, 0, 0, 1, 0]).buffer).toString("base64");
  const document = {
    nodes: [{ mesh: 0, translation: [5, 0, 0] }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }],
    accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: "VEC3" }],
    bufferViews: [{ buffer: 0, byteLength: 36 }],
    buffers: [{ uri: `data:application/octet-stream;base64,${places}` }],
  };
  const gltf = parse(bytes(JSON.stringify(document)), "gltf");
  assert.deepEqual([...gltf.points], [5, 0, 0, 6, 0, 0, 5, 1, 0]);
  assert.deepEqual([...gltf.triangles!], [0, 1, 2]);
  assert.throws(
    () => parse(bytes(JSON.stringify({ ...document, buffers: [{ uri: "http://example.com/x.bin" }] })), "gltf"),
    /another file/,
  );
  assert.throws(() => parse(bytes("no"), "ply"), /no PLY file/);
});

test("rows and columns of a table that are seen", () => {
  const told = {
    rows: 1001,
    columns: [
      { name: "a", type: "number" },
      { name: "b", type: "text" },
      { name: "c", type: "bool" },
    ],
  };
  const columns = columnsOf(told);
  assert.deepEqual(columns.lefts, [51, 155, 375]);
  assert.deepEqual(columnsOf(told, 539).widths, [104, 320, 64]);
  assert.deepEqual(columnsOf(told, 5000).widths, [104, 720, 64]);
  assert.deepEqual(columnsOf(told, 300), columns);
  const numbers = (rows: number, alone = 0) => columnsOf({ ...told, rows, alone }).numbers;
  assert.deepEqual([0, 11, 1000, 1_000_001].map((rows) => numbers(rows)), [32, 32, 37, 79], "as wide as the greatest needs");
  assert.equal(numbers(1000, 1), 97);
  const compared = { ...told, by: ["b"], alone: 0 };
  assert.deepEqual(columnsOf(compared).widths, [176, 220, 136], "two values have room");
  assert.deepEqual(columnsOf(compared, 883).widths, [276, 320, 236], "and each its part of what is free");
  assert.deepEqual(columnsSeen(columns, 200, 300), [1, 2]);
  const few = linesSeen(100, 24, 240, 240);
  assert.deepEqual([few.tall, few.first, few.stop, few.top(10)], [2400, 6, 24, 240]);
  const many = linesSeen(10_000_000, 24, 15_000_000 - 480, 480);
  assert.equal(many.tall, 15_000_000);
  assert.equal(many.stop, 10_000_000);
  assert.ok(Math.abs(many.top(9_999_999) - (15_000_000 - 24)) < 1);
  assert.equal(revealing(12, 100, 24, 240, 240), undefined);
  assert.equal(revealing(50, 100, 24, 240, 240), 51 * 24 - 240);
});

test("words about media, and addresses", () => {
  Object.assign(globalThis, { location: { search: "?root=2" } });
  assert.equal(blob("a/b", "media/1_abcdef_x.png", 64), "/api/v1/blob/a%2Fb/media/1_abcdef_x.png?w=64&root=2");
  assert.equal(address("some", { cols: ["a,b", "c"], lo: 0, q: "" }), "/api/v1/some?cols=a%2Cb&cols=c&lo=0&root=2");
  assert.deepEqual([0, 999, 1234, 45_600_000].map(size), ["0 B", "999 B", "1.2 kB", "46 MB"]);
  const medium = { key: "k", type: "audio", step: 1, rank: 2, time: 0, caption: null, index: 3, seconds: 1.5, sample_rate: 16000 };
  assert.equal(fileName({ ...medium, key: "a/b c", file: "media/1_abcdef_b.wav" }), "a_b_c-step1-3.wav");
  assert.equal(about(medium), "#3 · rank 2 · 1.5 s · 16 kHz");
});

test("a histogram's columns", () => {
  const heat = { steps: 3, step: [0, 10, 20], lo: 0, hi: 1, least: -9, most: 2e6, bins: 2, share: ["AAD//w=="], total: [], nonfinite: [], below: [false, false], above: [false, true] };
  assert.deepEqual(
    [0, 0.5, 1].map((part) => stepAt(heat, part)),
    [0, 10, 20],
  );
  assert.deepEqual(
    [-1, 9, 20].map((step) => columnOf(heat, step)),
    [-1, 0, 2],
  );
  assert.equal(darkness(0.25, 1), 0.5);
  assert.deepEqual([...unpacked(heat.share[0])], [0, 65535]);
  const one = { ...heat, step: [7], total: [40] };
  assert.deepEqual(cellAt(one, 0.9, 0.2), { step: 7, lo: 0.5, hi: 1, share: 1, total: 40 });
  assert.deepEqual(cellAt(one, 0.9, 1), { step: 7, lo: 0, hi: 0.5, share: 0, total: 40 });
  assert.equal(fullest(one), 1);
  assert.equal(outside(heat), "▲ 1 step with values up to 2,000,000");
  assert.equal(outside({ ...heat, below: [true, true], above: [false, false] }), "▼ 2 steps with values down to −9");
  assert.equal(outside({ ...one, below: [false], above: [false] }), "");
  const bars = { counts: [1, 2], edges: [0, 1, 2], nonfinite: 0 };
  assert.deepEqual([-1, 0, 1.5, 2].map((value) => binAt(bars, value)), [undefined, 0, 1, undefined]);
});

test("a bar of a column is a filter", () => {
  assert.equal(between("score", 0, 12, 1, 24), "score>=0.5 score<1");
  assert.equal(between('my "x"', -1, 1, 23, 24).split(" ").at(-1), '\\"x\\""<=1');
});

test("a number in a cell has no zeros that float32 brings", () => {
  const told = [0.6, Math.fround(0.3), Math.fround(0.1), 1.5, 0.99999999, 100.00001, 1e-7, 123456.7, 7, 3000].map(text);
  assert.deepEqual(told, ["0.6", "0.3", "0.1", "1.5", "1", "100", "1e-7", "123,457", "7", "3000"]);
});
