// The page "/trash": the runs that are in the trash, and the way back.
import { effect, signal } from "@preact/signals";
import { AnyRoot } from "./parts/any-root";
import { Bar } from "./parts/bar";
import { ago, count, moment } from "./parts/format";
import { Overs, PAGE_KEYS } from "./parts/overs";
import { Status } from "./runs/cells";
import { toRows, type Row } from "./runs/result";
import { get, Refused, type RunsAnswer } from "./server/api";
import { edit, edited } from "./state/edits";
import * as keys from "./state/keys";
import { calm, listen } from "./state/live";
import { rooted } from "./state/place";
import { mayEdit } from "./state/rights";

const MOST = 500;

const found = signal<{ rows: Row[]; total: number } | null>(null);
const problem = signal("");

async function renew(): Promise<void> {
  try {
    const answer = await get<RunsAnswer>("runs", { trash: 1, sort: "-trashed_at", cols: "trashed_at,host", hi: MOST });
    found.value = { rows: toRows(answer), total: answer.found };
    problem.value = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.message;
  }
}

async function restore(runs: Row[]): Promise<void> {
  const name = runs.length === 1 ? runs[0].alias || runs[0].run : `${count(runs.length)} runs`;
  await edit(runs.map(({ run }) => ({ run, changes: { trashed_at: null } })), `Restored ${name}.`);
}

export default function Trash() {
  const { rows, total } = found.value ?? { rows: [], total: 0 };
  return (
    <div class="page">
      <Bar skip={[".content", "Go to the runs"]} crumbs={<span class="crumb">trash</span>}>
        <AnyRoot />
      </Bar>
      <main class="paper" tabIndex={-1}>
        <h2>Trash</h2>
        {problem.value && <p class="broken">{problem.value}</p>}
        {found.value && !total && <p class="muted">The trash is empty. In the table of runs, mark some with x and press Delete.</p>}
        {total > 0 && (
          <>
            <p class="muted">
              Runs that are not listed anywhere else. Nothing is deleted: their files stay where they are until you remove their folders.
              {total > rows.length && ` The latest ${count(rows.length)} are shown.`}
            </p>
            <table class="trashed">
              <thead>
                <tr>
                  <th>run</th>
                  <th>path</th>
                  <th>status</th>
                  <th>put here</th>
                  <td>
                    {mayEdit() && rows.length > 1 && (
                      <button class="switch" onClick={() => void restore(rows)}>
                        restore {rows.length < total ? `these ${count(rows.length)}` : "all"}
                      </button>
                    )}
                  </td>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Trashed key={row.run} row={row} />
                ))}
              </tbody>
            </table>
          </>
        )}
      </main>
      <Overs />
    </div>
  );
}

function Trashed({ row }: { row: Row }) {
  const at = Number(row.trashed_at);
  return (
    <tr>
      <td title={row.run}>{row.alias || row.run}</td>
      <td>
        <a href={rooted(`/?path=${encodeURIComponent(row.path)}`)}>{row.path}</a>
      </td>
      <td>
        <Status status={row.status} />
      </td>
      <td title={moment(at)}>{ago(at, Date.now() / 1000)}</td>
      <td>
        {mayEdit() && (
          <button class="switch on" aria-label={`Restore ${row.alias || row.run}`} onClick={() => void restore([row])}>
            restore
          </button>
        )}
      </td>
    </tr>
  );
}

/** Begins to follow keys and the server. */
export function begin(): void {
  document.title = "Trash · runicorn";
  keys.follow(PAGE_KEYS);
  const again = calm(() => void renew(), 300);
  effect(() => {
    void edited.value;
    void renew();
  });
  listen({ runs: () => ({ all: [], open: [] }), onRuns: again, onRun: () => undefined });
}
