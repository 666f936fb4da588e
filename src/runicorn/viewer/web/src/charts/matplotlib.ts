// A chart as a program: it reads the runs' files and draws the same with Matplotlib.
import { ids, shown as rows } from "../runs/shown";
import type { Shown } from "./current";
import { settings } from "./settings";

/** The program, in Python. */
export function matplotlib({ metric, found }: Shown): string {
  const { x, range, smooth, log, logX, band } = settings(metric).value;
  const drawn = new Set(found.some(({ runs }) => runs > 1) ? ids.peek() : found.map(({ id }) => id));
  const names = rows.peek().filter(({ run }) => drawn.has(run));
  const relative = x === "relative";
  const lo_hi = range && !relative ? [`lo=${range[0]}`, `hi=${range[1]}`] : [];
  const asked = [
    python(metric),
    "points=1000",
    ...(x === "step" ? [] : [`x=${python(relative ? "time" : x)}`]),
    ...lo_hi,
    ...(smooth ? [`smooth=${python(smooth)}`] : []),
  ];
  return `${[
    "import matplotlib.pyplot as plt",
    "import numpy as np",
    "",
    "import runicorn as rn",
    "",
    "api = rn.Api()  # of the root that RUNICORN_DIR names",
    "figure, axes = plt.subplots()",
    "for run, name in {",
    ...names.map(({ run, alias }) => `    ${python(run)}: ${python(alias || run)},`),
    "}.items():",
    `    bins = api.run(run).series(${asked.join(", ")})`,
    '    x0, x1, low, high, mean = (np.array(bins[name]) for name in ("x0", "x1", "min", "max", "mean"))',
    `    x = (x0 + x1) / 2${relative ? " - (api.run(run).meta[\"started_at\"])" : ""}`,
    "    (line,) = axes.plot(x, mean, label=name)",
    ...(band ? ["    axes.fill_between(x, low, high, color=line.get_color(), alpha=0.2, linewidth=0)"] : []),
    `axes.set(xlabel=${python(x)}, title=${python(metric)}${log ? ', yscale="log"' : ""}${logX ? ', xscale="log"' : ""})`,
    ...(range && relative ? [`axes.set_xlim(${range[0]}, ${range[1]})`] : []),
    "axes.legend()",
    "plt.show()",
  ].join("\n")}\n`;
}

/** A text as Python writes it: what JSON escapes, Python reads alike. */
function python(text: string): string {
  return JSON.stringify(text);
}
