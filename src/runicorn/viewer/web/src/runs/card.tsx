// A run on a phone: name and status, how its first metric went, and its last values.
import { value } from "../parts/format";
import { Eye, Mark, Name, Status } from "./cells";
import { columns, room } from "./geometry";
import { fetched } from "./keys";
import { kindOf, short } from "./kinds";
import type { Row } from "./result";
import { Spark } from "./spark";

const VALUES = 3;
const SPARK = 84; // pixels wide

export function Card({ row, index, drawn }: { row: Row; index: number; drawn: boolean }) {
  const kind = columns.value.map(kindOf).find((one) => one.kind === "spark");
  const told = fetched.value.filter((key) => key !== "status" && value(row[key]) !== "").slice(0, VALUES);
  return (
    <div class="card" role="gridcell" style={{ width: `${room.value}px` }}>
      <Eye row={row} visible={drawn} />
      <Mark row={row} index={index} />
      <Name row={row} />
      <Status status={row.status} heard={row.heard_seconds_ago} />
      <span class="last">
        {told.map((key) => (
          <span key={key}>
            <span class="muted">{short(key)}</span> {value(row[key])}
          </span>
        ))}
      </span>
      {kind?.kind === "spark" && <Spark run={row.run} metric={kind.metric} width={SPARK} height={28} />}
    </div>
  );
}
