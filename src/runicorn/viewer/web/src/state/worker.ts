// Runs once for a browser, whatever number of pages it shows: a browser opens six connections to a server at most, and a
// stream for each page would leave none for anything else. Pages say which runs they want, and hear what is new.
import { Stream, type News } from "./stream";

const wanted = new Map<MessagePort, string[] | null>();
let last: News | null = null;

const stream = new Stream((news) => {
  if (news.kind === "runs") last = { ...news, opened: true };
  for (const port of wanted.keys()) port.postMessage(news);
});

function renew(): void {
  const lists = [...wanted.values()].filter((runs) => runs !== null);
  stream.want(lists.length ? [...new Set(lists.flat())].sort() : null);
}

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }: MessageEvent<{ runs: string[] | null; gone: boolean }>) => {
    const heard = wanted.get(port) ?? null;
    if (data.gone) wanted.delete(port);
    else wanted.set(port, data.runs);
    if (data.runs && heard === null && last) port.postMessage(last); // what it has missed
    renew();
  };
};
