// What a run is, in a line: its name, how it goes, and what was said of it.
import { Status } from "../runs/cells";
import type { Told } from "./run";

export function Header({ run }: { run: Told }) {
  return (
    <header class="of-run">
      <h2>{run.alias || run.run_id}</h2>
      <Status status={run.status} />
      <span class="muted">{run.duration}</span>
      {(run.tags ?? []).map((tag) => (
        <span key={tag} class="tag">
          {tag}
        </span>
      ))}
    </header>
  );
}
