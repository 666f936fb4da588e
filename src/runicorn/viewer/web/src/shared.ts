// What most pages and tabs need. The bundler makes a file for each set of them that has something in common; since each
// imports all of this, that is one file.
import "./charts/actions";
import "./charts/charts";
import "./charts/flags";
import "./parts/bar";
import "./parts/overs";
import "./runs/cells";
import "./state/edits";
import "./state/live";
import "./state/place";
