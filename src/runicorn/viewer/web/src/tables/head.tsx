// The columns' names, and what each is like: how its numbers are spread, or which values it has most often.
import { count, number } from "../parts/format";
import { summary, type Question, type Summary } from "./data";
import { setOwn } from "../state/view";
import { between, type Columns } from "./layout";
import { order, sortBy } from "./state";

const BARS = { width: 88, height: 24 };

export function Head({ question, columns, from, to }: { question: Question; columns: Columns; from: number; to: number }) {
  return (
    <div class="sheet-head" role="row" aria-rowindex={1} style={{ width: `${columns.total}px` }}>
      {columns.names.slice(from, to).map((name, at) => (
        <Title
          key={name}
          question={question}
          name={name}
          left={columns.lefts[from + at]}
          width={columns.widths[from + at]}
          index={from + at}
        />
      ))}
    </div>
  );
}

function Title({ question, name, left, width, index }: { question: Question; name: string; left: number; width: number; index: number }) {
  const sorted = order.value.includes(name) ? "ascending" : order.value.includes(`-${name}`) ? "descending" : "none";
  const like = summary(question.run, question.file, name);
  return (
    <div
      class="sheet-column"
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={sorted}
      style={{ left: `${left}px`, width: `${width}px` }}
    >
      <button class="plain name" title={`${name}: sort (s), with shift by one more (S)`} onClick={(event) => sortBy(name, event.shiftKey)}>
        <span class="text">{name}</span>
        {sorted !== "none" && <span aria-hidden="true">{sorted === "ascending" ? "▲" : "▼"}</span>}
      </button>
      {like && <Like like={like} name={name} />}
    </div>
  );
}

function Like({ name, like }: { name: string; like: Summary }) {
  const missing = like.missing ? `, ${count(like.missing)} missing` : "";
  if (like.kind === "number") {
    if (like.lo === null || like.hi === null) return <span class="like">no numbers</span>;
    const { lo, hi, counts } = like;
    const only = (bin: number) => setOwn({ rows: between(name, lo, hi, bin, counts.length) });
    const words = `${number(like.lo)} … ${number(like.hi)}${missing}${like.nan ? `, ${count(like.nan)} not finite` : ""}`;
    return (
      <span class="like" title={`${words}\nA click on a bar: only its rows`}>
        <Bars counts={counts} words={words} only={only} />
      </span>
    );
  }
  if (like.kind === "values") {
    const words = like.values.map(([value, times]) => `${value}: ${count(times)}`).join("\n");
    return (
      <span class="like" title={`${words}${missing}`}>
        {count(like.distinct)} {like.distinct === 1 ? "value" : "values"}
        {missing}
      </span>
    );
  }
  return <span class="like">{missing.slice(2)}</span>;
}

function Bars({ counts, words, only }: { counts: number[]; words: string; only: (bin: number) => void }) {
  const most = Math.max(1, ...counts);
  const wide = BARS.width / counts.length;
  const bars = counts.map((one, at) => {
    const tall = one ? Math.max(1, (one / most) * BARS.height) : 0;
    return `M${(at * wide).toFixed(2)} ${BARS.height}v${-tall.toFixed(2)}h${(wide * 0.86).toFixed(2)}v${tall.toFixed(2)}z`;
  });
  return (
    <svg
      width={BARS.width}
      height={BARS.height}
      role="img"
      aria-label={words}
      onClick={({ offsetX }) => only(Math.min(counts.length - 1, Math.floor(offsetX / wide)))}
    >
      <path d={bars.join("")} fill="currentColor" />
    </svg>
  );
}
