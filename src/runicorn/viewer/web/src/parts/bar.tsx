// The head of each page: where we are, what the page tells, and what else there is.
import type { ComponentChildren } from "preact";
import { connected } from "../state/live";
import { rooted } from "../state/place";
import { mayEdit, READ_ONLY } from "../state/rights";
import { turn } from "../state/theme";
import { Icon } from "./icon";
import { over } from "./overs";

/** Those that lie beside the workspace, by their names. */
export const PAGES = [
  ["Alerts", "crashed"],
  ["Artifacts", "box"],
  ["Reports", "note"],
  ["Host", "host"],
  ["Trash", "trash"],
  ["Settings", "settings"],
] as const;

interface BarProps {
  /** The names that lead here, as links or buttons. */
  crumbs: ComponentChildren;
  /** What a skip link leads to, as a selector, and its words. */
  skip: [string, string];
  children?: ComponentChildren;
}

export function Bar({ crumbs, skip: [main, words], children }: BarProps) {
  return (
    <header class="bar">
      <button class="skip" onClick={() => document.querySelector<HTMLElement>(main)?.focus()}>
        {words}
      </button>
      <h1>
        <a class="brand" href={rooted("/")}>
          runicorn
        </a>
      </h1>
      <nav class="crumbs" aria-label="Path">
        {crumbs}
      </nav>
      <span class="room" />
      {!connected.value && (
        <span class="offline" role="status">
          The viewer does not answer; trying again …
        </span>
      )}
      {!mayEdit() && (
        <span class="muted word" title={READ_ONLY}>
          read only
        </span>
      )}
      {children}
      <button class="switch" onClick={() => (over.value = "palette")}>
        find <kbd>Ctrl K</kbd>
      </button>
      {PAGES.map(([name, icon]) => (
        <a class="plain" href={rooted(`/${name.toLowerCase()}`)} aria-label={name} title={name}>
          <Icon name={icon} />
        </a>
      ))}
      <button class="plain" aria-label="Dark or light" title="Dark or light (d)" onClick={turn}>
        <Icon name="theme" />
      </button>
      <button class="plain" aria-label="Keys" title="Keys (?)" onClick={() => (over.value = "help")}>
        ?
      </button>
    </header>
  );
}
