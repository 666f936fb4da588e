// Where there are no rows: why, and what to type.
import { count } from "../parts/format";
import type { ComponentChildren } from "preact";
import { change, part } from "../state/view";
import { result } from "./result";

const asked = part(({ query, path }) => ({ query, path }));

export default function Nothing() {
  const { query, path } = asked.value;
  if (result.value.revision < 0) return <Row>Runs are shown as soon as the filter is right.</Row>;
  if (result.value.total === 0) {
    return (
      <Row>
        <p>There are no runs here yet. In a Python program:</p>
        <pre>
          {'import runicorn as rn\n\nwith rn.init("digits/mlp", config={"lr": 0.1}) as run:\n'}
          {'    for step in range(100):\n        run.log({"loss": 1 / (step + 1)}, step=step)'}
        </pre>
        <p>They appear here while they train. Runs are looked for where RUNICORN_DIR says, or in .runicorn.</p>
      </Row>
    );
  }
  return (
    <Row>
      <p>
        No run matches {path && <code>{path}/</code>} {query && <code>{query}</code>}; there are {count(result.value.total)}.
      </p>
      <p>
        Try <code>status=failed</code>, <code>lr&lt;1e-3</code>, <code>since:7d</code>, <code>tag:best</code>, or{" "}
        <button class="link" onClick={() => change({ query: "", path: "" })}>
          show all runs
        </button>
        .
      </p>
    </Row>
  );
}

/** In a grid everything is a cell. */
function Row({ children }: { children: ComponentChildren }) {
  return (
    <div class="nothing" role="row">
      <div role="gridcell">{children}</div>
    </div>
  );
}
