// The server's events, of the runs that are wanted: one connection, which is opened anew when other runs are.

/** What a stream tells. `opened` comes with the first event of a connection: before it, something may have been missed. */
export type News =
  | { kind: "runs"; revision: number; opened: boolean }
  | { kind: "run"; run: string }
  | { kind: "lost" }
  | { kind: "found" };

const MOST = 200;
const PAUSE = 2000; // milliseconds

export class Stream {
  private source: EventSource | null = null;
  private open = "";

  /** `root`: its number, "" for the first. */
  constructor(
    private readonly root: string,
    private readonly tell: (news: News) => void,
  ) {}

  /** Listens for these runs; null: to nothing. */
  want(runs: string[] | null): void {
    const names = runs && encodeURIComponent(runs.slice(0, MOST).join(","));
    const address = names === null ? "" : `/api/v1/events?runs=${names}${this.root && `&root=${encodeURIComponent(this.root)}`}`;
    if (address === this.open) return;
    this.source?.close();
    this.open = address;
    this.source = address ? this.connect(address) : null;
  }

  private connect(address: string): EventSource {
    const source = new EventSource(address);
    let opened = true;
    source.addEventListener("runs", ({ data }: MessageEvent<string>) => {
      this.tell({ kind: "runs", revision: (JSON.parse(data) as { revision: number }).revision, opened });
      opened = false;
    });
    source.addEventListener("run", ({ data }: MessageEvent<string>) => {
      this.tell({ kind: "run", run: (JSON.parse(data) as { run: string }).run });
    });
    source.onopen = () => this.tell({ kind: "found" });
    source.onerror = () => {
      opened = true; // the browser tries again by itself
      this.tell({ kind: "lost" });
      if (source.readyState !== EventSource.CLOSED) return;
      // It does not where somebody answers at that address who is no viewer, as may be for a while.
      setTimeout(() => this.source === source && (this.source = this.connect(address)), PAUSE);
    };
    return source;
  }
}
