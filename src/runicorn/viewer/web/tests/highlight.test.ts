import assert from "node:assert/strict";
import { test } from "node:test";
import { highlight } from "../src/code/highlight";

test("pieces put together are the text, line by line", () => {
  const text = 'def f(x):\n    """Two\n    lines <b>."""\n    return "a" # \u202e\n';
  const lines = highlight(text, "a/train.py");
  assert.equal(lines.map((pieces) => pieces.map((one) => one.text).join("")).join("\n"), text);
  assert.deepEqual(lines[0][0], { text: "def", kind: "keyword" });
  assert.equal(lines[2][0].kind, "string");
});

test("what is in no known language stays as it is", () => {
  assert.deepEqual(highlight("x\n\ny", "LICENSE"), [[{ text: "x", kind: "" }], [], [{ text: "y", kind: "" }]]);
});
