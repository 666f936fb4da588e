// What is new, told by the server: one stream for a page that is seen, none for one that is hidden.
import { effect, signal, untracked } from "@preact/signals";

/** Whether the server is heard. */
export const connected = signal(true);

export interface Listener {
  /** The runs that are wanted; of those that are `open`, something may have been missed while nobody listened. null:
   * not known yet. */
  runs: () => { all: string[]; open: string[] } | null;
  /** The catalog has this revision now. */
  onRuns: (revision: number) => void;
  /** A run has, or may have, new points. */
  onRun: (run: string) => void;
}

const MOST = 200;

/** Begins to listen; when other runs are wanted, anew. */
export function listen({ runs, onRuns, onRun }: Listener): void {
  let source: EventSource | null = null;
  const begin = () => {
    source?.close();
    source = null;
    const wanted = runs();
    if (document.hidden || wanted === null) return;
    const names = wanted.all.slice(0, MOST);
    source = new EventSource(`/api/v1/events?runs=${encodeURIComponent(names.join(","))}`);
    let missed = true;
    source.addEventListener("runs", ({ data }: MessageEvent<string>) => {
      onRuns((JSON.parse(data) as { revision: number }).revision);
      if (missed) runs()?.open.forEach(onRun);
      missed = false;
    });
    source.addEventListener("run", ({ data }: MessageEvent<string>) => onRun((JSON.parse(data) as { run: string }).run));
    source.onopen = () => (connected.value = true);
    source.onerror = () => {
      connected.value = false; // the browser tries again by itself
      missed = true;
    };
  };
  document.addEventListener("visibilitychange", begin);
  effect(() => {
    void runs();
    untracked(begin);
  });
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
