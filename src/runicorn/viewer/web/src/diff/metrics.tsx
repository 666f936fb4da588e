// Metrics of two runs: at the last step that both have, and after the time that the shorter one took.
import { duration, number } from "../parts/format";
import type { MetricRow } from "./answers";

export function Metrics({ rows, seconds }: { rows: MetricRow[]; seconds: number }) {
  return (
    <table class="of-two metrics">
      <thead>
        <tr>
          <td />
          <th colSpan={4} scope="colgroup">
            at the last common step
          </th>
          <th colSpan={2} scope="colgroup">
            after {duration(seconds)}
          </th>
          <th scope="col">differ from</th>
        </tr>
        <tr>
          <td />
          {["step", "A", "B", "B − A", "A", "B", "step"].map((name, at) => (
            <th key={at} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} class={row.same ? "same" : ""}>
            <th scope="row">{row.name}</th>
            <Cell found={row.step} whole />
            <Cell found={row.a} />
            <Cell found={row.b} />
            <Cell found={row.difference} />
            <Cell found={row.a_then} />
            <Cell found={row.b_then} />
            <Cell found={row.differs_from} whole />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ found, whole = false }: { found: number | null; whole?: boolean }) {
  return (
    <td class="numeric" title={found === null ? "" : String(found)}>
      {found === null ? "" : whole ? found.toLocaleString("en-US") : number(found)}
    </td>
  );
}
