// The text of a run: what it logged and printed.
import { effect, untracked } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { changed } from "../charts/loader";
import { count } from "../parts/format";
import { told } from "../run/run";
import { follow as followKeys } from "../state/keys";
import { calm } from "../state/live";
import { follow, following, asked, only, text } from "./choice";
import * as hits from "./hits";
import { logKeys } from "./keys";
import { List } from "./list";
import { Minimap } from "./minimap";
import * as moments from "./moments";
import * as rows from "./rows";
import { Toolbar } from "./toolbar";
import { Whole } from "./whole";

const SOONEST = 200; // milliseconds between looks for new lines

export default function Tab({ run }: { run: string }) {
  useEffect(() => {
    const again = calm(rows.renew, SOONEST);
    const ends = [
      rows.begin(run),
      hits.begin(run),
      moments.follow(run),
      effect(() => void (changed.value && untracked(again))),
      followKeys(logKeys(run)),
    ];
    return () => ends.forEach((end) => end());
  }, [run]);
  const { rows: many } = rows.shape.value;
  return (
    <section class="logs" aria-label="Text">
      <Toolbar run={run} />
      {rows.broken.value && <div class="broken">{rows.broken.value.message}</div>}
      <div class="log-panes">
        <List run={run} />
        <Minimap />
        {many === 0 && <Nothing />}
        <New />
      </div>
      <Whole />
    </section>
  );
}

/** How many lines have come since the end was left. */
function New() {
  const left = useRef(0);
  const { rows: many } = rows.shape.value;
  if (following.value || left.current > many || left.current <= 0) left.current = many;
  if (many <= left.current) return null;
  return (
    <button class="new-lines" onClick={() => follow(true)}>
      ▼ {count(many - left.current)} new {many - left.current === 1 ? "line" : "lines"}
    </button>
  );
}

function Nothing() {
  const { lines } = rows.shape.value;
  if (lines > 0) {
    const filters = Object.keys(asked.value).filter((name) => ["level", "stream", "rank"].includes(name));
    return (
      <div class="nothing">
        None of {count(lines)} lines {only.value && text.value ? <>has <code>{text.value}</code></> : "is shown"}
        {filters.length > 0 && <> with the {filters.join(", ")} that {filters.length > 1 ? "are" : "is"} chosen</>}.
      </div>
    );
  }
  const captured = told.value?.writers.some((one) => one.role === "console");
  return (
    <div class="nothing">
      This run has no text{captured ? ": nothing was printed." : ", and its console was not captured."} What is printed is kept with{" "}
      <code>rn.init(…, capture_console=True)</code>; <code>run.log_text("…")</code> writes a line, and{" "}
      <code>run.get_logging_handler()</code> takes those of Python's logging.
    </div>
  );
}
