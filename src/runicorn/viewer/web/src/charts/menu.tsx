// The menu of one chart: its own view, and what can be saved and copied of it.
import { useSignal } from "@preact/signals";
import { Over } from "../parts/over";
import { over } from "../parts/overs";
import { change, view } from "../state/view";
import { menuAt, shownNow, type Shown } from "./current";
import { addressOf, frame, panel, picture, save, text } from "./export";
import { arrived } from "./loader";
import { matplotlib } from "./matplotlib";
import { turn } from "./pins";
import { setOwnOf } from "./settings";
import { join, KINDS, kindOf, next, type Kind } from "./smoothing";

const close = () => (over.value = "");

export default function Menu() {
  void arrived.value; // what comes while it is open can be saved, too
  const shown = shownNow();
  return (
    shown && (
      <Over label={`Menu of ${shown.metric}`} close={close} at={menuAt.value}>
        <div class="chart-menu">
          <h2 title={shown.metric}>{shown.metric}</h2>
          <OwnView metric={shown.metric} />
          <Saved shown={shown} />
        </div>
      </Over>
    )
  );
}

function OwnView({ metric }: { metric: string }) {
  const own = view.value.charts[metric] ?? {};
  const { kind, amount } = kindOf(own.smooth ?? view.value.smooth);
  const { least, most, by } = KINDS[kind];
  return (
    <fieldset>
      <legend>This chart's own view</legend>
      <Choice name="y axis" value={own.log} options={[["linear", false], ["logarithmic", true]]} choose={(log) => setOwnOf(metric, { log })} />
      <Choice name="outliers" value={own.full} options={[["crop", false], ["show all", true]]} choose={(full) => setOwnOf(metric, { full })} />
      <label>
        smooth
        <select
          value={own.smooth === undefined ? "" : kind}
          onChange={({ currentTarget: { value } }) => setOwnOf(metric, { smooth: value ? next(value as Kind) : undefined })}
        >
          <option value="">as in all charts</option>
          {Object.keys(KINDS).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {own.smooth && (
        <label>
          amount {amount}
          <input
            type="range"
            min={least}
            max={most}
            step={by}
            value={amount}
            onInput={(event) => setOwnOf(metric, { smooth: join(kind, Number(event.currentTarget.value)) }, true)}
          />
        </label>
      )}
      <div class="buttons">
        <button onClick={() => (close(), change({ large: view.peek().large ? "" : metric }))}>{view.value.large ? "small" : "large"}</button>
        <button onClick={() => (over.value = "points")}>as a table</button>
        <button onClick={() => turn(metric)}>{view.value.pins.includes(metric) ? "unpin" : "pin"}</button>
        <PinMoves metric={metric} />
      </div>
    </fieldset>
  );
}

function PinMoves({ metric }: { metric: string }) {
  const { pins } = view.value;
  const at = pins.indexOf(metric);
  const move = (to: number) => change({ pins: pins.filter((one) => one !== metric).toSpliced(to, 0, metric) });
  return (
    <>
      {at > 0 && <button onClick={() => move(at - 1)}>sooner</button>}
      {at >= 0 && at < pins.length - 1 && <button onClick={() => move(at + 1)}>later</button>}
    </>
  );
}

interface ChoiceProps {
  name: string;
  value: boolean | undefined;
  options: [string, boolean][];
  choose: (value: boolean | undefined) => void;
}

function Choice({ name, value, options, choose }: ChoiceProps) {
  return (
    <label>
      {name}
      <select value={String(value ?? "")} onChange={({ currentTarget: { value } }) => choose(value === "" ? undefined : value === "true")}>
        <option value="">as in all charts</option>
        {options.map(([text, means]) => (
          <option key={text} value={String(means)}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Saved({ shown }: { shown: Shown }) {
  const done = useSignal("");
  const told = (kind: string) => (done.value = `${kind} is saved where the browser keeps what it downloads.`);
  const copy = async (what: string, content: string) => {
    await text(content);
    done.value = `${what} is copied.`;
  };
  return (
    <fieldset>
      <legend>Save</legend>
      <div class="buttons">
        <button disabled={!shown.picture} onClick={() => (picture(shown, "png"), told("PNG"))}>PNG</button>
        <button disabled={!shown.picture} onClick={() => (picture(shown, "svg"), told("SVG"))}>SVG</button>
        <button onClick={() => (save(shown, "csv"), told("CSV"))}>CSV</button>
        <button onClick={() => (save(shown, "parquet"), told("Parquet"))}>Parquet</button>
      </div>
      <p class="muted">CSV and Parquet have every point, {zoomed(shown.metric) ? "of the steps that are drawn" : "from first to last step"}.</p>
      <legend>Copy</legend>
      <div class="buttons">
        <button onClick={() => copy("The code", matplotlib(shown))}>matplotlib code</button>
        <button onClick={() => copy("The address", addressOf(shown.metric))}>address</button>
        <button onClick={() => copy("The iframe", frame(shown.metric))}>iframe</button>
        <button onClick={() => copy("The panel", panel(shown.metric))} title="A block of Markdown">for a report</button>
      </div>
      <p role="status">{done.value}</p>
    </fieldset>
  );
}

function zoomed(metric: string): boolean {
  const { x, range, charts } = view.value;
  return x === "step" && (charts[metric]?.range ?? range) !== null;
}
