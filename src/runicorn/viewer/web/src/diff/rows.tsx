// A section of a difference: how many of its rows differ, and these.
import type { ComponentChildren } from "preact";
import { count } from "../parts/format";
import type { Value } from "../server/api";
import type { Row } from "./answers";
import { narrow } from "../state/screen";
import { wanted } from "./sections";
import { change, exact, shortened } from "./shortened";

const FEW = 6;

interface SectionProps<R> {
  name: string;
  rows: R[] | null;
  waiting?: string;
  empty?: string;
  also?: ComponentChildren;
  alike?: string;
  children: (rows: R[]) => ComponentChildren;
}

/** `children` draw the rows that are shown; `rows` null: they are not there yet; `also` is told of them in any case,
 * `alike` where all are the same. */
export function Section<R extends { name: string; same: boolean }>({ name, rows, waiting, empty, also, alike, children }: SectionProps<R>) {
  const shown = rows?.filter(wanted.value) ?? [];
  return (
    <section aria-label={name}>
      <h2>
        {name}
        <span class="muted">
          {" "}
          {rows === null ? waiting : said(rows, empty, alike)}
          {also && <>. {also}</>}
        </span>
      </h2>
      {shown.length > 0 && <Sideways label={name}>{children(shown)}</Sideways>}
    </section>
  );
}

/** What may be wider than a phone, where it is moved by keys, too. */
export function Sideways({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="sideways" role="group" aria-label={label} tabIndex={narrow.value ? 0 : undefined}>
      {children}
    </div>
  );
}

/** Of few rows, which they are: that all of them are the same says little then. */
function said(rows: { name: string; same: boolean }[], empty = "nothing known", alike = ""): string {
  if (!rows.length) return empty;
  const differing = rows.filter(({ same }) => !same).length;
  if (differing) return `${count(differing)} of ${count(rows.length)} differ`;
  if (alike) return alike;
  return rows.length > FEW ? `all ${count(rows.length)} the same` : `the same: ${rows.map(({ name }) => name).join(", ")}`;
}

/** Where more is told of a side of a row. */
type Way<R> = (row: R, side: "a" | "b") => string;

export function Values<R extends Row>({ way, ...told }: Omit<SectionProps<R>, "children"> & { way?: Way<R> }) {
  return (
    <Section {...told}>
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
              <Line key={row.name} row={row} way={way} />
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

function Line<R extends Row>({ row, way }: { row: R; way?: Way<R> }) {
  const { name, a, b, same } = row;
  const [one, other] = shortened(row);
  return (
    <tr class={same ? "same" : ""}>
      <th scope="row" class="long">
        {name}
      </th>
      <Side found={a} told={one} way={way?.(row, "a")} />
      <Side found={b} told={other} way={way?.(row, "b")} />
      <td class="muted">{change(row)}</td>
    </tr>
  );
}

function Side({ found, told, way }: { found: Value | undefined; told: string; way?: string }) {
  if (found === undefined) return <td class="long"><i class="muted">none</i></td>;
  const code = <code title={exact(found)}>{told}</code>;
  return <td class="long">{way ? <a href={way}>{code}</a> : code}</td>;
}
