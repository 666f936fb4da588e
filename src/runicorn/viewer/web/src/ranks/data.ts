// A metric of all ranks, as the server has put it together.
import { signal } from "@preact/signals";
import type { Found } from "../charts/curves";
import { frame, Refused } from "../server/api";
import type { Cells } from "../server/frames";
import { turn, type Matrix, type Straggler } from "./stragglers";

export interface Answer {
  asked: string;
  matrix: Matrix;
  together: Cells; // mean, min and max over the ranks; count: how many
}

export const answer = signal<Answer | null>(null);
/** Why the last one cannot be had. */
export const problem = signal("");

let asking = new AbortController();

/** Asks for a metric; what is there stays until it has come. */
export async function ask(run: string, metric: string): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const found = await read(run, metric, asking.signal).catch((error: Error) => {
    if (error instanceof Refused) problem.value = error.message;
    return null;
  });
  if (!found) return;
  problem.value = "";
  answer.value = found;
}

/** A metric of all ranks of a run, from one step to another if these are given. Throws Refused. */
export async function read(run: string, metric: string, signal?: AbortSignal, lo?: number, hi?: number): Promise<Answer> {
  const found = await frame(`runs/${encodeURIComponent(run)}/ranks`, { metric, lo, hi }, signal);
  const [[told, together], [, each]] = found;
  const { ranks } = told as unknown as { ranks: number[] };
  return { asked: metric, matrix: { ranks, x0: together.x0, x1: together.x1, values: each.mean }, together };
}

/** The step from which on a straggler is far off: of the bin of several steps in which it begins, and of as many steps
 * before, finer ones are asked for. Throws Refused. */
export async function beginning(run: string, { asked, matrix }: Answer, { rank, since, off }: Straggler, signal?: AbortSignal): Promise<number> {
  let { x0, x1 } = matrix;
  let at = Array.from(x0).indexOf(since!);
  for (let [wide, before] = [x1[at] - x0[at], Infinity]; wide > 0 && wide < before; [wide, before] = [x1[at] - x0[at], wide]) {
    const finer = await read(run, asked, signal, x0[at] - wide - 1, x1[at]);
    ({ x0, x1 } = finer.matrix);
    at = turn(finer.matrix, rank, off);
  }
  return x0[at] ?? since!;
}

/** All ranks as one line with a band. */
export function band({ together, matrix }: Answer): Found[] {
  return together.n ? [{ id: "all", name: "all ranks", slot: 0, runs: matrix.ranks.length, cells: together, ghost: null }] : [];
}

/** A line for each of these ranks. */
export function each({ matrix, together }: Answer, ranks: number[]): Found[] {
  const bins = together.n;
  return ranks.map((rank, slot) => {
    const at = matrix.ranks.indexOf(rank);
    const row = Float64Array.from({ length: bins }, (_, bin) => matrix.values[at * bins + bin]);
    const ones = new Float64Array(bins).fill(1);
    const cells = { ...together, mean: row, min: row, max: row, last: row, count: ones };
    return { id: String(rank), name: `rank ${rank}`, slot, runs: 1, cells, ghost: null };
  });
}
