// The values of cells: numbers, texts, and small pictures of media.
import { number } from "../parts/format";
import { blob } from "../media/types";
import { thumbnail } from "../media/thumb";
import { inOrder, type Cell, type Question } from "./data";

export interface CellMedium {
  type: string;
  file: string | null;
  caption: string | null;
}

/** The media of a cell; none where it holds something else. */
export function mediaOf(cell: Cell | undefined): CellMedium[] {
  if (Array.isArray(cell)) return cell.flatMap(mediaOf);
  return cell && typeof cell === "object" && "file" in cell && "type" in cell ? [cell as unknown as CellMedium] : [];
}

/** A value as text; 0.3 is 0.3 also where only 32 bits of it were kept. */
export function text(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "number") return Number.isInteger(cell) ? String(cell) : number(cell, 5).replace(/\.0+$|(\.\d+?)0+$/, "$1");
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

interface Props {
  question: Question;
  cell: Cell | undefined;
  other: Cell | undefined; // undefined: it is not compared
  height: number;
  numbers: boolean; // the column's type
}

export function TableCell({ question, cell, other, height, numbers }: Props) {
  const media = mediaOf(cell);
  if (media.length) {
    const here = <Media run={question.run} media={media} side={height - 6} />;
    const there = question.other && other !== undefined && <Media run={question.other.run} media={mediaOf(other)} side={height - 6} />;
    return <>{inOrder(question, here, there)}</>;
  }
  const kind = `${numbers ? "a-number" : ""} ${cell === null ? "none" : ""}`;
  if (other === undefined || JSON.stringify(other) === JSON.stringify(cell))
    return <span class={`value ${kind}`}>{cell === null ? "–" : text(cell)}</span>;
  const [from, to] = inOrder(question, text(cell), text(other));
  return (
    <span class={`value differs ${kind}`} title={`${from} → ${to}`}>
      {from || "–"} <span class="to">→ {to || "–"}</span>
    </span>
  );
}

export function Media({ run, media, side }: { run: string; media: CellMedium[]; side: number }) {
  return (
    <span class="cell-media">
      {media.map(({ type, file, caption }, at) =>
        file && /\.(png|jpe?g|webp|gif)$/.test(file) ? (
          <img
            key={at}
            src={thumbnail(run, file, side)}
            alt={caption ?? ""}
            title={caption ?? undefined}
            style={{ height: `${side}px` }}
            loading="lazy"
            decoding="async"
          />
        ) : (
          <span key={at} class="muted">
            {file ? (
              <a href={blob(run, file)} target="_blank" rel="noreferrer">
                {type}
              </a>
            ) : (
              caption
            )}
          </span>
        ),
      )}
    </span>
  );
}
