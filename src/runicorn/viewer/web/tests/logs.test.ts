import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces } from "../src/logs/ansi";
import { contrast, indexed, legible, type Rgb } from "../src/logs/colour";
import { heightOf, MOST, moved, toElement, toList } from "../src/logs/scale";
import { newest, parts, shown, visible } from "../src/logs/text";

const looks = (text: string) => pieces(text).map(({ text, look }) => [text, look]);

test("looks of a terminal", () => {
  assert.deepEqual(looks("a\x1b[1;31mb\x1b[22mc\x1b[0md"), [
    ["a", {}],
    ["b", { bold: true, colour: indexed(1) }],
    ["c", { colour: indexed(1) }],
    ["d", {}],
  ]);
  assert.deepEqual(looks("\x1b[38;5;208ma\x1b[48;2;1;2;3mb\x1b[39mc"), [
    ["a", { colour: [255, 135, 0] }],
    ["b", { colour: [255, 135, 0], ground: [1, 2, 3] }],
    ["c", { ground: [1, 2, 3] }],
  ]);
  assert.deepEqual(looks("\x1b[38:2::1:2:3ma\x1b[;4:3;38;5;1;7mb\x1b[mc"), [
    ["a", { colour: [1, 2, 3] }],
    ["b", { underline: true, colour: indexed(1), inverse: true }],
    ["c", {}],
  ]);
});

test("other sequences are left out, whole or cut off", () => {
  const odd = ["\x1b[2J", "\x1b[?25l", "\x1b]0;title\x07", "\x1b]8;;http://evil\x1b\\", "\x1bPq#0\x1b\\", "\x1b(B", "\x1b=", "\x9b5A", "\x1b[38;5m", "\x1b[99m"];
  for (const one of odd) assert.deepEqual(looks(`a${one}b`).map(([text]) => text).join(""), "ab", JSON.stringify(one));
  for (const cut of ["\x1b", "\x1b[", "\x1b[31", "\x1b]8;;http://x"]) assert.equal(pieces(`a${cut}`)[0].text, "a", JSON.stringify(cut));
  assert.deepEqual(looks("\x1b[38;2;300;0;0ma"), [["a", {}]]);
});

test("sequences that never end are read once", () => {
  assert.deepEqual(pieces("\x1b[".repeat(1e5)), []);
  assert.deepEqual(pieces("\x1b]".repeat(1e5)), []);
  assert.deepEqual(pieces(`\x1b]${"a".repeat(1e6)}`), []);
  assert.equal(pieces(`\x1b[${"1;".repeat(1e5)}`)[0].text.length, 2e5);
});

test("colours are legible on any ground", () => {
  for (const ground of [[255, 255, 255], [26, 29, 33], [190, 30, 30], [128, 128, 128]] as Rgb[]) {
    for (let number = 0; number < 256; number++) assert.ok(contrast(legible(indexed(number), ground), ground) >= 4.5, String(number));
  }
  assert.deepEqual(legible([0, 0, 0], [255, 255, 255]), [0, 0, 0]);
});

test("what stands in front of a line", () => {
  assert.deepEqual(parts("rank 2 | 12:17:08.523 | stdout | a | b"), { rank: "2", clock: "12:17:08.523", level: "stdout", from: 33 });
  assert.deepEqual(parts("12:17:08.523 | INFO | train: a").level, "INFO");
  assert.deepEqual(parts("no head | a"), { rank: "", clock: "", level: "", from: 0 });
});

test("of what was drawn again with a carriage return, the newest counts", () => {
  const state = (text: string) => {
    const { from, to, states } = newest(text, 0);
    return [text.slice(from, to), states];
  };
  assert.deepEqual(state("one"), ["one", 1]);
  assert.deepEqual(state("one\r"), ["one", 1]);
  assert.deepEqual(state("\r 1%\r 2%\r   "), [" 2%", 4]);
  assert.deepEqual(state("a\rb\rc"), ["c", 3]);
  assert.deepEqual(state("\r\r"), ["", 2]);
  assert.deepEqual(state(""), ["", 1]);
});

test("a line is cut where looks and hits begin", () => {
  const text = "head \x1b[1mabcd\x1b[0mef";
  const told = shown(text, 5, text.length, [[0, 3], [10, 12], [12, 18]]).map(({ text, look, hit }) => [text, !!look.bold, hit]);
  assert.deepEqual(told, [["a", true, false], ["bc", true, true], ["d", true, true], ["e", false, true], ["f", false, false]]);
});

test("control characters are seen and do nothing", () => {
  assert.equal(visible("a\x00\x07\x7f\u202eb\u2066\tc"), "a␀␇␡⟨U+202E⟩b⟨U+2066⟩\tc");
});

test("a list of any height fits an element", () => {
  for (const rows of [0, 1, 30, 400_000, 1_000_000, 10_000_000, 1_000_000_000]) {
    const [total, seen] = [rows * 18, 800];
    const most = Math.max(0, total - seen);
    assert.ok(heightOf(total) <= MOST);
    for (const part of [0, 1e-6, 0.01, 0.3, 0.5, 0.99, 1]) {
      const scrolled = toElement(part * most, total, seen);
      assert.ok(scrolled >= 0 && scrolled <= Math.max(0, heightOf(total) - seen));
      assert.ok(Math.abs(toList(scrolled, total, seen) - part * most) < 1e-3, `${rows} ${part}`);
    }
    assert.equal(toList(Math.max(0, heightOf(total) - seen), total, seen), most);
  }
});

test("a short move is as long in the list, a long one is the scroll bar's", () => {
  const [total, seen] = [180_000_000, 800];
  assert.equal(moved(90_000_000, 4_000_000, 4_000_018, total, seen), 90_000_018);
  assert.equal(moved(90_000_000, 4_000_000, 7_999_200, total, seen), total - seen);
  assert.equal(moved(10, 10, 0, total, seen), 0);
  assert.equal(moved(total - seen, 7_999_200, 7_999_182, total, seen), total - seen - 18);
});
