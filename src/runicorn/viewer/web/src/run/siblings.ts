// The other runs of a run's path, newest first: what it is likely to be compared with.
import { get, type RunsAnswer } from "../server/api";
import { told } from "./run";

const MOST = 100;

/** Their ids, each with its name. */
export async function siblings(run: string): Promise<[string, string][]> {
  const q = `path:${JSON.stringify(told.peek()?.path ?? "")}`;
  const found = await get<RunsAnswer>("runs", { q, hi: MOST }).catch(() => null);
  const { run: ids = [], alias = [] } = found?.columns ?? {};
  return ids.map((id, at): [string, string] => [String(id), String(alias[at] || id)]).filter(([id]) => id !== run);
}
