// All that keys can do with tables.
import { computed, signal } from "@preact/signals";
import { moveBy } from "../media/cursor";
import { moveTo } from "../run/cursor";
import type { Series } from "../media/series";
import type { Key } from "../state/keys";
import { own, setOwn } from "../state/view";
import { others, sortBy } from "./state";

/** The cell that keys mean. */
export const focused = signal<{ row: number; column: number }>({ row: 0, column: 0 });
/** What the table on the screen is: its columns, and how many rows there are. */
export const table = signal<{ columns: string[]; found: number }>({ columns: [], found: 0 });

const row = own("row");
/** The row that is seen with all of its values, by its place; null: none. */
export const opened = computed(() => (/^\d+$/.test(row.value) ? Number(row.value) : null));
export const openRow = (place: number | null) => setOwn({ row: place === null ? "" : String(place) });

const differ = own("differing");
const current = own("with");

function move(rows: number, columns: number): void {
  const { row, column } = focused.peek();
  const { found, columns: names } = table.peek();
  focused.value = { row: clamp(row + rows, found), column: clamp(column + columns, names.length) };
}

function clamp(place: number, count: number): number {
  return Math.max(0, Math.min(count - 1, place));
}

/** Another table has other columns. */
export function show(key: string): void {
  setOwn({ table: key, order: "", by: "", row: "" });
}

function nextTable(series: Series, keys: string[]): void {
  show(keys[(keys.indexOf(series.told.key) + 1) % keys.length]);
}

/** `keys`: of the run's tables. */
export function TABLE_KEYS(series: Series, keys: string[]): Key[] {
  const section = "Tables";
  return [
    { section, key: "t", does: "the next table", run: () => nextTable(series, keys) },
    { section, key: ",", does: "the table at the step before", run: () => void moveBy([series], -1) },
    { section, key: ".", does: "the table at the next step", run: () => void moveBy([series], 1) },
    { section, key: "j", does: "next row", run: () => move(1, 0) },
    { section, key: "k", does: "previous row", run: () => move(-1, 0) },
    { section, key: "ArrowDown", does: "next row", run: () => move(1, 0) },
    { section, key: "ArrowUp", does: "previous row", run: () => move(-1, 0) },
    { section, key: "ArrowRight", does: "next column", run: () => move(0, 1) },
    { section, key: "ArrowLeft", does: "previous column", run: () => move(0, -1) },
    { section, key: "PageDown", does: "20 rows on", run: () => move(20, 0) },
    { section, key: "PageUp", does: "20 rows back", run: () => move(-20, 0) },
    { section, key: "Home", does: "first row", run: () => move(-Infinity, 0) },
    { section, key: "End", does: "last row", run: () => move(Infinity, 0) },
    { section, key: "s", does: "sort by the column", run: () => sortBy(table.peek().columns[focused.peek().column], false) },
    { section, key: "S", does: "sort by the column, too", run: () => sortBy(table.peek().columns[focused.peek().column], true) },
    { section, key: "Enter", does: "the row with all of its values", run: () => openRow(focused.peek().row) },
    { section, key: "/", does: "type a filter of rows", run: () => document.getElementById("search")?.focus() },
    { section, key: "l", does: "the last step", run: () => moveTo(null) },
    {
      section,
      key: "b",
      does: "compare with the first step, or no longer",
      run: () => setOwn({ with: current.peek() ? "" : `step:${series.told.first}` }),
    },
    {
      section,
      key: "B",
      does: "compare with another run, or no longer",
      run: () => others.peek().length && setOwn({ with: current.peek() ? "" : `run:${others.peek()[0][0]}` }),
    },
    { section, key: "x", does: "only rows that differ, or all", run: () => setOwn({ differing: differ.peek() ? "" : "1" }) },
  ];
}
