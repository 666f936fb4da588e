// By which key the table is grouped, and which columns it has.
import { over } from "../parts/overs";
import { Icon } from "../parts/icon";
import { change, part } from "../state/view";
import { available } from "./keys";

const group = part((view) => view.group);
const FIELDS = ["path", "status", "group", "host"];

export function Grouping() {
  const settings = Object.keys(available.value?.config ?? {}).map((name) => `config.${name}`);
  const keys = [...FIELDS, ...settings];
  if (group.value && !keys.includes(group.value)) keys.push(group.value);
  return (
    <>
      <label class="choice">
        group
        <select value={group.value} onChange={(event) => change({ group: event.currentTarget.value })}>
          <option value="">none</option>
          {keys.map((key) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </select>
      </label>
      <button class="switch" title="Choose the columns (C)" onClick={() => (over.value = "columns")}>
        <Icon name="columns" /> columns
      </button>
    </>
  );
}
