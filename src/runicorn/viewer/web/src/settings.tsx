// The page "/settings": how things look in this browser, and what the viewer is.
import { signal } from "@preact/signals";
import { Bar } from "./parts/bar";
import { count } from "./parts/format";
import { Overs, PAGE_KEYS, turnOver } from "./parts/overs";
import { get } from "./server/api";
import * as keys from "./state/keys";
import { choose, chosen, type Theme } from "./state/theme";
import { MOST_COLUMNS, set, settings, type Settings } from "./state/settings";

interface Info {
  version: string;
  roots: { root: string; runs: number }[];
}

const info = signal<Info | null>(null);

export default function Page() {
  return (
    <div class="page">
      <Bar skip={[".content", "Go to the settings"]} crumbs={<span class="crumb">settings</span>} />
      <main class="paper" tabIndex={-1}>
        <h2>Settings</h2>
        <p class="muted">They are kept in this browser, for all roots. What is on the screen is in its address instead.</p>
        <Choice<Theme> name="Colours" options={{ system: "as the system", light: "light", dark: "dark" }} value={chosen.value} set={choose} />
        <Choice<Settings["density"]>
          name="Rows"
          options={{ compact: "compact", roomy: "roomy" }}
          value={settings.value.density}
          set={(density) => set({ density })}
        />
        <label class="setting">
          <span>Columns that the table shows by default</span>
          <input
            type="number"
            min={0}
            max={MOST_COLUMNS}
            value={settings.value.columns}
            onChange={({ currentTarget }) => currentTarget.validity.valid && currentTarget.value && set({ columns: currentTarget.valueAsNumber })}
          />
        </label>
        <p>
          <button class="switch on" onClick={turnOver("help")}>
            all keys <kbd>?</kbd>
          </button>
        </p>
        <h2>This viewer</h2>
        {info.value && <About info={info.value} />}
      </main>
      <Overs />
    </div>
  );
}

function Choice<T extends string>({ name, options, value, set }: { name: string; options: Record<T, string>; value: T; set: (value: T) => void }) {
  return (
    <fieldset class="setting">
      <legend>{name}</legend>
      {(Object.keys(options) as T[]).map((one) => (
        <label key={one}>
          <input type="radio" name={name} checked={one === value} onChange={() => set(one)} /> {options[one]}
        </label>
      ))}
    </fieldset>
  );
}

function About({ info: { version, roots } }: { info: Info }) {
  return (
    <dl class="about">
      <dt>version</dt>
      <dd>Runicorn {version}</dd>
      <dt>{roots.length > 1 ? "roots" : "root"}</dt>
      {roots.map(({ root, runs }, number) => (
        <dd key={root}>
          <a href={number ? `/?root=${number}` : "/"}>{root}</a> <span class="amount">{count(runs)} runs</span>
        </dd>
      ))}
    </dl>
  );
}

/** Begins to follow keys. */
export function begin(): void {
  document.title = "Settings · runicorn";
  keys.follow(PAGE_KEYS);
  void get<Info>("info").then((told) => (info.value = told), () => undefined);
}
