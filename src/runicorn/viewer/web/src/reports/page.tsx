// The page "/reports": Markdown files that people keep in the root, and one of them, as it is whenever it is saved.
import { computed, effect, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { AnyRoot } from "../parts/any-root";
import { Bar } from "../parts/bar";
import { ago, moment } from "../parts/format";
import { Markdown } from "../parts/markdown";
import { offers } from "../parts/offers";
import { Overs, PAGE_KEYS } from "../parts/overs";
import { get, Refused } from "../server/api";
import * as keys from "../state/keys";
import { join } from "../state/lists";
import { calm, listen } from "../state/live";
import { place, rooted } from "../state/place";
import { ways } from "./ways";

interface Report {
  title: string;
  changed: number;
  text: string;
}

interface List {
  folder: string;
  reports: (Omit<Report, "text"> & { name: string })[];
}

const parts = computed(() => ["", ...place.value.rest]);
const at = computed(() => parts.value.map(encodeURIComponent).join("/"));
const list = signal<List | null>(null);
const report = signal<Report | null>(null);
const problem = signal("");

const pageOf = (name: string) => rooted(`/reports/${name.split("/").map(encodeURIComponent).join("/")}`);
const KEYS = [{ section: "Reports", key: "u", does: "all reports", run: () => location.assign(rooted("/reports")) }];

export default function Page() {
  const name = place.value.rest.join("/");
  const crumbs = (
    <>
      <a class="crumb" href={rooted("/reports")}>
        reports
      </a>
      {name && <span class="crumb">{name}</span>}
    </>
  );
  return (
    <div class="page">
      <Bar skip={[".paper", name ? "Go to the report" : "Go to the reports"]} crumbs={crumbs}>
        {!name && <AnyRoot />}
      </Bar>
      <main class={name ? "paper report" : "paper"} tabIndex={-1}>
        {problem.value && <p class="broken">{problem.value}</p>}
        {report.value && (
          <p class="muted">
            {name}, saved <Changed at={report.value.changed} />
          </p>
        )}
        {report.value && <Shown text={report.value.text} />}
        {list.value && <Listed list={list.value} />}
      </main>
      <Overs />
    </div>
  );
}

function Shown({ text }: { text: string }) {
  useLayoutEffect(() => {
    const heading = [...document.querySelectorAll(".anchor")].find((one) => one.getAttribute("href") === decoded(location.hash));
    heading?.scrollIntoView();
  }, []);
  return <Markdown text={text} ways={ways()} />;
}

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

function Listed({ list: { folder, reports } }: { list: List }) {
  return (
    <>
      <h2>Reports</h2>
      <p class={reports.length ? "muted" : ""}>
        {!reports.length && "None yet. "}
        A report is a file of Markdown, such as <code>{folder}/first.md</code>, written with any editor; each chart's menu copies a panel for one.
      </p>
      <ul class="reports">
        {reports.map(({ name, title, changed }) => (
          <li key={name}>
            <a href={pageOf(name)}>{title}</a>
            <span class="muted">{name}</span>
            <Changed at={changed} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Changed({ at }: { at: number }) {
  return (
    <time class="muted" title={moment(at)}>
      {ago(at, Date.now() / 1000)}
    </time>
  );
}

let latest = 0;

async function renew(): Promise<void> {
  const turn = ++latest;
  try {
    const told = await get<List | Report>(`reports${at.value}`);
    if (turn !== latest) return;
    if ("reports" in told) list.value = told;
    else report.value = told;
    document.title = `${"reports" in told ? "reports" : told.title} · runicorn`;
    problem.value = "";
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (turn === latest) problem.value = error.message;
  }
}

/** Begins to follow keys and the server. */
export function begin(): void {
  document.title = "reports · runicorn";
  keys.follow([...PAGE_KEYS, ...(parts.peek().length > 1 ? KEYS : [])]);
  offers.value = () => (list.peek()?.reports ?? []).map(({ name, title }) => ({ kind: "report", text: title, run: () => location.assign(pageOf(name)) }));
  effect(() => void renew());
  const soon = calm(() => void renew(), 100);
  const watched = `/reports${parts.peek().join("/")}`;
  const all = [join([watched])];
  listen({ runs: () => ({ all, open: all }), onRuns: () => undefined, onRun: (run) => [watched, ...all].includes(run) && soon() });
}
