// Asks the server. All addresses are below /api/v1.
import { unpack, type Cells, type Told } from "./frames";

/** What the server refused, as its sentence; `start` and `end` are the place in the query that is wrong. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly start?: number,
    readonly end?: number,
  ) {
    super(message);
  }
}

export type Value = string | number | boolean | null | Value[] | { [name: string]: Value };

/** Rows `lo` and following of the runs that were asked for; `usual`: the columns that runs usually have; `groups` with
 * `group` and the first row, in order. */
export interface RunsAnswer {
  revision: number;
  total: number;
  found: number;
  lo: number;
  usual: string[];
  columns: Record<string, Value[]>;
  groups?: { value: Value; count: number; columns: Record<string, number>; spreads: Record<string, number | null> }[];
}

/** `running`: for each that runs the seconds since it was heard of; `roots`: where those lie that the viewer shows. */
export interface TreeAnswer {
  paths: Record<string, number>;
  running: (number | null)[];
  total: number;
  roots: string[];
}

/** For each key the number of runs that have it, the most frequent first; `primary`: metrics that say how good a run is. */
export type ColumnsAnswer = Record<"config" | "summary" | "metric" | "primary" | "field", Record<string, number>>;

interface Bins {
  metric: string;
  points: number;
  lo?: number;
  hi?: number;
  smooth?: string;
}

/** What `POST /series` may be asked for: a run's metric, or several runs' as one line over steps. */
export type Ask = Bins & ({ run: string; x: string; rank?: number | number[]; scale?: string } | { runs: string[]; centre: string; band: string });

type Param = string | number | undefined;
type Params = Record<string, Param | Param[]>;

/** Where the server answers. Of a list each is given by itself: a name may have commas. */
export function address(path: string, params: Params = {}): string {
  const root = new URLSearchParams(location.search).get("root") ?? ""; // that the page is about; "" is the first
  const given = Object.entries({ ...params, root }).flatMap(([name, said]) => [said].flat().map((value) => [name, String(value ?? "")]));
  const text = new URLSearchParams(given.filter(([, value]) => value)).toString();
  return `/api/v1/${path}${text && "?"}${text}`;
}

/** GET, as JSON. Throws Refused; an AbortError where `signal` says so. */
export async function get<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<T> {
  return (await (await gotten(path, params, signal)).json()) as T;
}

/** GET of a frame, likewise. */
export async function frame(path: string, params: Params = {}, signal?: AbortSignal): Promise<[Told, Cells][]> {
  return unpack(await (await gotten(path, params, signal)).arrayBuffer());
}

function gotten(path: string, params: Params, signal?: AbortSignal): Promise<Response> {
  return reached(fetch(address(path, params), { signal }));
}

/** POST of JSON, as JSON. Throws Refused. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  return (await (await sent("POST", path, body)).json()) as T;
}

/** PUT of JSON, as JSON. Throws Refused. */
export async function put<T>(path: string, body: unknown): Promise<T> {
  return (await (await sent("PUT", path, body)).json()) as T;
}

/** Series, in the order they were asked for. */
export async function series(items: Ask[]): Promise<[Told, Cells][]> {
  const answer = await sent("POST", "series", { items });
  return unpack(await answer.arrayBuffer());
}

function sent(method: string, path: string, body: unknown): Promise<Response> {
  return reached(fetch(address(path), { method, body: JSON.stringify(body) }));
}

async function reached(asked: Promise<Response>): Promise<Response> {
  const answer = await asked.catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    throw new Refused("The viewer does not answer: has `runicorn viewer` been ended?");
  });
  if (answer.ok) return answer;
  const text = await answer.text();
  let told: { error?: string; start?: number; end?: number } = {};
  try {
    told = JSON.parse(text);
  } catch {
    told = { error: text };
  }
  throw new Refused(told.error || `The server answered ${answer.status}.`, told.start, told.end);
}
