// What the page of a run and all of its tabs need: see src/shared.ts.
import "../parts/clock";
import "../parts/editable";
import "./acts";
import "./cursor";
import "./losses";
import "./neighbours";
import "./run";
import "./state";
