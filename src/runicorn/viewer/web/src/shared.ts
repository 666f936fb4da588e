// What most pages and tabs need. The build has each of them import all of this, so that it is one file: else there would
// be a file for each set of pages and tabs that have something in common. What the workspace has in common with any other
// belongs here.
import "./charts/actions";
import "./charts/charts";
import "./parts/bar";
import "./parts/offers";
import "./parts/overs";
import "./parts/roots";
import "./runs/marks";
import "./runs/cells";
import "./runs/paths";
import "./state/edits";
import "./state/keys";
import "./state/live";
import "./state/place";
import "./state/screen";
