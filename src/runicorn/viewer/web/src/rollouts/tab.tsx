// The tab "rollouts": conversations and their rewards, in three panes.
import { useEffect } from "preact/hooks";
import { follow } from "../state/keys";
import { ROLLOUT_KEYS } from "./acts";
import { One } from "./one";
import { Samples } from "./samples";
import { pane } from "./state";
import { Steps } from "./steps";
import { following, overview } from "./store";
import { Toolbar } from "./toolbar";

export { begin } from "./store";

export default function Tab() {
  following.use();
  useEffect(() => follow(ROLLOUT_KEYS), []);
  const about = overview.value.value;
  const problem = overview.problem.value;
  if (!about) return problem && <p class="broken">{problem.message}</p>;
  if (!about.sets.length) return about.read < 1 ? <p class="nothing">Reading …</p> : <Nothing />;
  return (
    <div class="rollouts">
      <Toolbar about={about} />
      <div class="rollout-panes" data-pane={pane.value || "steps"}>
        <Steps />
        <Samples />
        <One />
      </div>
    </div>
  );
}

const EXAMPLE = `run.log_rollout(
    "What is 2 + 2?",
    [{"role": "assistant", "content": "4"}],
    {"correct": 1.0, "format": 0.9},
    step=step,
    advantage=1.3,
)`;

function Nothing() {
  return (
    <div class="nothing">
      <p>This run has no rollouts yet. A conversation and what it was worth is logged by:</p>
      <pre>{EXAMPLE}</pre>
      <p>
        Conversations alone, with the spans of what was called, are <code>{'run.log({"chat": rn.Trace(messages, spans=spans)})'}</code>. Tables with the
        columns <code>prompt</code> and <code>completion</code> are shown here, too.
      </p>
    </div>
  );
}
