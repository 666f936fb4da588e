// Begins the page that the address means.
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/theme.css";
import "./styles/parts.css";
import "./styles/runs.css";
import "./styles/charts.css";
import * as theme from "./state/theme";
import { begin, Workspace } from "./workspace";

theme.follow();
begin();
render(<Workspace />, document.body);
