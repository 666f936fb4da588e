// What all charts have in common: the axis, smoothing, and how y goes.
import { useComputed } from "@preact/signals";
import { change, part, turn, type Switchable } from "../state/view";
import { count } from "../parts/format";
import { result } from "../runs/result";
import { alone, shown } from "../runs/shown";
import { sections } from "./catalogue";
import { BANDS, CENTRES } from "./groups";
import { turnAxis, zoom } from "./zoom";
import { join, KINDS, kindOf, next, type Kind } from "./smoothing";

/** How many metrics can be chosen as x; finding some finds others. */
const MOST = 100;

const look = part(({ x, logX, range, lines, smooth, log, full, band, find }) => ({ x, logX, range, lines, smooth, log, full, band, find }));

export function Toolbar() {
  const { find, range, x } = look.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Charts">
      {!alone.value && <span class="muted" title="Runs that are drawn, of all that were found">
          {count(shown.value.length)} of {count(result.value.found)}
        </span>}
      <XAxis />
      {x !== "time" && x !== "relative" && (
        <Switch name="log x" of="logX" title="Logarithmic x (X)" />
      )}
      {!alone.value && <Lines />}
      <Smoothing />
      <Switch name="log y" of="log" title="Logarithmic y (g)" />
      <Switch name="crop" of="full" title="Crop rare outliers, marked by ▲ (o)" without />
      <Switch name="band" of="band" title="Least and greatest value of each pixel (b)" />
      {range && (
        <button class="switch on" title="All of x again (0, or double click)" onClick={() => zoom(null)}>
          reset zoom
        </button>
      )}
      <input
        id="find"
        class="find"
        type="search"
        placeholder="find"
        aria-label="Find metrics"
        value={find}
        onInput={(event) => change({ find: event.currentTarget.value }, true)}
        onKeyDown={(event) => event.key === "Escape" && (change({ find: "" }), event.currentTarget.blur())}
      />
    </div>
  );
}

function XAxis() {
  const names = useComputed(() => sections.value.flatMap((section) => section.metrics).slice(0, MOST));
  const { x } = look.value;
  const usual = ["step", "time", "relative"];
  const others = usual.includes(x) || names.value.includes(x) ? names.value : [x, ...names.value];
  return (
    <label class="choice">
      x
      <select value={x} title="What is drawn to the right (a)" onChange={(event) => turnAxis(event.currentTarget.value)}>
        {usual.map((name) => (
          <option key={name} value={name}>
            {name === "relative" ? "relative time" : name}
          </option>
        ))}
        <optgroup label="metric">
          {others.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

function Lines() {
  const { lines, x } = look.value;
  const [centre, band] = lines.split(":");
  const kinds = ["runs", ...CENTRES];
  const choose = (kind: string, width = band || BANDS[0]) => change({ lines: kind === "runs" ? "" : `${kind}:${width}` });
  return (
    <label class="choice">
      lines
      <select
        value={centre || "runs"}
        disabled={x !== "step"}
        title={x === "step" ? "One line for each run, or for each group (m)" : "Groups are drawn over steps only"}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      {lines !== "" && (
        <select value={band} title="What the band shows" onChange={(event) => choose(centre, event.currentTarget.value)}>
          {BANDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </select>
      )}
    </label>
  );
}

function Smoothing() {
  const { kind, amount } = kindOf(look.value.smooth);
  const { least, most, by } = KINDS[kind];
  return (
    <label class="choice">
      smooth
      <select value={kind} title="Smoothing, of all points (s)" onChange={(event) => change({ smooth: next(event.currentTarget.value as Kind) })}>
        {Object.keys(KINDS).map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      {kind !== "none" && (
        <>
          <input
            type="range"
            min={least}
            max={most}
            step={by}
            value={amount}
            aria-label="Amount of smoothing"
            onInput={(event) => change({ smooth: join(kind, Number(event.currentTarget.value)) }, true)}
          />
          <output>{amount}</output>
        </>
      )}
    </label>
  );
}

interface SwitchProps {
  name: string;
  of: Switchable;
  title: string;
  without?: boolean; // it is on where that is off
}

function Switch({ name, of, title, without = false }: SwitchProps) {
  const on = look.value[of] !== without;
  return (
    <button class={`switch ${on ? "on" : ""}`} aria-pressed={on} title={title} onClick={() => turn(of)}>
      {name}
    </button>
  );
}
