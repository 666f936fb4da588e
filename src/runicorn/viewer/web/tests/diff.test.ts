import assert from "node:assert/strict";
import { test } from "node:test";
import type { MetricRow, Settings } from "../src/diff/answers";
import type { GroupRow } from "../src/rollouts/answers";
import { beside } from "../src/diff/beside";
import { ended, first, judged, over, paired, telling, unequal, unexplained } from "../src/diff/judged";
import { git, likened, withoutBest } from "../src/diff/once";
import { change, shortened } from "../src/diff/shortened";
import type { Value } from "../src/server/api";

test("what was removed stands beside what was added in its place", () => {
  const pairs = beside({ a: 10, b: 20, lines: [" one", "-two", "-three", "+zwei", " four", "+five"] });
  assert.deepEqual(
    pairs.map(({ a, b }) => [a && `${a.number} ${a.text}`, b && `${b.number} ${b.text}`]),
    [
      ["10 one", "20 one"],
      ["11 two", "21 zwei"],
      ["12 three", undefined],
      ["13 four", "22 four"],
      [undefined, "23 five"],
    ],
  );
});

test("which run is better is said by the mode of the metric that both call primary", () => {
  const rows = (mode: string, b: number, name = "acc") => [
    { name: "best_metric_name", a: "acc", b: name, same: name === "acc" },
    { name: "best_metric_mode", a: mode, b: mode, same: true },
    { name: "best_metric_value", a: 0.9, b, same: b === 0.9 },
    { name: "best_metric_step", a: 3, b: 4, same: false },
  ];
  assert.deepEqual(judged(rows("max", 0.8)), { name: "acc", a: { value: 0.9, step: 3 }, b: { value: 0.8, step: 4 }, better: "A" });
  assert.equal(judged(rows("min", 0.8))!.better, "B");
  assert.equal(judged(rows("min", 0.9))!.better, "");
  assert.equal(judged(rows("min", 0.9, "loss")), null);
});

test("runs differ from the first step on at which any metric does", () => {
  const row = (name: string, differs_from: number | null) => ({ name, differs_from, step: 150 }) as MetricRow;
  const alone = { ...row("alone", 0), step: null }; // which one of them has not
  assert.deepEqual(first([alone, row("eval", 100), row("loss", 61), row("same", null), row("kl", 61)]), { step: 61, name: "loss", more: 1 });
  assert.equal(first([row("same", null)]), null);
  const end = [{ ...row("eval", 28), step: 20, ended: "a" as const }, { ...row("loss", 28), step: 27, ended: "a" as const }];
  assert.deepEqual([first(end), ended(end)], [null, { step: 27, side: "A" }]);
  const both = [...end, row("kl", 61)];
  assert.deepEqual([first(both)!.step, ended(both), ended([row("same", null)])], [61, null, null]);
  const noise = row("time/own", 1); // which differs in any two runs
  assert.deepEqual([first([noise, ...both])!.name, ended([noise, ...end])!.step, first([noise])!.name], ["kl", 27, "time/own"]);
});

test("what neither run has kept is told where nothing that they have explains why they differ", () => {
  const side = { snapshot: false, captured: false };
  const told = { a: side, b: side, config: [{ name: "lr", same: true }], code: [], data: [], environment: [], ranks: [] } as unknown as Settings;
  assert.deepEqual(unexplained(told), ["code", "git", "packages", "data"]);
  assert.deepEqual(unexplained({ ...told, b: { ...told.b, captured: true } }), ["code", "data"]);
  assert.equal(unexplained({ ...told, config: [{ name: "lr", same: false }] }), null);
});

test("of prompts that both runs have, those that differ most are told first", () => {
  const row = (prompt_id: string, mean: number | null) => ({ prompt_id, prompt: `what is ${prompt_id}?`, mean }) as GroupRow;
  assert.deepEqual(paired([row("1", 0.5), row("2", 1), row("3", 0), row("4", null)], [row("4", 1), row("3", 0.5), row("1", 0.5)]), [
    { name: "what is 3?", prompt_id: "3", a: 0, b: 0.5, same: false },
    { name: "what is 1?", prompt_id: "1", a: 0.5, b: 0.5, same: true },
  ]);
});

