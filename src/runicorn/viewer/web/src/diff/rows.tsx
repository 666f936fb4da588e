// A section of a difference: how many of its rows differ, and these.
import type { ComponentChildren } from "preact";
import { count, number, value } from "../parts/format";
import type { Value } from "../server/api";
import type { Row } from "./answers";
import { wanted } from "./sections";

interface SectionProps<R> {
  name: string;
  rows: R[] | null;
  waiting?: string;
  empty?: string;
  children: (rows: R[]) => ComponentChildren;
}

/** `children` draw the rows that are shown; `rows` null: they are not there yet. */
export function Section<R extends { name: string; same: boolean }>({ name, rows, waiting, empty, children }: SectionProps<R>) {
  const differing = rows?.filter(({ same }) => !same).length ?? 0;
  const shown = rows?.filter(wanted.value) ?? [];
  return (
    <section aria-label={name}>
      <h2>
        {name}
        <span class="muted"> {rows === null ? waiting : said(differing, rows.length, empty)}</span>
      </h2>
      {shown.length > 0 && children(shown)}
    </section>
  );
}

function said(differing: number, all: number, empty = "nothing known"): string {
  if (!all) return empty;
  return differing ? `${count(differing)} of ${count(all)} differ` : `all ${count(all)} the same`;
}

export function Values({ name, rows, empty }: { name: string; rows: Row[]; empty?: string }) {
  return (
    <Section name={name} rows={rows} empty={empty}>
      {(shown) => (
        <table class="of-two">
          <thead>
            <tr>
              <td />
              <th scope="col">A</th>
              <th scope="col">B</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.name} class={row.same ? "same" : ""}>
                <th scope="row">{row.name}</th>
                <td>{told(row, "a")}</td>
                <td>{told(row, "b")}</td>
                <td class="muted">{change(row)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function told(row: Row, side: "a" | "b") {
  const found = row[side];
  if (found === undefined) return <i class="muted">none</i>;
  return <code title={exact(found)}>{found === null ? "null" : value(found)}</code>;
}

function exact(found: Value): string {
  return typeof found === "string" ? found : JSON.stringify(found);
}

/** What B is to A, of two numbers: "× 0.1", "+0.0134". */
function change({ a, b, same }: Row): string {
  if (same || typeof a !== "number" || typeof b !== "number") return "";
  const by = `${b > a ? "+" : ""}${number(b - a)}`;
  return a > 0 && b > 0 && (b / a >= 2 || b / a <= 0.5) ? `× ${number(b / a, 3)}` : by;
}
