// What the page of a run and all of its tabs need: see src/shared.ts.
import "../parts/clock";
import "../parts/editable";
import "../media/object3d/turn";
import "../parts/typing";
import "../tables/layout";
import "./acts";
import "./cursor";
import "./following";
import "./holds";
import "./losses";
import "./neighbours";
import "./run";
import "./state";
import "./width";
