// What the page of this machine shows below the daemon.
import type { ComponentChildren } from "preact";
import { bytes, count, number } from "../parts/format";
import { losses } from "../run/losses";
import { Status } from "../runs/cells";
import { runPage } from "../state/place";
import { doing, type Gpu, type Machine as Told, type Open, type Root, type Used } from "./answer";

const COLUMNS = ["run", "path", "processes", "CPU", "memory", "state"];
const LOST = encodeURIComponent("dropped>0 or lost_bytes>0");

/** A sentence, with what stands between ` as a command. */
export function Said({ text }: { text: string }) {
  return <p>{text.split("`").map((part, at) => (at % 2 ? <code>{part}</code> : part))}</p>;
}

/** An address on a page of the root with this number. */
function of(root: number, address: string): string {
  return root ? `${address}${address.includes("?") ? "&" : "?"}root=${root}` : address;
}

export function Runs({ runs, elsewhere }: { runs: Open[]; elsewhere: number }) {
  const others = `${elsewhere === 1 ? "One more is" : `${count(elsewhere)} more are`} in roots that this viewer does not show: \`runid status\` lists them.`;
  return (
    <section aria-label="runs">
      <h3>runs here now</h3>
      {!runs.length && <p class="muted">{elsewhere ? "None of those that this viewer shows." : "No run goes on."}</p>}
      {runs.length > 0 && (
        <table class="host-runs">
          <thead>
            <tr>
              {COLUMNS.map((name) => (
                <th key={name}>{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Run key={run.run} run={run} />
            ))}
          </tbody>
        </table>
      )}
      {elsewhere > 0 && <Said text={others} />}
    </section>
  );
}

function Run({ run: { root, run, path, alias, writers, used, work = [], pending = 0, trouble, heard_seconds_ago = null } }: { run: Open }) {
  const more = [...work.map(doing), ...(pending > work.length ? [`and ${count(pending - work.length)} more`] : [])];
  return (
    <>
      <tr>
        <td>
          <a href={of(root, runPage(run))}>{alias || run}</a>
        </td>
        <td>{path}</td>
        <td>{count(writers)}</td>
        <td>{used?.cpu !== undefined && `${number(used.cpu / 100, 2)} cores`}</td>
        <td>{used?.memory !== undefined && bytes(used.memory)}</td>
        <td>{writers > 0 ? <Status status="running" heard={heard_seconds_ago} /> : "has ended"}</td>
      </tr>
      {(trouble || more.length > 0) && (
        <tr class="more">
          <td colSpan={COLUMNS.length}>
            {trouble && <p class="wrong">{trouble}</p>}
            {more.map((one) => (
              <p key={one}>{one}</p>
            ))}
          </td>
        </tr>
      )}
    </>
  );
}

export function Lost({ roots }: { roots: Root[] }) {
  const runs = roots.reduce((sum, root) => sum + root.runs, 0);
  return (
    <section aria-label="losses">
      <h3>what could not be kept</h3>
      {roots.every(({ lossy }) => !lossy) && <p>Nothing was lost: of {runs === 1 ? "the one run" : `all ${count(runs)} runs`} each event was kept.</p>}
      {roots.map(({ root, lossy, lost }, at) => lossy > 0 && (
        <div key={root} class="losses">
          {lost.map((run) => (
            <p key={run.run}>
              <a href={of(at, runPage(run.run, "info"))}>{run.alias || run.run}</a> <span class="muted">{run.path}</span> {losses({ ...run, problems: [] }).join(" ")}
            </p>
          ))}
          {lossy > lost.length && <a href={of(at, `/?q=${LOST}`)}>all {count(lossy)} runs</a>}
        </div>
      ))}
    </section>
  );
}

export function Disks({ roots }: { roots: Root[] }) {
  return (
    <section aria-label="disks">
      <h3>{roots.length > 1 ? "roots and their disks" : "root and its disk"}</h3>
      <ul class="host-meters">
        {roots.map(({ root, runs, free_bytes, total_bytes, trouble }, at) => (
          <li key={root}>
            <a href={of(at, "/")}>{root}</a>
            <div>
              {free_bytes !== null && total_bytes !== null && (
                <Meter name={`disk of ${root}`} used={total_bytes - free_bytes} total={total_bytes} high={0.95}>
                  {bytes(free_bytes)} free of {bytes(total_bytes)}
                </Meter>
              )}
              {trouble && <p class="wrong">{trouble}</p>}
            </div>
            <span class="muted">{runs === 1 ? "1 run" : `${count(runs)} runs`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Machine({ machine: { os, processor, cores, used, memory, gpus } }: { machine: Told }) {
  return (
    <section aria-label="machine">
      <h3>machine</h3>
      <p class="muted">{[os, processor].filter(Boolean).join(" · ")}</p>
      <ul class="host-meters">
        <li>
          <span>processor</span>
          <Meter name="processor" used={used ?? 0} total={100}>
            {used !== null && `${count(Math.min(100, used))} % of `}
            {number(cores)} cores
          </Meter>
        </li>
        {memory && (
          <li>
            <span>memory</span>
            <Meter name="memory" {...memory} high={0.9}>
              {share(memory)}
            </Meter>
          </li>
        )}
        {gpus.map((gpu) => (
          <OneGpu key={gpu.index} gpu={gpu} />
        ))}
      </ul>
      {!gpus.length && <p class="muted">No GPU that NVIDIA's driver tells of.</p>}
    </section>
  );
}

function OneGpu({ gpu: { index, name, utilization, memory, power, temperature } }: { gpu: Gpu }) {
  const more = [memory && share(memory), power !== undefined && `${count(power)} W`, temperature !== undefined && `${count(temperature)} °C`];
  return (
    <li>
      <span>
        GPU {index} <span class="muted">{name}</span>
      </span>
      {utilization !== undefined && (
        <Meter name={`GPU ${index}`} used={utilization} total={100}>
          {count(utilization)} %
        </Meter>
      )}
      <span>{more.filter(Boolean).join(", ")}</span>
    </li>
  );
}

function share({ used, total }: Used): string {
  return `${bytes(used)} of ${bytes(total)}`;
}

interface MeterProps extends Used {
  name: string;
  /** From which part of all on there is little left; a processor may be as busy as it can. */
  high?: number;
  children: ComponentChildren;
}

function Meter({ name, used, total, high = 1, children }: MeterProps) {
  return (
    <span class="host-meter">
      <meter aria-label={name} min={0} max={total} high={high * total} value={used} />
      <span>{children}</span>
    </span>
  );
}
