// The head of the page: where we are, what runs, and what else there is.
import { over } from "../actions";
import { change, part } from "../state/view";
import { connected } from "../state/live";
import { turn } from "../state/theme";
import { paths } from "../runs/tree";
import { Icon } from "./icon";

const path = part((view) => view.path);

export function Bar() {
  const names = path.value.split("/").filter(Boolean);
  return (
    <header class="bar">
      <button class="skip" onClick={() => document.querySelector<HTMLElement>(".table")?.focus()}>
        Go to the runs
      </button>
      <h1>
        <a class="brand" href="/">
          runicorn
        </a>
      </h1>
      <nav class="crumbs" aria-label="Path">
        {names.map((name, at) => (
          <button key={at} class="crumb" onClick={() => change({ path: names.slice(0, at + 1).join("/") })}>
            {name}
          </button>
        ))}
      </nav>
      <span class="room" />
      {!connected.value && (
        <span class="offline" role="status">
          The viewer does not answer; trying again …
        </span>
      )}
      {paths.value.running > 0 && (
        <button class="switch" title="Show only these" onClick={() => change({ query: "status=running" })}>
          <span class="status running">
            <Icon name="running" />
            {paths.value.running} running
          </span>
        </button>
      )}
      <button class="switch" onClick={() => (over.value = "palette")}>
        find <kbd>Ctrl K</kbd>
      </button>
      <button class="plain" aria-label="Dark or light" title="Dark or light (d)" onClick={turn}>
        <Icon name="theme" />
      </button>
      <button class="plain" aria-label="Keys" title="Keys (?)" onClick={() => (over.value = "help")}>
        ?
      </button>
    </header>
  );
}
