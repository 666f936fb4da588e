// The ranks that are furthest above the others.
import type { ComponentChildren } from "preact";
import { number } from "../parts/format";
import { signed, type Straggler } from "./stragglers";

interface Props {
  metric: string;
  furthest: Straggler[];
  since: (rank: number, step: number) => ComponentChildren; // says from which step on it has been far off
}

export function Furthest({ metric, furthest, since: said }: Props) {
  return (
    <>
      <h3>furthest above the median of {metric}</h3>
      <ol>
        {!furthest.length && <li class="muted">none</li>}
        {furthest.map(({ rank, mean, off, since }) => (
          <li key={rank} class={since !== null ? "far" : ""}>
            <span>rank {rank}</span>
            <span>{number(mean)}</span>
            <b>{signed(off)}</b>
            {since !== null && said(rank, since)}
          </li>
        ))}
      </ol>
    </>
  );
}
