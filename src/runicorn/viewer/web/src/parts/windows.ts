// A list that the server has, however long: windows of it are fetched when they are seen, and kept.
import { signal } from "@preact/signals";
import { Refused } from "../server/api";

const WINDOW = 100;
const KEPT = 40;

export interface Answer<T> {
  found: number; // how long the list is
  rows: T[];
}

export class Windows<T> {
  /** How long the list is; -1: not known yet. */
  readonly found = signal(-1);
  /** Counts up when rows have come. */
  readonly arrived = signal(0);
  readonly problem = signal("");
  private readonly known = new Map<number, T[]>();
  private readonly underway = new Set<number>();
  private seen: [number, number] = [0, 1];

  constructor(private readonly ask: (lo: number, hi: number) => Promise<Answer<T>>) {}

  /** A row, if it is there. */
  row(at: number): T | undefined {
    return this.known.get(Math.floor(at / WINDOW))?.[at % WINDOW];
  }

  /** The place of a row among those that are known; -1: it is not. */
  find(is: (row: T) => boolean): number {
    for (const [at, rows] of this.known) {
      const found = rows.findIndex(is);
      if (found >= 0) return at * WINDOW + found;
    }
    return -1;
  }

  /** Asks for the rows from one place to another that are missing. */
  want(lo: number, hi: number): void {
    this.seen = [lo, Math.max(lo + 1, hi)];
    for (let at = Math.floor(lo / WINDOW); at * WINDOW < this.seen[1]; at++) if (!this.known.has(at)) void this.load(at);
  }

  /** Asks for what is seen again; the rest is forgotten. */
  renew(): void {
    const [first, last] = this.seen.map((at) => Math.floor(at / WINDOW));
    for (const at of [...this.known.keys()]) if (at < first || at > last) this.known.delete(at);
    for (let at = first; at <= last; at++) void this.load(at);
  }

  private async load(at: number): Promise<void> {
    if (this.underway.has(at)) return;
    this.underway.add(at);
    try {
      const { found, rows } = await this.ask(at * WINDOW, (at + 1) * WINDOW);
      this.known.set(at, rows);
      for (const old of this.known.keys()) if (this.known.size > KEPT && old !== at) this.known.delete(old);
      this.found.value = found;
      this.problem.value = "";
      this.arrived.value++;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problem.value = error.message;
    } finally {
      this.underway.delete(at);
    }
  }
}
