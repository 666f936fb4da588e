import assert from "node:assert/strict";
import { test } from "node:test";
import { first } from "../src/code/first";
import { beyond, cells, ends, narrowed } from "../src/ranks/cells";
import { drawn, isTime, stragglers, turn } from "../src/ranks/stragglers";
import { branches, leaves, readable, yaml } from "../src/run/branches";
import { flagsOf } from "../src/run/events";
import { mayHold } from "../src/run/holds";
import { losses } from "../src/run/losses";
import { known, plans, reader } from "../src/run/machine";
import type { Told, Writer } from "../src/run/run";
import { joined, progress, sentence } from "../src/run/state";

const WRITER = { rank: 0, hostname: "a", started: 100, forked: false, status: "finished", last_step: 50 } as Writer;
const RUN = { status: "running", started_at: 100, ended_at: null, exit_reason: null, config: { total_steps: 200 }, writers: [WRITER] } as unknown as Told;

function said(changed: Partial<Told>, heard: number | null = null): string {
  const run = { ...RUN, ...changed };
  return joined(run.status, sentence(run, 400, heard));
}

test("how a run goes, in a sentence", () => {
  assert.equal(said({}, 3), "running, step 50");
  assert.equal(said({ writers: [] }, 3), "running, nothing logged yet");
  assert.match(said({}, 300), /^running, but not heard of for 5m/);
  assert.equal(said({ status: "finished", ended_at: 4420 }), "finished in 1h 12m");
  const reason = "the process failed with ValueError: no at step 50";
  assert.equal(said({ status: "failed", ended_at: 340, exit_reason: reason }), "failed: ValueError: no at step 50; ended 1m ago");
  const killed = "the process was killed by SIGKILL at step 50";
  assert.equal(said({ status: "crashed", ended_at: 220, exit_reason: killed }), "crashed: its process was killed by SIGKILL at step 50; last heard 3m ago");
});

test("how far it is, where its config says how far it goes", () => {
  assert.deepEqual(progress(RUN, 200), { step: 50, total: 200, part: 0.25, left: 300 });
  assert.equal(progress(RUN, 500, 300)!.left, 300, "of what was heard last");
  assert.equal(progress({ ...RUN, config: {} }, 200), null);
  assert.equal(progress({ ...RUN, config: { total_steps: "many" } }, 200), null);
  assert.equal(progress({ ...RUN, status: "finished" }, 200), null);
});

test("tabs that have nothing are known before they are opened", () => {
  const bare = { holds: { logs: false, objects: false }, code: {}, outputs: [], datasets: [], pretrained: [], system: {}, writers: [WRITER] };
  const full = { ...bare, holds: { logs: true, objects: true }, code: { saved: true }, datasets: [{}], system: { "sys/cpu": {} } };
  const ranks = { ...full, writers: [WRITER, { ...WRITER, rank: 1 }, { ...WRITER, rank: 0, role: "console" }] };
  const shown = (run: object) => ["charts", "logs", "media", "code", "data", "system", "ranks", "info"].filter((tab) => mayHold(run as Told, tab));
  assert.deepEqual(shown(bare), ["charts", "info"]);
  assert.deepEqual(shown(full), ["charts", "logs", "media", "code", "data", "system", "info"]);
  assert.deepEqual(shown(ranks), ["charts", "logs", "media", "code", "data", "system", "ranks", "info"]);
});

test("what was lost is told", () => {
  assert.deepEqual(losses({ dropped: 0, lost_bytes: 0, problems: [] }), []);
  const told = losses({ dropped: 3, lost_bytes: 2048, problems: ["a is damaged."] });
  assert.match(told[0], /^3 events were dropped: /);
  assert.match(told[1], /^2\.0 kB of events were lost: /);
  assert.equal(told[2], "a is damaged.");
});

const CONFIG = { lr: 0.1, model: { depth: 50, norm: { eps: 1e-5 } }, empty: {}, tags: ["a", "yes"], name: "on" };

test("a config is a tree, of which some is found", () => {
  const all = branches(CONFIG);
  assert.deepEqual(all.map(({ path }) => path), ["lr", "model", "empty", "tags", "name"]);
  assert.equal(leaves(all), 6);
  const [model] = branches(CONFIG, ["eps"]);
  assert.deepEqual([model.path, model.below[0].path, model.below[0].below[0].path], ["model", "model.norm", "model.norm.eps"]);
  assert.equal(leaves(branches(CONFIG, ["model"])), 2);
  assert.equal(leaves(branches(CONFIG, ["none"])), 0);
});

