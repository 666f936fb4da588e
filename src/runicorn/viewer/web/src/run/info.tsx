// What is known of a run besides what it logged: what it was given, what came of it, and where it ran.
import { bytes } from "../parts/format";
import { Markdown } from "../parts/markdown";
import { Life, Writers } from "./life";
import { losses } from "./losses";
import { told, type Told } from "./run";
import { Values } from "./values";

export default function Tab() {
  const run = told.value!;
  return (
    <div class="info" tabIndex={0} role="region" aria-label="What is known of the run">
      <Losses run={run} />
      <div>
        {run.notes && (
          <section class="values-of" aria-label="notes">
            <header>
              <h3>notes</h3>
            </header>
            <Markdown text={run.notes} />
          </section>
        )}
        <Values name="config" values={run.config} />
        <Values name="summary" values={run.summary} />
        {!Object.keys(run.config).length && !Object.keys(run.summary).length && (
          <p class="nothing">
            It has no config and no summary: <code>rn.init(config={"{"}"lr": 0.1{"}"})</code> and <code>run.summary["note"] = "…"</code> give it some.
          </p>
        )}
      </div>
      <div>
        <Life run={run} />
        <Writers writers={run.writers} elsewhere=", in the tab ranks" />
        <Files run={run} />
        <Values name="environment" values={run.environment} />
        {!Object.keys(run.environment).length && (
          <p class="nothing">
            Packages, git, GPUs and variables were not captured: <code>rn.init(capture_env=True)</code> does it.
          </p>
        )}
      </div>
    </div>
  );
}

/** What was lost or is damaged, before all else. */
function Losses({ run }: { run: Told }) {
  const sentences = losses(run);
  if (!sentences.length) return null;
  return (
    <div class="losses" role="alert">
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

function Files({ run }: { run: Told }) {
  const files = [...run.files.segments, ...run.files.journals];
  const all = files.reduce((sum, one) => sum + one.bytes, 0);
  return (
    <section class="values-of" aria-label="files">
      <header>
        <h3>files of metrics</h3>
        <span class="amount">{bytes(all)}</span>
      </header>
      <ul class="floor">
        {files.map((one) => (
          <li key={one.name} class="leaf">
            <span class="key">{one.name}</span>
            <span class="value">{bytes(one.bytes)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
