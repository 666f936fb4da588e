// Runs once for a browser, whatever number of pages it shows: a browser opens six connections to a server at most, and a
// stream for each page would leave none for anything else. Pages say which runs of which root they want, and hear what
// is new there; each root that is looked at has a stream.
import { Stream, type News } from "./stream";

export interface Wish {
  root: string;
  runs: string[] | null; // null: nothing for now
  gone: boolean;
}

class Root {
  readonly wanted = new Map<MessagePort, string[] | null>();
  private last: News | null = null;
  private readonly stream: Stream;

  constructor(name: string) {
    this.stream = new Stream(name, (news) => {
      if (news.kind === "runs") this.last = { ...news, opened: true };
      for (const port of this.wanted.keys()) port.postMessage(news);
    });
  }

  hear(port: MessagePort, { runs, gone }: Wish): void {
    const heard = this.wanted.get(port) ?? null;
    if (gone) this.wanted.delete(port);
    else this.wanted.set(port, runs);
    if (runs && heard === null && this.last) port.postMessage(this.last); // what it has missed
    const lists = [...this.wanted.values()].filter((some) => some !== null);
    this.stream.want(lists.length ? [...new Set(lists.flat())].sort() : null);
  }
}

const roots = new Map<string, Root>();

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }: MessageEvent<Wish>) => {
    const root = roots.get(data.root) ?? new Root(data.root);
    roots.set(data.root, root);
    root.hear(port, data);
  };
};
