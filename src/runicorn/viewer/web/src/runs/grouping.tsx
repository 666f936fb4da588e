// By which key the table is sorted and grouped, what is told of a group, and which columns there are.
import { over } from "../parts/overs";
import { Icon } from "../parts/icon";
import { change, part, setOwn } from "../state/view";
import { differing } from "./geometry";
import { available, fetched } from "./keys";
import { worded } from "./kinds";
import { foldAll } from "./plan";
import { aggregate, hasSpread } from "./result";

const group = part((view) => view.group);
const sort = part((view) => view.sort);
const FIELDS = ["path", "status", "group", "host"];
const AGGREGATES = ["mean", "std", "sem", "ci95", "min", "max"];

export function Grouping() {
  const settings = Object.keys(available.value?.config ?? {}).map((name) => `config.${name}`);
  const keys = new Set(["", ...FIELDS, ...settings, group.value]);
  return (
    <>
      <Sorting />
      <label class="choice">
        group
        <select value={group.value} onChange={(event) => change({ group: event.currentTarget.value })}>
          {[...keys].map((key) => (
            <option key={key} value={key}>
              {key || "none"}
            </option>
          ))}
        </select>
      </label>
      {group.value && <OfGroups />}
      <button
        class={`switch ${differing.value ? "on" : ""}`}
        aria-pressed={differing.value !== ""}
        title="Only columns in which the rows differ (D)"
        onClick={turnDiffering}
      >
        differing
      </button>
      <button class="switch" title="Choose the columns (C)" onClick={() => (over.value = "columns")}>
        <Icon name="columns" /> columns
      </button>
    </>
  );
}

function Sorting() {
  const [first = ""] = sort.value;
  const [key, down] = [first.replace(/^-/, ""), first.startsWith("-")];
  const keys = new Set(["", ...fetched.value, key]);
  return (
    <label class="choice">
      sort
      <select value={key} onChange={(event) => change({ sort: event.currentTarget.value ? [`-${event.currentTarget.value}`] : [] })}>
        {[...keys].map((one) => (
          <option key={one} value={one}>
            {one ? worded(one) : "newest first"}
          </option>
        ))}
      </select>
      {key && (
        <button class="switch" title="Turn the order" onClick={() => change({ sort: [down ? key : `-${key}`] })}>
          {down ? "▾ largest first" : "▴ smallest first"}
        </button>
      )}
    </label>
  );
}

export function turnDiffering(): void {
  setOwn({ differ: differing.peek() ? "" : "1" });
}

function OfGroups() {
  return (
    <>
      <label class="choice">
        as
        <select aria-label="What is told of a group's numbers" value={aggregate.value || "mean"} onChange={(event) => setOwn({ agg: event.currentTarget.value === "mean" ? "" : event.currentTarget.value })}>
          {AGGREGATES.map((name) => (
            <option key={name} value={name}>
              {hasSpread(name) && "mean ± "}
              {name}
            </option>
          ))}
        </select>
      </label>
      <button class="switch" title="Fold or unfold all groups (F)" onClick={foldAll}>
        fold
      </button>
    </>
  );
}
