// What a panel of a report tells: an address of charts as the viewer has it, or what stands in one behind "?".
import { split } from "../state/lists";
import { decode, encode } from "../state/url";

/** `metrics`: how many charts; `across`, `height`: as in the view. */
export interface Told {
  title: string;
  query: string; // of /embed
  metrics: number;
  across: number;
  height: number;
}

const USUAL = 6; // charts, where none are named: as in embed.tsx
const OF_CHARTS = /^\/(?:embed|run\/([^/]+)(?:\/\w*)?)?$/;
const OWN = ["run", "metrics", "smooth"]; // names that /embed knows, and no other page
const HELP = "It takes the address of a chart, which the chart's menu copies, or what stands in one behind “?”, such as run=ID&metrics=loss.";

/** What a panel tells, or a sentence why it tells nothing. */
export function understood(text: string): Told | string {
  const lines = text.trim().split(/\s*\n\s*/);
  const title = /^title:\s*(.*)$/.exec(lines[0])?.[1];
  const [line, more] = title === undefined ? lines : lines.slice(1);
  if (!line) return `This panel is empty. ${HELP}`;
  if (more) return `This panel has more lines than one, besides a title in the first: “${more}”. ${HELP}`;
  const said = /^<iframe\b.*?\bsrc="([^"]*)"/.exec(line)?.[1].replaceAll("&amp;", "&") ?? line;
  const found = /^(https?:\/)?\//.test(said) ? ofAddress(said) : ofQuery(said);
  if (typeof found === "string") return found;
  found.delete("root"); // a report is about its own root, whose number may be another one the next time
  const view = decode(found.toString());
  const metrics = view.large ? 1 : view.own.metrics ? split(view.own.metrics).length : USUAL;
  return { title: title ?? "", query: encode(view), metrics, across: view.across, height: view.height };
}

/** An address has parts that its page alone understands, too. */
function ofAddress(said: string): URLSearchParams | string {
  const url = URL.canParse(said, "http://viewer") ? new URL(said, "http://viewer") : null;
  const page = url && OF_CHARTS.exec(url.pathname);
  if (!page) return `This panel has an address that is not one of charts. ${HELP}`;
  for (const name of strange(url.searchParams)) url.searchParams.delete(name);
  if (page[1]) url.searchParams.set("run", new URLSearchParams(`run=${page[1]}`).get("run")!); // which never throws
  return url.searchParams;
}

function ofQuery(said: string): URLSearchParams | string {
  const found = new URLSearchParams(said);
  const [name] = strange(found);
  if (name) return `This panel says “${name}”, which no address of charts does. ${HELP}`;
  return encode(decode(said)) ? found : `This panel says nothing that can be understood. ${HELP}`;
}

function strange(said: URLSearchParams): string[] {
  return Object.keys(decode(said.toString()).own).filter((name) => name !== "root" && !OWN.includes(name));
}
