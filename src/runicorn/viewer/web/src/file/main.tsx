// A run as one file: everything is in it, and it asks nobody.
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "../styles/theme.css";
import "../styles/parts.css";
import "../styles/table.css";
import "../styles/charts.css";
import "../styles/media.css";
import "../styles/run.css";
import "../styles/ranks.css";
import "../styles/file.css";
import { moment } from "../parts/format";
import { Icon, known } from "../parts/icon";
import { Markdown } from "../parts/markdown";
import { Life, Writers } from "../run/life";
import { losses } from "../run/losses";
import { joined, lastStep, sentence } from "../run/state";
import { Values } from "../run/values";
import { follow, turn } from "../state/theme";
import { Charts } from "./charts";
import { Histograms, Pictures, Samples, Tables, Texts } from "./media";
import { Events, Ranks, Text } from "./parts";
import { content } from "./told";

function Page() {
  const { run, made, limits } = content;
  const { alias, run_id, path, status, started_at, ended_at, tags, notes } = run;
  const said = joined(status, status === "running" ? `step ${lastStep(run) ?? 0}, when this was made` : sentence(run, ended_at ?? 0, null));
  return (
    <main class="file">
      <header>
        <h1>{alias || run_id}</h1>
        <span class={`status ${status}`}>
          {known(status) && <Icon name={status} />} {said}
        </span>
        <span class="room" />
        <button class="plain" aria-label="Dark or light" title="Dark or light" onClick={turn}>
          <Icon name="theme" />
        </button>
      </header>
      <p class="muted">{[path, alias && run_id, started_at && moment(started_at), (tags ?? []).join(", "), made].filter(Boolean).join(" · ")}</p>
      {notes && <Markdown text={notes} />}
      {[...losses(run), ...limits].map((text) => (
        <p key={text} class="limit">
          {text}
        </p>
      ))}
      <Charts />
      <Ranks />
      <Pictures name="images" of={content.pictures} />
      <Pictures name="figures" of={content.figures} />
      <Texts />
      <Histograms />
      <Tables />
      <Samples />
      <section class="info" aria-label="Values">
        <div>
          <Values name="config" values={run.config} />
          <Values name="summary" values={run.summary} />
        </div>
        <div>
          <Life run={run} />
          <Writers writers={run.writers} />
          <Values name="environment" values={run.environment} />
        </div>
      </section>
      <Events />
      <Text />
    </main>
  );
}

follow();
document.title = `${content.run.alias || content.run.run_id} · runicorn`;
render(<Page />, document.body);
