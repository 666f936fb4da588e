// What is known of a run besides what it logged: config and summary.
import { value } from "../parts/format";
import type { Value } from "../server/api";
import { told } from "./run";

export default function Tab() {
  const { config, summary } = told.value!;
  return (
    <div class="info">
      <Values name="config" values={config} />
      <Values name="summary" values={summary} />
    </div>
  );
}

function Values({ name, values }: { name: string; values: Record<string, Value> }) {
  return (
    <section>
      <h3>{name}</h3>
      <dl>
        {Object.entries(values).map(([key, found]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value(found)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
