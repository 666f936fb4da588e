// One entry: what is known of it, its files, one of them as far as it can be shown, and who else used it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, moment, value } from "../parts/format";
import type { Refused } from "../server/api";
import { rooted, runPage } from "../state/place";
import { own, setOwn } from "../state/view";
import { bytesOf, files, preview, users, type Copy, type Entry, type File, type Kind, type Preview, type User } from "./answers";

const WINDOW = 200;
const inner = own("inner");

export function Detail({ run, kind, entry }: { run: string; kind: Kind; entry: Entry }) {
  const copy: Copy = { run, kind, copy: entry.archive_path ?? "" };
  return (
    <section class="asset" aria-label={entry.name}>
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
          <Users copy={copy} />
          <Files copy={copy} />
        </>
      )}
    </section>
  );
}

function fact(name: string, found: unknown): string {
  if (typeof found !== "number") return value(found);
  if (name.endsWith("_bytes")) return bytes(found);
  return name.endsWith("_at") ? moment(found) : value(found);
}

/** Other runs with the same content: it is asked for when it is wanted, since all runs are looked at. */
function Users({ copy }: { copy: Copy }) {
  const found = useSignal<User[] | null>(null);
  if (!found.value) {
    return (
      <button class="link" onClick={() => void users(copy).then(({ runs }) => (found.value = runs))}>
        Which other runs have this content?
      </button>
    );
  }
  if (!found.value.length) return <p class="muted">No other run has this content.</p>;
  return (
    <ul class="users">
      {found.value.map((one) => (
        <li key={`${one.run} ${one.kind}`}>
          <a href={rooted(runPage(one.run, "data"))}>{one.alias || one.run}</a> <span class="muted">{`${one.path}, among its ${one.kind}`}</span>
        </li>
      ))}
    </ul>
  );
}

function Files({ copy }: { copy: Copy }) {
  const found = useSignal<File[]>([]);
  const more = useSignal(false);
  const problem = useSignal("");
  const load = () => {
    const lo = found.peek().length;
    files(copy, lo, lo + WINDOW).then(
      (answer) => ([found.value, more.value] = [[...found.peek(), ...answer.files], answer.more]),
      (error: Refused) => (problem.value = error.message),
    );
  };
  useEffect(load, [copy.copy]);
  if (problem.value) return <p class="broken">{problem.value}</p>;
  const chosen = found.value.find(({ path }) => path === inner.value) ?? found.value[0];
  return (
    <>
      {found.value.length > 1 && (
        <ul class="inner">
          {found.value.map(({ path, size }) => (
            <li key={path}>
              <button class={path === chosen.path ? "chosen" : ""} onClick={() => setOwn({ inner: path })}>
                <span class="text">{path}</span> <span class="amount">{bytes(size)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {more.value && (
        <button class="link" onClick={load}>
          more files
        </button>
      )}
      {chosen && <Content key={chosen.path} copy={{ ...copy, name: chosen.path }} file={chosen} />}
    </>
  );
}

function Content({ copy, file }: { copy: Copy; file: File }) {
  const found = useSignal<Preview | null>(null);
  useEffect(() => void preview(copy).then((answer) => (found.value = answer), () => undefined), [copy.copy, copy.name]);
  return (
    <section class="content" aria-label={file.path}>
      <header>
        <span class="text">{file.path}</span>
        <span class="amount">{bytes(file.size)}</span>
        <a href={bytesOf(copy)} download>
          download
        </a>
      </header>
      {found.value && <Shown copy={copy} found={found.value} />}
    </section>
  );
}

function Shown({ copy, found }: { copy: Copy; found: Preview }) {
  if (found.picture) return <img src={bytesOf(copy, true)} alt={copy.name} />;
  if (found.members) {
    return (
      <ul class="inner">
        {found.members.map(({ path, size }) => (
          <li key={path}>
            <span class="text">{path}</span> <span class="amount">{bytes(size)}</span>
          </li>
        ))}
      </ul>
    );
  }
  if (found.text === null) return <p class="muted">It is no text.</p>;
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
