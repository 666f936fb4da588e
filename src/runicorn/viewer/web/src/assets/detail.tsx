// One entry: what is known of it, its files, one of them as far as it can be shown, and who else used it.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, count, moment, value } from "../parts/format";
import { Rows } from "../parts/rows";
import type { Refused } from "../server/api";
import { rooted, runPage } from "../state/place";
import { own, setOwn } from "../state/view";
import { bytesOf, preview, users, type Copy, type Entry, type Kind, type Preview, type User } from "./answers";
import { inside } from "./meant";

const HEIGHT = 24;
const MOST = 14; // files that are seen at once
const inner = own("inner");
const find = own("find-file");

export function Detail({ run, kind, entry }: { run: string; kind: Kind; entry: Entry }) {
  const copy: Copy = { run, kind, copy: entry.archive_path ?? "" };
  const found = useSignal<User[] | null>(null);
  return (
    <section class="asset" aria-label={`About ${entry.name}`}>
      <h3>{entry.name}</h3>
      <dl>
        {Object.entries(entry)
          .filter(([name, found]) => name !== "name" && found !== null && name !== "stamp")
          .map(([name, found]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fact(name, found)}</dd>
            </div>
          ))}
      </dl>
      {entry.saved && entry.archive_path && (
        <>
          <p class="more-of-it">
            <a class="link" href={rooted(`/artifacts/${encodeURIComponent(entry.key ?? entry.name)}?kind=${kind}`)}>
              All versions
            </a>
            <Asking copy={copy} found={found} />
          </p>
          {found.value && <Users found={found.value} />}
          <Files copy={copy} />
        </>
      )}
    </section>
  );
}

function fact(name: string, found: unknown): string {
  if (name === "metric" && found && typeof found === "object") return measured(found as Metric);
  if (typeof found !== "number") return value(found);
  if (name.endsWith("_bytes")) return bytes(found);
  return name.endsWith("_at") ? moment(found) : value(found);
}

/** What an output was worth when it was archived. */
interface Metric {
  name?: string;
  mode?: string;
  value?: number | null;
}

function measured({ name, mode, value: worth }: Metric): string {
  return `${name} ${value(worth)}${mode ? ` (${mode})` : ""}`;
}

/** Other runs with the same content: it is asked for when it is wanted, since all runs are looked at. */
function Asking({ copy, found }: { copy: Copy; found: Signal<User[] | null> }) {
  if (found.value) return found.value.length ? null : <span class="muted">No other run has this content.</span>;
  return (
    <button class="link who" title="(w)" onClick={() => void users(copy).then(({ runs }) => (found.value = runs))}>
      Which other runs have this content?
    </button>
  );
}

function Users({ found }: { found: User[] }) {
  return (
    <ul class="users">
      {found.map((one) => (
        <li key={`${one.run} ${one.kind}`}>
          <a href={rooted(runPage(one.run, "data"))}>{one.alias || one.run}</a> <span class="muted">{`${one.path}, among its ${one.kind}`}</span>
        </li>
      ))}
    </ul>
  );
}

function Files({ copy }: { copy: Copy }) {
  const list = inside.value;
  void list.arrived.value;
  const found = list.found.value;
  useEffect(() => list.want(0, 1), [list]);
  const first = list.row(0);
  const name = inner.value || first?.path;
  return (
    <>
      {list.problem.value && <p class="broken">{list.problem.value}</p>}
      {(found > 1 || find.value) && (
        <>
          <header>
            <span class="muted">{count(found)} {found === 1 ? "file" : "files"}</span>
            <input
              type="search"
              placeholder="find files"
              aria-label="Find files"
              value={find.value}
              onInput={(event) => setOwn({ "find-file": event.currentTarget.value }, true)}
            />
          </header>
          <div class="inner" style={{ height: `${Math.min(MOST, Math.max(1, found)) * HEIGHT + 2}px` }}>
            <Rows windows={list} label="Files" height={HEIGHT} current={-1}>
              {({ path, size }) => (
                <button class={path === name ? "chosen" : ""} aria-pressed={path === name} onClick={() => setOwn({ inner: path })}>
                  <span class="text" title={path}>
                    {path}
                  </span>
                  <span class="amount">{bytes(size)}</span>
                </button>
              )}
            </Rows>
          </div>
        </>
      )}
      {name !== undefined && <Content key={name} copy={{ ...copy, name }} />}
    </>
  );
}

function Content({ copy }: { copy: Copy }) {
  const found = useSignal<Preview | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    preview(copy).then(
      (answer) => (found.value = answer),
      (error: Refused) => (problem.value = error.message),
    );
  }, [copy.copy, copy.name]);
  return (
    <section class="content" aria-label={copy.name}>
      <header>
        <span class="text">{copy.name}</span>
        <span class="amount">{found.value && bytes(found.value.size)}</span>
        <a href={bytesOf(copy)} download title="Download (D)">
          download
        </a>
      </header>
      {problem.value && <p class="broken">{problem.value}</p>}
      {found.value && <Shown copy={copy} found={found.value} />}
    </section>
  );
}

function Shown({ copy, found }: { copy: Copy; found: Preview }) {
  if (found.picture) return <img src={bytesOf(copy, true)} alt={copy.name} />;
  if (found.members) {
    return (
      <ul class="members">
        {found.cut && <li class="muted">the first {count(found.members.length)} of what it holds</li>}
        {found.members.map(({ path, size }) => (
          <li key={path}>
            <span class="text">{path}</span> <span class="amount">{bytes(size)}</span>
          </li>
        ))}
      </ul>
    );
  }
  if (found.text === null) return <p class="muted">There is no preview: it is neither text, a picture nor an archive.</p>;
  return (
    <pre>
      {pretty(copy.name ?? "", found)}
      {found.cut && <span class="muted">{"\n… the rest is not shown"}</span>}
    </pre>
  );
}

function pretty(name: string, { text, cut }: Preview): string {
  if (cut || !name.endsWith(".json")) return text ?? "";
  try {
    return JSON.stringify(JSON.parse(text ?? ""), null, 2);
  } catch {
    return text ?? "";
  }
}