test("of long values that begin alike, what makes them differ is told", () => {
  const told = (a: Value, b: Value, same = false) => shortened({ name: "argv", a, b, same });
  const argv = ["/home/me/env/bin/python3", "-u", "train.py"];
  assert.deepEqual(told(argv, [...argv, "--lr", "0.02"]), ["…train.py", "…train.py --lr 0.02"]);
  assert.deepEqual(told("/mnt/data/imagenet/2026/train", "/mnt/data/imagenet/2026/val"), ["…2026/train", "…2026/val"]);
  assert.deepEqual(told("/tmp/run_1", "/tmp/run_2"), ["/tmp/run_1", "/tmp/run_2"]);
  assert.deepEqual(told(argv, argv, true), [argv.join(" "), argv.join(" ")]);
});

test("what differs in any two runs stands last", () => {
  const rows = ["env_variables.MASTER_PORT", "argv", "env_variables.TORCHELASTIC_RUN_ID", "env_variables.LANG"].map((name) => ({ name }));
  assert.deepEqual(telling(rows), [rows[1], rows[3], rows[0], rows[2]]);
});

test("bytes are told as people read them, with all digits where they would look the same", () => {
  const row = (b: number) => ({ name: "memory.total_bytes", a: 25_276_502_016, b, same: b === 25_276_502_016 });
  assert.deepEqual(shortened(row(25_276_502_016)), ["25.3 GB", "25.3 GB"]);
  assert.deepEqual(shortened(row(25_276_502_017)), ["25276502016", "25276502017"]);
  assert.deepEqual([...shortened(row(20e9)), change(row(20e9))], ["25.3 GB", "20.0 GB", "−5.3 GB"]);
});

test("how long runs took is told where it differs by much", () => {
  const of = (a: number | null, b: number | null) => unequal({ a: { duration: a }, b: { duration: b } } as Settings);
  assert.deepEqual([of(18, 7.8), of(0.2, 0.9), of(100, 109), of(null, 9)], [[18, 7.8], null, null, null]);
});

test("after all of the shorter run, which one had ended is told: both may have taken 12s", () => {
  const of = (a: number | null, b: number | null, seconds: number) => over({ a: { duration: a }, b: { duration: b } } as Settings, seconds);
  assert.deepEqual([of(11.9, 12.1, 11.9), of(12.1, 11.9, 11.9), of(12.1, 11.9, 5), of(11.9, 11.9, 11.9), of(null, 12.1, 11.9)], ["A", "B", "", "", ""]);
});

test("what git and the best value say is told once", () => {
  const row = (name: string, a?: Value, b?: Value) => ({ name, a, b, same: a === b });
  const code = [row("git.commit", "c", "c"), row("git.branch", "main"), { ...row("git.py", 1, 1), file: true }];
  const environment = [row("git_info.commit", "c", "c"), row("git_info.branch", "main", "dev"), row("argv", "x", "y")];
  assert.deepEqual(git({ code, environment }), [row("git.commit", "c", "c"), row("git.branch", "main", "dev")]);
  const none = [row("git_info.branch", null, "dev"), row("git_info.remote", null, null)];
  assert.deepEqual(git({ code: [], environment: none }), [{ ...none[0], name: "git.branch", a: undefined }]);
  const best = [row("best_metric_name", "acc", "acc"), row("best_metric_value", 0.8, 0.9)];
  assert.deepEqual(withoutBest([...best, row("acc", 0.8, 0.9)]), [best[0], row("acc", 0.8, 0.9)]);
  assert.equal(withoutBest([...best, row("acc", 0.7, 0.9)]).length, 3);
  assert.equal(withoutBest(best).length, 2);
  const unlike = [row("best_metric_name", "acc", "f1"), row("best_metric_value", 0.8, 0.9), row("best_metric_step", 3, 4), row("acc", 0.8, 0.9)];
  assert.deepEqual(likened(unlike).map(change), ["", "", "", "+0.1000"]);
  assert.deepEqual(likened([...best, row("best_metric_step", 3, 4)]).map(change), ["", "+0.1000", "+1"]);
});