test("and YAML", () => {
  const text = 'lr: 0.1\nmodel:\n  depth: 50\n  norm:\n    eps: 0.00001\nempty: {}\ntags: ["a","yes"]\nname: "on"\n';
  assert.equal(yaml(CONFIG), text);
  assert.equal(yaml({ "a b": "c: d" }), '"a b": "c: d"\n');
});

test("the rank that lags behind, and since when", () => {
  const values = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, NaN, 1.5].map((one) => one);
  const found = stragglers({ ranks: [0, 1, 2], x0: [0, 10, 20, 30], x1: [9, 19, 29, 39], values });
  assert.equal(found[0].rank, 2);
  assert.equal(found[0].since, 30);
  assert.equal(found.length, 1);
});

test("never are all ranks above the median, however their values jump", () => {
  const values = [9, 1, 1, 1, 1, 9, 1, 1, 1, 1, 9, 1];
  assert.deepEqual(stragglers({ ranks: [0, 1, 2], x0: [0, 1, 2, 3], x1: [0, 1, 2, 3], values }), []);
});

test("the bin in which a rank begins to lag", () => {
  const matrix = (slow: number[]) => {
    const values = [...slow.map(() => 1), ...slow.map(() => 1), ...slow];
    return { ranks: [0, 1, 2], x0: slow.map((_, at) => at), x1: slow.map((_, at) => at), values };
  };
  const begins = (...slow: number[]) => turn(matrix(slow), 2, 1);
  assert.deepEqual([begins(2, 2, 2), begins(1, 1, 2, 2), begins(1, 1, 1, 2)], [0, 2, 3]);
  assert.equal(begins(1.3, 1, 1.3, 2, 2, 2), 3);
  assert.deepEqual([begins(1, 2, 1, 1, 2, 2, 1, 2, 2), begins(NaN, 1, NaN, 2)], [4, 3]);
});

test("which metrics tell how long something took", () => {
  const names = ["loss", "perf/step_time", "Seconds", "fwd/ms", "norms", "latency/p50", "sentiment", "timestep"];
  assert.deepEqual(names.filter(isTime), ["perf/step_time", "Seconds", "fwd/ms", "latency/p50"]);
});

test("a rank that was slow at the very end alone is no straggler", () => {
  const steps = Array.from({ length: 100 }, (_, at) => at);
  const slow = (last: number) => [1, 1, 1].flatMap((_, rank) => steps.map((at) => (rank === 2 && at >= 100 - last ? 1.5 : 1)));
  const since = (last: number) => stragglers({ ranks: [0, 1, 2], x0: steps, x1: steps, values: slow(last) })[0].since;
  assert.deepEqual([since(4), since(5)], [null, 95]);
  const noise = steps.flatMap(() => [1, 1, 1]).map((one, at) => (at < 200 ? one : at < 250 ? 1 : at === 250 ? 1.2 : 20));
  assert.equal(stragglers({ ranks: [0, 1, 2], x0: steps, x1: steps, values: noise })[0].since, 51);
});

test("a slow rank among many has a line", () => {
  const slow = [{ rank: 41, mean: 2, off: 1, since: null }];
  const ranks = Array.from({ length: 64 }, (_, rank) => rank);
  assert.deepEqual(drawn(ranks, slow, 4), [0, 1, 2, 41]);
  assert.deepEqual(drawn(ranks, [], 3), [0, 1, 2]);
  assert.deepEqual(drawn([0, 41], slow, 16), [0, 41]);
});

test("a slow rank among many is seen, however few rows there are", () => {
  const ranks = Array.from({ length: 1000 }, (_, rank) => rank);
  const values = Float64Array.from({ length: 2000 }, (_, at) => (at >> 1 === 777 ? 1.3 : at === 40 ? NaN : 1));
  const matrix = { ranks, x0: [0, 10], x1: [9, 19], values };
  const found = cells(matrix, 100);
  assert.deepEqual([found.rows, found.bins, found.ranks[77 * 2], found.ranks[77 * 2 + 1]], [100, 2, 777, 777]);
  assert.deepEqual(ends(matrix), [1, 1.3]);
  assert.deepEqual(beyond(matrix, [1, 1.3]), [false, false]);
  const steps = ranks.slice(0, 30);
  const slowed = steps.flatMap((rank) => steps.map((step) => (rank === 11 && step === 29 ? 99 : rank === 9 && step >= 16 ? 1.5 : 1)));
  assert.deepEqual(ends({ ranks: steps, x0: steps, x1: steps, values: slowed }), [1, 1.5], "it became slow half way");
  assert.deepEqual(beyond({ ranks: steps, x0: steps, x1: steps, values: slowed }, [1, 1.5]), [false, true]);
  assert.equal(cells(matrix, 5000).ranks[40], -1);
});

