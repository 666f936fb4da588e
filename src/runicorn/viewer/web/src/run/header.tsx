// What a run is, in two lines: its name, how it goes, and what people said of it.
import { useNow } from "../parts/clock";
import { Editable } from "../parts/editable";
import { count, duration, moment, number } from "../parts/format";
import { Icon, known } from "../parts/icon";
import { over } from "../parts/overs";
import { isSilent } from "../parts/silence";
import { address } from "../server/api";
import { rooted, runPage } from "../state/place";
import { mayEdit } from "../state/rights";
import { change, restore, trash } from "./acts";
import { losses } from "./losses";
import { among } from "./neighbours";
import { Notes, Tags } from "./said";
import { heard, type Told } from "./run";
import { joined, lastHeard, passed, progress, sentence } from "./state";

export function Header({ run }: { run: Told }) {
  const running = run.status === "running";
  return (
    <section class="of-run" aria-label="About the run">
      <div class="first">
        <h2>
          <Editable label="alias" value={run.alias ?? ""} title="Edit the alias (A)" save={(alias) => change({ alias: alias || null }, alias ? `The alias is ${alias}.` : "The alias is removed.")}>
            {run.alias || run.run_id}
          </Editable>
        </h2>
        <State run={run} />
        <Progress run={run} />
        <span class="room" />
        <Loud run={run} />
        <Best run={run} />
        {!running && <span class="muted when">{run.started_at ? moment(run.started_at) : ""}</span>}
        <a class="switch" id="file" href={address(`runs/${encodeURIComponent(run.run_id)}/file.html`)} download title="Download one HTML file that shows it without a server: charts, values, text, and some of its media; it says what is not in it (E)">
          export
        </a>
        <button class="switch" title="Copy id, folder, address or Python (c)" onClick={() => (over.value = "copy")}>
          copy
        </button>
        {mayEdit() && (
          <button class="switch" title={run.meta.trashed_at ? "Take it out of the trash" : "Move to the trash (Delete)"} onClick={run.meta.trashed_at ? restore : trash}>
            {run.meta.trashed_at ? "restore" : "trash"}
          </button>
        )}
      </div>
      <div class="second">
        {run.alias && <span class="muted id">{run.run_id}</span>}
        <Tags run={run} />
        <Editable label="group" value={run.group ?? ""} title="Edit the group (G)" save={(group) => change({ group: group || null }, group ? `The group is ${group}.` : "It is in no group.")}>
          {run.group ? <span>group {run.group}</span> : mayEdit() && <span class="muted">+ group</span>}
        </Editable>
        <Notes run={run} />
      </div>
    </section>
  );
}

/** An icon, a word and a sentence, and for how long it has been running. */
function State({ run }: { run: Told }) {
  const running = run.status === "running";
  const now = useNow(running);
  const silent = heard(now);
  const said = joined(run.status, sentence(run, now, silent));
  return (
    <span class="state" role="status">
      <span class={`status ${run.status === "running" && isSilent(silent) ? "silent" : run.status}`} title={said}>
        {known(run.status) && <Icon name={run.status} />}
        <span class="text">{said}</span>
      </span>
      {run.status !== "finished" && <span class="muted took">{duration(passed(run, lastHeard(now, silent)))}</span>}
      {!!run.meta.trashed_at && <span class="in-trash">in the trash</span>}
    </span>
  );
}

/** Says so where something was lost, whatever tab is open. */
function Loud({ run }: { run: Told }) {
  const [first, ...more] = losses(run);
  if (!first) return null;
  return (
    <a class="loud" href={rooted(runPage(run.run_id, "info"))} title={[first, ...more].join("\n")}>
      <Icon name="crashed" />
      {more.length ? `${more.length + 1} problems` : first.split(":")[0]}
    </a>
  );
}

function Progress({ run }: { run: Told }) {
  const now = useNow(run.status === "running");
  const silent = heard(now);
  const found = progress(run, now, silent);
  if (!found) return null;
  const { step, total, part, left } = found;
  return (
    <span class="progress" title={`step ${count(step)} of ${count(total)}`}>
      <progress value={part} aria-label="Progress" />
      <b>{Math.round(part * 100)}%</b>
      {left !== null && <span class="muted">{isSilent(silent) ? `${duration(left)} left when last heard` : `ETA ${duration(left)}`}</span>}
    </span>
  );
}

/** The best value of the primary metric, and how many runs beside it are better. */
function Best({ run }: { run: Told }) {
  const { best_metric_name: name, best_metric_value: value, best_metric_step: step } = run.summary;
  if (typeof name !== "string" || typeof value !== "number") return null;
  const place = among.value?.place;
  return (
    <span class="best" title={`best ${name} = ${value}, at step ${step}${place ? `; ${place[0]} of the ${place[1]} runs in ${run.path}` : ""}`}>
      <span class="muted">best {name}</span> <b>{number(value)}</b>
      {place && place[1] > 1 && (
        <span class="place">
          {place[0]} of {place[1]}
        </span>
      )}
    </span>
  );
}
