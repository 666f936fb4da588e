// Answers of the server that stay on the screen until the next one is there.
import { signal } from "@preact/signals";
import { get, Refused } from "../server/api";

export type Params = Record<string, string | number | undefined>;

const WINDOW = 50;
const SOON = 200; // milliseconds until it is asked again what the filter means, where that is not known yet

/** The last answer to a question; one that was asked before and comes later is dropped. */
export class Answer<T> {
  readonly value = signal<T | null>(null);
  readonly problem = signal<Refused | null>(null);
  private asked = 0;
  /** Whether an answer is still to come. */
  waiting = false;

  async ask(path: string, params: Params): Promise<T | null> {
    const mine = ++this.asked;
    this.waiting = true;
    try {
      const found = await get<T>(path, params);
      if (mine !== this.asked) return null;
      this.waiting = false;
      this.value.value = found;
      this.problem.value = null;
      return found;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (mine === this.asked) [this.waiting, this.problem.value] = [false, error];
      return null;
    }
  }

  /** Nothing is asked any more. */
  drop(): void {
    this.asked++;
    this.waiting = false;
    this.value.value = null;
    this.problem.value = null;
  }
}

/** The rows of one question, in windows as they are seen. */
export class Rows<Row, Head> {
  /** What was told besides the rows; null until then. */
  readonly head = signal<Head | null>(null);
  readonly rows = signal<Map<number, Row>>(new Map());
  readonly problem = signal<Refused | null>(null);
  private readonly asked = new Set<number>();
  /** Another question is asked now. */
  left = false;

  constructor(
    private readonly path: string,
    private readonly params: Params,
  ) {}

  /** Asks for the windows with these rows, as far as they are missing. */
  want(lo: number, hi: number): void {
    for (let number = Math.floor(lo / WINDOW); number * WINDOW < Math.max(hi, 1); number++) {
      if (!this.asked.has(number)) void this.fetch(number);
    }
  }

  /** Asks again for what was asked for; what is there stays until the answer comes. */
  renew(): void {
    for (const number of this.asked) void this.fetch(number);
  }

  /** A row, once it is there. */
  async row(place: number): Promise<Row | undefined> {
    if (!this.rows.peek().has(place)) await this.fetch(Math.floor(place / WINDOW));
    return this.rows.peek().get(place);
  }

  private async fetch(number: number): Promise<void> {
    this.asked.add(number);
    const lo = number * WINDOW;
    try {
      const answer = await get<Head & { rows: Row[]; tested?: number }>(this.path, { ...this.params, lo, hi: lo + WINDOW });
      const rows = new Map(this.rows.peek());
      for (let at = lo; at < lo + WINDOW; at++) rows.delete(at);
      answer.rows.forEach((row, at) => rows.set(lo + at, row));
      this.rows.value = rows;
      this.head.value = answer;
      this.problem.value = null;
      if ((answer.tested ?? 1) < 1 && !this.left) setTimeout(() => void this.fetch(number), SOON);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.asked.delete(number);
      this.problem.value = error;
    }
  }
}
