// The foot of a run's page: where the cursor is, that all tabs follow, and how it is moved.
import { count, moment, number } from "../parts/format";
import { Editable } from "../parts/editable";
import { Icon } from "../parts/icon";
import { complain } from "../parts/toast";
import { change, view } from "../state/view";
import { isOfTime, isPinned, moveTo, press, step, time } from "./cursor";
import { told } from "./run";
import { lastStep } from "./state";

export function Foot() {
  return (
    <footer class="foot" aria-label="Cursor">
      <span class="muted">cursor:</span>
      <span role="status">
        <Editable label="step" value={String(step.value ?? last() ?? "")} title="Put the cursor on a step (:)" save={go} anyone>
          {said()}
        </Editable>
      </span>
      <button class="plain" aria-label="Cursor back" title="Back (,)" onClick={() => press(",")}>
        ◀
      </button>
      <button class="plain" aria-label="Cursor on" title="On (.)" onClick={() => press(".")}>
        ▶
      </button>
      {isPinned.value && (
        <button class="plain" aria-label="Let the cursor go" title="Let it go: the last step of all" onClick={() => change({ cursor: null })}>
          <Icon name="close" />
        </button>
      )}
    </footer>
  );
}

function last(): number | null {
  return told.value && lastStep(told.value);
}

/** To the step that was typed. */
function go(text: string): void {
  const wanted = Number(text.replace(/,/g, ""));
  if (text && Number.isInteger(wanted) && wanted >= 0) moveTo(wanted, false);
  else complain(`${text || "Nothing"} is no step: a step is a whole number.`);
}

/** "step 13,700 · 09:41:07". */
function said(): string {
  if (!isPinned.value) return last() === null ? "no step yet" : `last step, ${count(last()!)}`;
  const { x, cursor } = view.value;
  if (!isOfTime(x)) return `${x} ${number(cursor!)}, which is no step`;
  const when = time.value === null ? "" : moment(time.value).slice(11);
  return [step.value === null ? "" : `step ${count(step.value)}`, when].filter(Boolean).join(" · ");
}
