// The page of one run: its head, and tabs.
import { computed, effect, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as catalogue from "../charts/catalogue";
import { below } from "../charts/current";
import { placeFlags } from "../charts/flags";
import { outdate, retry } from "../charts/loader";
import { Bar } from "../parts/bar";
import { over, Overs, PAGE_KEYS } from "../parts/overs";
import { alone, follow } from "../runs/shown";
import { edited } from "../state/edits";
import * as keys from "../state/keys";
import { calm, listen } from "../state/live";
import { goTo, place, rooted, runPage } from "../state/place";
import { RUN_KEYS } from "./acts";
import { Copying } from "./copying";
import { Crumbs, Neighbours } from "./crumbs";
import * as cursor from "./cursor";
import { flagsOf } from "./events";
import { until } from "./following";
import { Foot } from "./foot";
import { Header } from "./header";
import { mayHold } from "./holds";
import { renewAmong } from "./neighbours";
import { id, problem, renew, told } from "./run";
import { TABS } from "./tabs";

const SOON = 150; // milliseconds

const open = computed(() => TABS.find(({ name }) => name === place.value.rest[1]) ?? TABS[0]);
/** The components of tabs that are loaded, by name: who turns to another one does not wait for the one before. */
const loaded = signal<Record<string, ComponentType<{ run: string }>>>({});

export default function Page() {
  const Tab = loaded.value[open.value.name];
  return (
    <div class="run-page">
      <Bar skip={[".tab", "Go to the run"]} crumbs={<Crumbs />}>
        <Neighbours />
      </Bar>
      {told.value && <Header run={told.value} />}
      {(told.value || !problem.value) && <Tabs />}
      <main class="tab" tabIndex={-1}>
        {problem.value && <p class="broken">{problem.value.message}</p>}
        {problem.value && !told.value && (
          <p>
            <a href={rooted("/")}>All runs</a>
          </p>
        )}
        {Tab && told.value && <Tab run={id} />}
        {!told.value && !problem.value && <p class="nothing late">Reading what is known of the run …</p>}
      </main>
      {told.value && <Foot />}
      {over.value === "copy" && told.value && <Copying run={told.value} />}
      <Overs />
    </div>
  );
}

function Tabs() {
  const place = useRef<HTMLElement>(null);
  const { name: chosen } = open.value;
  useEffect(() => place.current!.querySelector("[aria-current]")!.scrollIntoView({ block: "nearest", inline: "nearest" }), [chosen]);
  return (
    <nav class="tabs" aria-label="Tabs" ref={place}>
      {TABS.map(({ name, key }) => (
        <a
          key={name}
          href={rooted(runPage(id, name))}
          title={key}
          class={told.value && !mayHold(told.value, name) ? "without" : undefined}
          aria-current={name === chosen ? "page" : undefined}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey || event.shiftKey) return;
            event.preventDefault();
            goTo(runPage(id, name));
          }}
        >
          {name}
        </a>
      ))}
    </nav>
  );
}

/** Begins to follow keys, the address and the server; resolves when there is something to draw. */
export function begin(): Promise<void> {
  keys.follow([
    ...PAGE_KEYS,
    ...RUN_KEYS,
    ...cursor.CURSOR_KEYS,
    ...TABS.map(({ name, key }) => ({ section: "Tabs", key, does: name, run: () => goTo(runPage(id, name)) })),
  ]);
  effect(() => {
    const { name, load } = open.value;
    void load().then(async ({ default: Tab, begin }) => {
      if (!loaded.peek()[name]) await Promise.race([begin?.(), soon()]);
      loaded.value = { ...loaded.peek(), [name]: Tab };
    });
  });
  effect(() => {
    const known = told.value;
    const ranks = new Set(known?.writers.map(({ rank }) => rank)).size;
    alone.value = known && [{ run: id, path: known.path, alias: known.alias, status: known.status, started_at: known.started_at, ranks }];
    const flags = known && flagsOf(known);
    below.value = flags && ((...plot) => placeFlags(flags, ...plot));
    document.title = `${known?.alias || id} · runicorn`;
  });
  follow();
  cursor.follow();
  catalogue.follow();
  effect(() => {
    void edited.value;
    void renew();
  });
  const again = calm(() => void renew(), 1000);
  const placed = calm(() => void renewAmong(), 5000);
  const metrics = calm(() => void catalogue.renewMetrics().catch(() => undefined), 1000);
  listen({
    runs: () => ({ all: [id], open: told.peek()?.status === "running" ? [id] : [] }),
    onRuns: (revision) => {
      retry();
      if (revision === told.peek()?.revision) return;
      again();
      placed();
    },
    onRun: (run) => {
      if (run !== id) return;
      outdate(run);
      metrics();
      again();
    },
  });
  const drawn = drawable();
  void drawn.then(() => effect(() => void (edited.value, renewAmong())));
  return drawn;
}

/** Resolves when the run and the open tab are there, so that they are laid out once; or soon, if they are not. */
function drawable(): Promise<void> {
  return Promise.race([until(() => (told.value || problem.value) && loaded.value[open.value.name]), soon()]);
}

function soon(): Promise<void> {
  return new Promise((done) => setTimeout(done, SOON));
}
