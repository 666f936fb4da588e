// All that keys and the palette can do with the text of a run.
import { told } from "../run/run";
import type { Key } from "../state/keys";
import { follow, following, LEVELS, next, pin, pinnedLine, STREAMS, turn } from "./choice";
import { go, pinnedRow } from "./hits";
import { toCharts, toLogs } from "./moments";
import { row, shape } from "./rows";
import { HEIGHT, reveal, scrollTo, seen, top } from "./scroll";

function section(key: string, does: string, run: () => void): Key {
  return { section: "Text", key, does, run };
}

/** Pins the row so far from the pinned one, or the first that is seen. */
function move(by: number): void {
  const at = pinnedRow.peek() === null ? Math.ceil(top.peek() / HEIGHT) : pinnedRow.peek()! + by;
  const found = row(at);
  if (!found) return;
  pinnedRow.value = at;
  pin(found.number);
  reveal(at);
}

function scrollBy(by: number): void {
  if (by < 0) follow(false);
  scrollTo(top.peek() + by);
}

function nextRank(): void {
  const ranks = new Set((told.peek()?.writers ?? []).flatMap((one) => one.rank ?? []));
  next("rank", ["", ...[...ranks].sort((a, b) => a - b).map(String)]);
}

/** Opens the text at the charts' cursor; the charts have this key, too. */
export function atCursor(run: string): Key {
  return section("t", "text at the cursor of the charts", () => toLogs(run));
}

export function logKeys(run: string): Key[] {
  return [
    section("/", "find text", () => document.getElementById("find-text")?.focus()),
    section("n", "next hit", () => void go(1)),
    section("N", "previous hit", () => void go(-1)),
    section("r", "find a regular expression, or a text as it is", () => turn("re")),
    section("o", "show lines with hits only", () => turn("only")),
    section("f", "stay at the end, or not", () => follow(!following.peek())),
    section("j", "next line", () => move(1)),
    section("k", "previous line", () => move(-1)),
    section("m", "charts at the time of the pinned line", () => pinnedLine() !== null && void toCharts(run, pinnedLine()!)),
    atCursor(run),
    section("l", "next level", () => next("level", LEVELS)),
    section("s", "next stream", () => next("stream", STREAMS)),
    section("h", "next host", () => next("host", shape.peek().hosts.map((name, at) => (at ? name : "")))),
    section("R", "next rank", nextRank),
    section("w", "break long lines", () => turn("wrap")),
    section("D", "all of the text as a file", () => document.getElementById("download")?.click()),
    section("x", "unpin the line", () => pin(null)),
    section("ArrowDown", "scroll", () => scrollBy(3 * HEIGHT)),
    section("ArrowUp", "scroll", () => scrollBy(-3 * HEIGHT)),
    section("PageDown", "a page on", () => scrollBy(seen.peek() - 2 * HEIGHT)),
    section("PageUp", "a page back", () => scrollBy(2 * HEIGHT - seen.peek())),
    section("Home", "first line", () => (follow(false), scrollTo(0))),
    section("End", "last line", () => follow(true)),
  ];
}
