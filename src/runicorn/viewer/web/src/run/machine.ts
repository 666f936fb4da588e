// Which charts tell what the machines of a run did: which metrics make one chart, and which ranks tell them.
import { bytes, number } from "../parts/format";
import type { Value } from "../server/api";
import type { Told, Writer } from "./run";

/** A chart of system metrics. */
export interface Plan {
  title: string;
  unit: string;
  least?: number;
  lines: { name: string; metric: string; rank?: number | number[] }[];
}

/** The metrics of a chart: of the machine, or of each rank's process; in `match[1]` stands what tells its lines apart. */
interface Kind {
  title: string;
  unit: string;
  match: RegExp;
  each?: "rank";
}

const KINDS: Kind[] = [
  { title: "processor", unit: "%", match: /^sys\/cpu$/ },
  { title: "cores in use", unit: "cores", match: /^sys\/cpu\/cores$/ },
  { title: "processor of the process", unit: "% of a core", match: /^sys\/process\/cpu$/, each: "rank" },
  { title: "memory", unit: "%", match: /^sys\/memory$/ },
  { title: "memory used", unit: "bytes", match: /^sys\/memory\/used$/ },
  { title: "memory of the process", unit: "bytes", match: /^sys\/process\/memory$/, each: "rank" },
  { title: "threads of the process", unit: "", match: /^sys\/process\/threads$/, each: "rank" },
  { title: "GPU", unit: "%", match: /^sys\/(gpu\/.+)\/utilization$/ },
  { title: "GPU memory", unit: "%", match: /^sys\/(gpu\/.+)\/memory\/percent$/ },
  { title: "GPU memory used", unit: "bytes", match: /^sys\/(gpu\/.+)\/memory$/ },
  { title: "GPU power", unit: "W", match: /^sys\/(gpu\/.+)\/power$/ },
  { title: "GPU temperature", unit: "°C", match: /^sys\/(gpu\/.+)\/temperature$/ },
  { title: "disk", unit: "bytes/s", match: /^sys\/disk\/(read|write)$/ },
  { title: "disk free", unit: "bytes", match: /^sys\/disk\/free$/ },
  { title: "network", unit: "bytes/s", match: /^sys\/net\/(sent|received)$/ },
];
const MOST = 40; // lines of a chart

/** The charts for these metrics; those of which there is no metric are left out. */
export function plans(metrics: string[], writers: Pick<Writer, "hostname" | "rank">[]): Plan[] {
  const hosts = tellers(writers);
  const ranks = [...new Set(writers.map(({ rank }) => rank ?? 0))].sort((a, b) => a - b);
  return KINDS.flatMap(({ title, unit, match, each }): Plan[] => {
    const found = metrics.flatMap((metric) => (match.test(metric) ? [[metric, match.exec(metric)![1] ?? ""]] : []));
    const names = (metric: string, what: string) =>
      each
        ? ranks.map((rank) => ({ name: `rank ${rank}`, metric, rank }))
        : hosts.map(([host, rank]): Plan["lines"][0] => ({ name: [hosts.length > 1 || !what ? host : "", what].filter(Boolean).join(" "), metric, rank }));
    const lines = found.flatMap(([metric, what]) => names(metric, what)).slice(0, MOST);
    return lines.length ? [{ title, unit, lines, least: title === "disk free" || unit === "°C" ? undefined : 0 }] : [];
  });
}

/** Each host, and its ranks; of one host alone all tell. Of those that are there when it is looked at the lowest one
 * does: another one before it has begun, and after it has ended. */
function tellers(writers: Pick<Writer, "hostname" | "rank">[]): [string, number[] | undefined][] {
  const found = new Map<string, Set<number>>();
  for (const { hostname, rank } of writers) found.set(hostname, (found.get(hostname) ?? new Set()).add(rank ?? 0));
  const hosts = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return hosts.map(([host, ranks]) => [host, hosts.length > 1 ? [...ranks] : undefined]);
}

const FEW = 6; // looks, on average

/** Whether so little was measured that its reader wonders why. */
export function isLittle({ system, writers }: Pick<Told, "system" | "writers">): boolean {
  return Object.values(system).every(({ count }) => Number(count) < FEW * writers.length);
}

/** What is known of the machines besides: their names, and what `capture_env` found. */
export function known({ environment, writers }: Pick<Told, "environment" | "writers">): string {
  const part = (name: string) => (environment[name] ?? {}) as Record<string, Value>;
  const { model, usable } = part("cpu");
  const { total_bytes: memory } = part("memory");
  const { gpus } = part("gpu_info");
  const graphics = Array.isArray(gpus) && (gpus.length ? `${gpus.length} ${gpus.length === 1 ? "GPU" : "GPUs"}` : "no GPU that NVIDIA's driver tells of");
  const cores = typeof usable === "number" && `${usable} ${usable === 1 ? "core" : "cores"}`;
  const hosts = [...new Set(writers.map(({ hostname }) => hostname))].join(", ");
  return [hosts, model, cores, typeof memory === "number" && `${bytes(memory)} of memory`, graphics].filter(Boolean).join(" · ");
}

/** How values of a unit read: bytes as 1.9 GB. */
export function reader(unit = ""): typeof number {
  return unit.startsWith("bytes") ? (value) => bytes(Math.round(value)) + unit.slice("bytes".length) : number;
}