test("values of machines as they are read", () => {
  const said = (["bytes", "bytes/s", "%", undefined] as const).map((unit) => reader(unit)(29_905_000_000.4));
  assert.deepEqual(said, ["29.9 GB", "29.9 GB/s", "2.991e10", "2.991e10"]);
});

test("charts of machines: a line for each host, GPU or rank", () => {
  const metrics = ["sys/cpu", "sys/gpu/0/utilization", "sys/gpu/1/utilization", "sys/process/cpu", "sys/disk/read"];
  const writers = [0, 1, 2, 3].map((rank) => ({ rank, hostname: rank < 2 ? "a" : "b" }));
  const found = new Map(plans(metrics, writers).map(({ title, lines }) => [title, lines.map(({ name, rank }) => `${name}: ${rank}`)]));
  assert.deepEqual(found.get("processor"), ["a: 0,1", "b: 2,3"], "whichever rank was the lowest when it was looked at");
  assert.deepEqual(found.get("GPU"), ["a gpu/0: 0,1", "b gpu/0: 2,3", "a gpu/1: 0,1", "b gpu/1: 2,3"]);
  assert.deepEqual(found.get("processor of the process"), ["rank 0: 0", "rank 1: 1", "rank 2: 2", "rank 3: 3"]);
  assert.deepEqual(plans(["sys/disk/read"], writers.slice(0, 1))[0].lines, [{ name: "read", metric: "sys/disk/read", rank: undefined }]);
});

test("what is known of machines that were not measured", () => {
  const environment = { cpu: { model: "EPYC", usable: 8 }, memory: { total_bytes: 5e9 }, gpu_info: { gpus: [] } };
  assert.equal(known({ environment, writers: [WRITER] }), "a · EPYC · 8 cores · 5.0 GB of memory · no GPU that NVIDIA's driver tells of");
  assert.equal(known({ environment: { gpu_info: { gpus: [{}, {}] }, cpu: 3 }, writers: [WRITER] }), "a · 2 GPUs");
  assert.equal(known({ environment: {}, writers: [WRITER] }), "a", "nobody knows whether there is a GPU");
});

test("what happened while it went on", () => {
  const alerts = [{ time: 5, rank: 0, step: 3, level: "error", title: "NaN", text: null }];
  const writers = [WRITER, { ...WRITER, started: 300, status: "running", last_step: 90 }, { ...WRITER, rank: 1, started: 301 }];
  const found = flagsOf({ started_at: 2, alerts, writers, outputs: [{ key: "old.pt", archived_at: 6 }, { key: "last.pt", archived_at: 7, step: 1040 }] });
  assert.equal(found[3].text, "archived last.pt at step 1,040");
  assert.deepEqual(found.map(({ kind, step, time, bad }) => [kind, step, time, bad]), [
    ["alert", 3, 5, true],
    ["restart", 50, 300, false],
    ["output", null, 6, false],
    ["output", 1040, 7, false],
  ]);
});

test("the program that ran is looked at first", () => {
  const files = { "digits/train.py": 1, "loop.py": 1, "old/loop.py": 1, "train.py": 1, "web/__main__.py": 1 };
  const of = (...argv: string[]) => first(files, ["old/loop.py"], { argv, working_dir: "/home/me/project" });
  assert.equal(of("/usr/bin/python3", "-u", "./loop.py", "train.py"), "loop.py");
  assert.equal(of("python", "/home/me/project/digits/train.py"), "digits/train.py");
  assert.equal(of("python", "-m", "digits.train"), "digits/train.py");
  assert.equal(of("python", "-m", "web"), "web/__main__.py");
  assert.equal(of("python", "-c", "pass"), "old/loop.py");
  assert.equal(first(files, [], {}), "digits/train.py");
  assert.equal(first({}, [], {}), "");
});

test("numbers of config and environment read as what their names say", () => {
  const told = [["total_bytes", 25_276_500_000], ["lr", 0.1], ["seed", 2.52765e10]].map(([key, value]) => readable(key as string, value));
  assert.deepEqual(told, ["25.3 GB", "0.1", "2.52765e10"]);
  assert.deepEqual([readable("gpus", []), readable("layers", [])], ["none that NVIDIA's driver tells of", "[]"]);
});

test("a heatmap has no more bins than pixels", () => {
  const matrix = { ranks: [3, 5], x0: [0, 2, 4, 6, 8], x1: [1, 3, 5, 7, 9], values: [1, 3, 5, NaN, 7, 0, 0, 0, 0, NaN] };
  assert.equal(narrowed(matrix, 5), matrix);
  assert.deepEqual(narrowed(matrix, 3), { ranks: [3, 5], x0: [0, 4, 8], x1: [3, 7, 9], values: [2, 5, 7, 0, 0, NaN] });
});
