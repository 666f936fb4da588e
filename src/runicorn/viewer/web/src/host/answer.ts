// What the server tells of this machine, and the sentences that are made of it. `…` in them is a command.
import { bytes, count } from "../parts/format";

export interface Answer {
  /** The viewer's. */
  version: string;
  machine: Machine;
  daemon: Daemon;
  /** Of writers that live and of dead ones; `bytes`: what they hold at most. */
  outboxes: { live: number; dead: number; bytes: number };
  roots: Root[];
  runs: Open[];
}

export interface Machine {
  hostname: string;
  os: string;
  processor: string | null;
  cores: number;
  /** % of the cores. */
  used: number | null;
  memory: Used | null;
  gpus: Gpu[];
}

export interface Used {
  used: number;
  total: number;
}

export interface Gpu {
  index: number;
  name?: string;
  utilization?: number;
  memory?: Used;
  power?: number;
  temperature?: number;
}

/** As `runid status --json` has it; all but the first three are missing where it does not answer. */
export interface Daemon {
  running: boolean;
  pid?: number;
  version?: string;
  stopped?: boolean;
  trouble?: string;
  started?: number;
  rss_bytes?: number;
  cpu_seconds?: number;
  writers?: number;
  orphans?: number;
  backlog?: number;
  refused?: number;
  /** Open runs in roots that the viewer does not show. */
  elsewhere: number;
}

export interface Root {
  root: string;
  free_bytes: number | null;
  total_bytes: number | null;
  trouble: string;
  runs: number;
  lossy: number;
  lost: { run: string; path: string; alias: string | null; dropped: number; lost_bytes: number }[];
}

/** A run that processes here log to, or that the daemon works for. */
export interface Open {
  root: number;
  run: string;
  path: string;
  alias?: string | null;
  heard_seconds_ago?: number | null;
  writers: number;
  /** % of a core, and bytes; only while the daemon runs and looks at them. */
  used?: { cpu?: number; memory?: number };
  work?: Work[];
  pending?: number;
  trouble?: string;
}

interface Work {
  kind: string;
  name: string | null;
  progress: { files?: number; bytes?: number; total_bytes?: number } | null;
}

const some = (amount: number, one: string, more: string) => `${count(amount)} ${amount === 1 ? one : more}`;

/** How the daemon is, and what to do, a sentence each. */
export function daemonSaid({ daemon, outboxes, version }: Answer): string[] {
  if (daemon.trouble) return [daemon.trouble];
  if (daemon.running) {
    const other = daemon.version !== version && `This viewer is version ${version}: \`runid restart\` starts that daemon, and nothing is lost.`;
    return [`runid ${daemon.version} runs, pid ${daemon.pid}.`, ...(other ? [other] : [])];
  }
  const { live, dead } = outboxes;
  return [
    daemon.stopped ? "runid does not run, since `runid stop` was said: what runs log waits until `runid start`." : "runid does not run. The next run starts it, and `runid start` does so now.",
    ...(live ? [`${some(live, "process logs", "processes log")} all the same, and that waits in shared memory or on the local disk until \`runid start\`.`] : []),
    ...(dead ? [`What ${some(dead, "process has left that ended", "processes have left that ended")} waits, too: \`runid start\` brings it into their runs.`] : []),
  ];
}

/** What the daemon has not done yet; "" where it does not say. */
export function waiting({ running, trouble, orphans, backlog }: Daemon): string {
  if (!running || trouble) return "";
  const all = [
    orphans && `${some(orphans, "outbox of a process", "outboxes of processes")} that ended`,
    backlog && some(backlog, "job", "jobs"),
  ];
  return all.filter(Boolean).join(", ") || "nothing";
}

/** What lies between processes and their runs. The last piece of an outbox that all is well with holds what is long in its
 * run, so that how large it is says something only where something is wrong. */
export function held({ daemon, outboxes: { live, dead, bytes: size }, runs }: Answer): string {
  if (!live && !dead) return "none";
  const whose = [live && some(live, "process", "processes"), dead && `${count(dead)} that ended`].filter(Boolean).join(" and ");
  const wrong = !daemon.running || daemon.trouble || runs.some(({ trouble }) => trouble);
  return `of ${whose}${wrong ? `, with at most ${bytes(size)} that are not in a run yet` : ""}`;
}

/** What is done for a run, and how far it is. */
export function doing({ kind, name, progress }: Work): string {
  const what = `${kind} ${name ?? ""}`.trim();
  if (kind === "watch") return `${what}, until its process ends`;
  if (!progress?.total_bytes) return `${what}, which waits for its turn or has just begun`;
  return `${what}: ${some(progress.files ?? 0, "file", "files")}, ${bytes(progress.bytes ?? 0)} of ${bytes(progress.total_bytes)}`;
}
