// Metrics of two runs: at the last step that both have, and after the time that the shorter one took.
import { duration, number } from "../parts/format";
import type { MetricRow } from "./answers";
import { Step } from "./step";

interface Props {
  rows: MetricRow[];
  seconds: number;
  ranked: boolean;
}

/** `ranked`: both have more than one rank, whose points at a step are told as one. */
export function Metrics({ rows, seconds, ranked }: Props) {
  return (
    <table class="of-two metrics">
      <thead>
        <tr>
          <td />
          <th colSpan={4} scope="colgroup">
            at the last common step{ranked && ", mean of ranks"}
          </th>
          <th colSpan={2} scope="colgroup">
            after {duration(seconds)}
            {ranked && <span title="At the last step that all ranks had logged by then">, mean of ranks</span>}
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
            <At step={row.step} />
            <Cell found={row.a} />
            <Cell found={row.b} />
            <Cell found={row.difference} />
            <Cell found={row.a_then} />
            <Cell found={row.b_then} />
            <At step={row.differs_from} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function At({ step }: { step: number | null }) {
  return <td class="numeric">{step !== null && <Step step={step} />}</td>;
}

function Cell({ found }: { found: number | null }) {
  return (
    <td class="numeric" title={found === null ? "" : String(found)}>
      {found === null ? "" : number(found)}
    </td>
  );
}
