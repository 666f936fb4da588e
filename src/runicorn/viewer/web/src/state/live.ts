// What is new, told by the server: to a page that is seen, and not to one that is hidden.
import { effect, signal } from "@preact/signals";
import type { News } from "./stream";
import { own } from "./view";
import type { Wish } from "./worker";

/** Where the worker is that listens for all pages; the build knows. */
declare const WORKER: string;

/** Whether the server is heard. */
export const connected = signal(true);

export interface Listener {
  /** The runs that are wanted; of those that are `open`, something may have been missed while nobody listened. null:
   * not known yet. */
  runs: () => { all: string[]; open: string[] } | null;
  /** The catalog has this revision now; null: the server was away, and may count anew. */
  onRuns: (revision: number | null) => void;
  /** A run has, or may have, new points. */
  onRun: (run: string) => void;
}

/** Begins to listen. */
export function listen({ runs, onRuns, onRun }: Listener): void {
  let away = false;
  const source = connect((news) => {
    if (news.kind === "run") onRun(news.run);
    else if (news.kind === "runs") {
      onRuns(away ? null : news.revision);
      if (news.opened) runs()?.open.forEach(onRun);
      away = false;
    } else {
      connected.value = news.kind === "found";
      away ||= news.kind === "lost";
    }
  });
  const hidden = signal(document.hidden);
  document.addEventListener("visibilitychange", () => (hidden.value = document.hidden));
  addEventListener("pagehide", () => source.want(null, true));
  addEventListener("pageshow", ({ persisted }) => persisted && source.want(runs()?.all ?? null, false));
  effect(() => source.want(hidden.value ? null : (runs()?.all ?? null), false));
}

interface Source {
  want: (runs: string[] | null, gone: boolean) => void;
}

/** The worker's stream, or one of our own where a browser has no such workers. */
function connect(tell: (news: News) => void): Source {
  const root = own("root").peek();
  if (typeof SharedWorker === "undefined") {
    const stream = import("./stream").then(({ Stream }) => new Stream(root, tell));
    return { want: (runs) => void stream.then((one) => one.want(runs)) };
  }
  const { port } = new SharedWorker(WORKER, { name: "runicorn", type: "module" });
  port.onmessage = ({ data }: MessageEvent<News>) => tell(data);
  return { want: (runs, gone) => port.postMessage({ root, runs, gone } satisfies Wish) };
}

/** A function that does something soon, and at most once in `pause` milliseconds. */
export function calm(doing: () => void, pause: number): () => void {
  let waiting = false;
  let last = -Infinity;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      last = performance.now();
      doing();
    }, Math.max(0, last + pause - performance.now()));
  };
}
