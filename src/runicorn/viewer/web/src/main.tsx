// Begins the page that the address means. Each is loaded when it is asked for only.
import { options, render, type ComponentType } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/theme.css";
import "./styles/parts.css";
import "./styles/runs.css";
import "./styles/table.css";
import "./styles/charts.css";
import "./styles/run.css";
import "./styles/ranks.css";
import "./styles/code.css";
import "./styles/diff.css";
import "./styles/assets.css";
import "./styles/alerts.css";
import "./styles/artifacts.css";
import "./styles/logs.css";
import "./styles/media.css";
import "./styles/tables.css";
import "./styles/rollouts.css";
import "./shared";
import "./styles/page.css";
import { listen } from "./state/keys";
import { place } from "./state/place";
import * as theme from "./state/theme";

/** Pages by the first part of the path; `begin` may say when it makes sense to draw. */
const PAGES: Record<string, () => Promise<{ default: ComponentType; begin: () => unknown }>> = {
  "": () => import("./workspace"),
  run: () => import("./run/page"),
  diff: () => import("./diff/page"),
  alerts: () => import("./alerts/page"),
  reports: () => import("./reports/page"),
  artifacts: () => import("./artifacts/page"),
  trash: () => import("./trash"),
  settings: () => import("./settings"),
  host: () => import("./host/page"),
  embed: () => import("./embed"),
};

// What a drawn part asks the server for is asked for at once, not behind the next frame.
(options as { requestAnimationFrame?: (run: () => void) => void }).requestAnimationFrame = (run) => void setTimeout(run);
theme.follow();
listen();
const load = PAGES[place.peek().page] ?? PAGES[""];
void load().then(async ({ default: Page, begin }) => {
  await begin();
  render(<Page />, document.body);
});
