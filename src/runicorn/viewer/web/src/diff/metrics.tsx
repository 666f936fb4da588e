// Metrics of two runs: at the last step that both have, and after the time that the shorter one took; or at the cursor.
import { count, duration, number } from "../parts/format";
import type { MetricRow } from "./answers";
import { Step } from "./step";

interface Props {
  rows: MetricRow[];
  seconds: number;
  over: "A" | "B" | "";
  step?: number;
}

/** `over`: the run that had ended after `seconds`; `step`: up to which they are told, undefined: the last one. */
export function Metrics({ rows, seconds, over, step }: Props) {
  const behind = rows.some((row) => row.step !== null && row.step !== step);
  return (
    <table class="of-two metrics">
      <thead>
        <tr>
          <td />
          <th colSpan={4} scope="colgroup">
            at {step === undefined ? "the last common step" : `step ${count(step)}${behind ? " or before" : ""}`}
          </th>
          <th colSpan={3} scope="colgroup">
            after {duration(seconds)}
            {over && `, when ${over} ended`}
          </th>
          <th scope="col">differ from</th>
        </tr>
        <tr>
          <td />
          {["step", "A", "B", "B − A", "A", "B", "B − A", "step"].map((name, at) => (
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
            <Cell found={row.difference_then} />
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
