import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonSaid, doing, held, waiting, type Answer } from "../src/host/answer";

const RUNS = { running: true, pid: 7, version: "1.0", started: 100, orphans: 0, backlog: 0, elsewhere: 0 };
const STOPPED = { running: false, stopped: true, elsewhere: 0 };

function told(daemon: Answer["daemon"], outboxes: Partial<Answer["outboxes"]> = {}): Answer {
  const machine = { hostname: "here", os: "", processor: null, cores: 1, used: null, memory: null, gpus: [] };
  return { version: "1.0", machine, daemon, outboxes: { live: 0, dead: 0, bytes: 0, ...outboxes }, roots: [], runs: [] };
}

test("how the daemon is, and what to do", () => {
  assert.deepEqual(daemonSaid(told(RUNS)), ["runid 1.0 runs, pid 7."]);
  assert.match(daemonSaid(told({ ...RUNS, version: "0.9" }))[1], /^This viewer is version 1.0: `runid restart` /);
  assert.deepEqual(daemonSaid(told({ ...RUNS, trouble: "It hangs." })), ["It hangs."]);
  assert.match(daemonSaid(told({ ...STOPPED, stopped: false }))[0], /`runid start` does so now/);
  const [first, live, dead] = daemonSaid(told(STOPPED, { live: 1, dead: 2 }));
  assert.match(first, /since `runid stop` was said/);
  assert.match(live, /^1 process logs all the same.* until `runid start`\.$/);
  assert.match(dead, /^What 2 processes have left that ended waits, too: `runid start`/);
});

test("what waits", () => {
  assert.equal(waiting(RUNS), "nothing");
  assert.equal(waiting({ ...RUNS, orphans: 1, backlog: 3 }), "1 outbox of a process that ended, 3 jobs");
  assert.equal(waiting(STOPPED), "");
  assert.equal(held(told(RUNS)), "none");
  assert.equal(held(told(RUNS, { live: 2, bytes: 9000 })), "of 2 processes");
  assert.equal(held(told(STOPPED, { live: 1, dead: 1, bytes: 9000 })), "of 1 process and 1 that ended, with at most 9.0 kB that are not in a run yet");
});

test("what is done for a run", () => {
  assert.equal(doing({ kind: "watch", name: "out", progress: null }), "watch out, until its process ends");
  assert.equal(doing({ kind: "dataset", name: "d", progress: null }), "dataset d, which waits for its turn or has just begun");
  const progress = { files: 1, bytes: 2e6, total_bytes: 4e6 };
  assert.equal(doing({ kind: "dataset", name: "d", progress }), "dataset d: 1 file, 2.0 MB of 4.0 MB");
});
