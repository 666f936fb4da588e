// A panel of a report: charts in a frame, which have a view of their own.
import { columns, GAP, usualHeight } from "../charts/grid";
import { Near } from "../parts/near";
import { rooted } from "../state/place";
import { understood } from "./told";

const WIDEST = 820;
const BESIDE = 40; // pixels of margins
const LEGEND = 46;

/** `number`: its place among the panels of the report. */
export function Panel({ text, number }: { text: string; number: number }) {
  const told = understood(text);
  if (typeof told === "string") return <Refused text={text} why={told} />;
  const { title, query, metrics } = told;
  const width = Math.min(WIDEST, innerWidth - BESIDE);
  const across = Math.min(metrics, columns(width, told.across, [{ key: "", name: "", metrics: Array<string>(metrics) }]));
  const rows = Math.ceil(metrics / across);
  const height = rows * (told.height || usualHeight(width / across)) + (rows - 1) * GAP + LEGEND;
  return (
    <figure class="report-panel">
      {title && <figcaption>{title}</figcaption>}
      <Near first={height}>
        <iframe title={`Panel ${number}${title && `: ${title}`}`} src={rooted(`/embed?${query}`)} style={{ height: `${height}px` }} />
      </Near>
    </figure>
  );
}

/** A panel that is not shown. */
export function Refused({ text, why }: { text: string; why: string }) {
  return (
    <div class="report-refused">
      <p>{why}</p>
      <pre>{text}</pre>
    </div>
  );
}
