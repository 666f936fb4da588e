// One artifact: its versions, and of one of them which runs made it and which used it.
import { signal, useComputed, useSignal, useSignalEffect, type Signal } from "@preact/signals";
import { ago, bytes, count, moment } from "../parts/format";
import { Icon } from "../parts/icon";
import { Rows } from "../parts/rows";
import { Windows } from "../parts/windows";
import type { Refused } from "../server/api";
import { rooted, runPage } from "../state/place";
import { uses, versions, type Kind, type Side, type Use, type Version } from "./answers";
import { choose, chosen } from "./choice";

const HEIGHT = 26;
const MORE = 100;
const DIGITS = 12; // of a digest

const again = signal(0);

/** Has what is shown asked for again. */
export function outdate(): void {
  again.value++;
}

export function Detail({ kind: asked, name }: { kind: string; name: string }) {
  const kind = useSignal(asked);
  const windows = useComputed(
    () =>
      new Windows<Version>(async (lo, hi) => {
        const answer = await versions({ kind: asked, name, lo, hi });
        kind.value = answer.kind;
        return { found: answer.found, rows: answer.versions };
      }),
  );
  useSignalEffect(() => {
    if (again.value) windows.peek().renew();
  });
  const found = windows.value.found.value;
  const { version } = chosen.value;
  return (
    <section class="one-artifact" aria-label={name}>
      <header>
        <h2>{name}</h2>
        <span class="muted">{kind.value}</span>
        <button class="plain" aria-label="Close" title="Close (Esc)" onClick={() => choose("", "")}>
          <Icon name="close" />
        </button>
      </header>
      {windows.value.problem.value && <p class="broken">{windows.value.problem.value}</p>}
      <h3>
        {found < 0 ? "" : count(found)} {found === 1 ? "version" : "versions"}
      </h3>
      <div class="versions" style={{ height: `${Math.min(8, Math.max(1, found)) * HEIGHT + 2}px` }}>
        <Rows windows={windows.value} label="Versions" height={HEIGHT} current={-1}>
          {(one, at) => <Line kind={kind.value as Kind} name={name} version={one} open={version ? isMeant(one, version) : at === 0} />}
        </Rows>
      </div>
      <Lineage kind={asked} name={name} version={version} />
    </section>
  );
}

function isMeant({ number, digest }: Version, version: string): boolean {
  return String(number) === version || (version.length > 5 && digest.startsWith(version));
}

function Line({ kind, name, version, open }: { kind: Kind; name: string; version: Version; open: boolean }) {
  const { number, digest, size, files, time, archived, made, used } = version;
  return (
    <button class={`version ${open ? "chosen" : ""}`} aria-pressed={open} onClick={() => choose(kind, name, number)}>
      <b>v{number}</b>
      <code title={digest}>{digest ? digest.slice(0, DIGITS) : "no digest"}</code>
      <span>{[size === null ? "" : bytes(size), files === null ? "" : `${count(files)} ${files === 1 ? "file" : "files"}`].filter(Boolean).join(", ")}</span>
      <span class="muted">{archived ? "" : "not archived"}</span>
      <span class="muted">{[made && `made by ${count(made)}`, used && `used by ${count(used)}`].filter(Boolean).join(", ")}</span>
      <span class="muted" title={moment(time)}>
        {ago(time, Date.now() / 1000)}
      </span>
    </button>
  );
}

/** The runs that made the content on the left, those that used it on the right. */
function Lineage({ kind, name, version }: { kind: string; name: string; version: string }) {
  const hi = useSignal(MORE);
  const found = useSignal<{ made: Side; used: Side } | null>(null);
  const problem = useSignal("");
  const which = useSignal(version);
  which.value = version;
  useSignalEffect(() => {
    void again.value;
    uses({ kind, name, version: which.value, hi: hi.value }).then(
      (answer) => ([found.value, problem.value] = [answer, ""]),
      (error: Refused) => (problem.value = error.message),
    );
  });
  if (problem.value) return <p class="broken">{problem.value}</p>;
  if (!found.value) return null;
  const { made, used } = found.value;
  const kept = [...made.runs, ...used.runs].find(({ copy }) => copy);
  return (
    <>
      {kept && (
        <p>
          <a href={address(kept)}>What is in it</a> <span class="muted">files, previews and downloads, at a run that has it</span>
        </p>
      )}
      <div class="lineage">
        <Runs title="made by" side={made} none="no run that is here" hi={hi} />
        <span class="arrow" aria-hidden="true">
          →
        </span>
        <Runs title="used by" side={used} none="no run" hi={hi} />
      </div>
    </>
  );
}

function Runs({ title, side, none, hi }: { title: string; side: Side; none: string; hi: Signal<number> }) {
  return (
    <section aria-label={title}>
      <h3>
        {title} <span class="amount">{side.found ? count(side.found) : ""}</span>
      </h3>
      {!side.found && <p class="muted">{none}</p>}
      <ul>
        {side.runs.map((use) => (
          <li key={`${use.run} ${use.kind} ${use.name}`}>
            <a href={address(use)}>{use.alias || use.run}</a>
            <span class="muted">{use.path}</span>
            <span class="muted as" title={moment(use.time)}>{`${use.kind}: ${use.name}`}</span>
          </li>
        ))}
      </ul>
      {side.found > side.runs.length && (
        <button class="link" onClick={() => (hi.value += MORE)}>
          {count(side.found - side.runs.length)} more
        </button>
      )}
    </section>
  );
}

function address({ run, kind, copy }: Use): string {
  if (kind === "code") return rooted(runPage(run, "code"));
  const said = new URLSearchParams({ ...(kind === "outputs" ? {} : { kind }), ...(copy ? { copy } : {}) });
  return rooted(`${runPage(run, "data")}?${said}`);
}
