// Where the run is: its path, which leads to the table, and its neighbours there.
import { Icon } from "../parts/icon";
import { rooted } from "../state/place";
import { beside, workspace } from "./acts";
import { among } from "./neighbours";
import { told } from "./run";

export function Crumbs() {
  const names = (told.value?.path ?? "").split("/").filter(Boolean);
  return names.map((name, at) => (
    <a key={at} class="crumb" href={rooted(`/?path=${names.slice(0, at + 1).map(encodeURIComponent).join("/")}`)}>
      {name}
    </a>
  ));
}

/** Leads to the run before and behind this one, in the table that it was opened from. */
export function Neighbours() {
  if (!among.value || among.value.at === null) return null;
  const { at, found, previous, next } = among.value;
  return (
    <nav class="neighbours" aria-label="Runs of the table">
      <Step run={previous} words="Previous run ([)" icon="left" />
      <a class="plain muted" href={workspace()} title="Up to the table (u)">
        {at + 1} of {found}
      </a>
      <Step run={next} words="Next run (])" icon="right" />
    </nav>
  );
}

function Step({ run, words, icon }: { run: string | null; words: string; icon: "left" | "right" }) {
  if (!run) return <span class="plain none"><Icon name={icon} /></span>;
  return (
    <a class="plain" href={beside(run)} aria-label={words} title={words}>
      <Icon name={icon} />
    </a>
  );
}
