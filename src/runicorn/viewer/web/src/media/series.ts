// A key's media over its steps, fetched in windows: what is not seen is not asked for.
import { signal } from "@preact/signals";
import { get } from "../server/api";
import type { Key, Medium, Row, RowsAnswer } from "./types";

const WINDOW = 20; // steps
const MOST = 500; // media of one step

/** Where the media of a step are looked for among the rows that are known: the place of the last step that is not
 * behind it, -1 before the first, undefined where that is not known. */
export function placeAmong(
  rows: Map<number, Row>,
  { steps, first, last }: Pick<Key, "steps" | "first" | "last">,
  step: number,
): number | undefined {
  if (step < first) return -1;
  if (step >= last) return steps - 1;
  for (const [place, row] of rows) {
    if (row.step > step) continue;
    const next = rows.get(place + 1);
    if (row.step === step || (next && next.step > step)) return place;
  }
  return undefined;
}

export class Series {
  /** The rows that are known, by their places among the steps. */
  readonly rows = signal<Map<number, Row>>(new Map());
  private readonly whole = signal<Map<number, Row>>(new Map());
  private readonly places = signal<Map<number, number>>(new Map());
  private readonly underway = new Map<string, Promise<RowsAnswer | null>>();

  constructor(
    readonly run: string,
    public told: Key,
  ) {}

  /** What the key's media are now: rows that may have changed are asked for again. */
  renew(told: Key): void {
    const same = told.count === this.told.count;
    this.told = told;
    if (same && ![...this.rows.peek().values(), ...this.whole.peek().values()].some(isOpen)) return;
    const kept = new Map([...this.rows.peek()].filter(([place, row]) => (same ? !isOpen(row) : place < told.steps - 1 && !isOpen(row))));
    this.rows.value = kept;
    this.whole.value = new Map();
    this.places.value = new Map();
  }

  /** Asks for the rows from one place to another that are missing. */
  want(lo: number, hi: number): void {
    const rows = this.rows.peek();
    for (let at = Math.floor(Math.max(0, lo) / WINDOW) * WINDOW; at < Math.min(hi, this.told.steps); at += WINDOW) {
      const stop = Math.min(at + WINDOW, this.told.steps);
      const missing = Array.from({ length: stop - at }, (_, by) => at + by).filter((place) => !rows.has(place));
      if (missing.length) void this.fetch({ lo: missing[0], hi: stop });
    }
  }

  /** The place of a step, or of the last one before it; -1 before the first, undefined until it is known. */
  place(step: number | null): number | undefined {
    if (step === null) return this.told.steps - 1;
    const found = placeAmong(this.rows.value, this.told, step) ?? this.places.value.get(step);
    if (found === undefined) void this.locate(step);
    return found;
  }

  /** What was logged at a step, or at the last one before it: null where nothing was, undefined until it is known. */
  at(step: number | null): Row | null | undefined {
    const place = this.place(step);
    if (place === undefined) return undefined;
    if (place < 0) return null;
    this.want(place, place + 1);
    return this.rows.value.get(place);
  }

  /** The same place, waited for. */
  async locate(step: number): Promise<number> {
    const known = placeAmong(this.rows.peek(), this.told, step) ?? this.places.peek().get(step);
    if (known !== undefined) return known;
    const answer = await this.fetch({ step });
    if (!answer) return -1;
    this.places.value = new Map(this.places.peek()).set(step, answer.lo);
    return answer.lo;
  }

  /** The step at a place. */
  async step(place: number): Promise<number | undefined> {
    const known = this.rows.peek().get(place) ?? (await this.fetch({ lo: place, hi: place + 1 }))?.rows[0];
    return known?.step;
  }

  /** All that was logged at the step of a place, once it is there. */
  full(place: number): Row | undefined {
    const known = this.rows.value.get(place);
    if (known && known.count === known.media.length && !known.media.some((one) => typeof one.value === "string")) return known;
    const found = this.whole.value.get(place);
    if (!found && place >= 0) {
      void this.fetch({ lo: place, hi: place + 1, n: MOST }).then((answer) => {
        if (answer?.rows[0]) this.whole.value = new Map(this.whole.peek()).set(place, answer.rows[0]);
      });
    }
    return found;
  }

  private take({ lo, rows }: RowsAnswer): void {
    if (rows.length) this.rows.value = new Map([...this.rows.peek(), ...rows.map((row, at): [number, Row] => [lo + at, row])]);
  }

  /** An answer, each asked for once at a time; null where it cannot be had. */
  private fetch(params: Record<string, number>): Promise<RowsAnswer | null> {
    const asked = JSON.stringify(params);
    const { key, type } = this.told;
    const answer =
      this.underway.get(asked) ??
      get<RowsAnswer>(`runs/${encodeURIComponent(this.run)}/media`, { key, type, ...params })
        .then((told) => {
          if (!("n" in params)) this.take(told);
          return told;
        })
        .catch(() => null)
        .finally(() => this.underway.delete(asked));
    this.underway.set(asked, answer);
    return answer;
  }
}

/** Whether something of a row is still being made. */
function isOpen({ media }: Row): boolean {
  return media.some((one: Medium) => !one.error && (one.file ? one.bytes === null : one.value === undefined));
}
