import assert from "node:assert/strict";
import { test } from "node:test";
import { beside } from "../src/diff/beside";

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
