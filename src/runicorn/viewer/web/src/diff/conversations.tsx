// The section of rollouts: prompts that both runs have, and where they have few, what each was asked instead.
import { count, number } from "../parts/format";
import { rooted, runPage } from "../state/place";
import { sides } from "./answers";
import type { Rollouts } from "./rollouts";
import { Sideways, Values } from "./rows";
import { Step } from "./step";

const MOST = 8; // prompts of each run that are listed

/** `found`: in words why there is nothing to compare, or what there is. */
export function Conversations({ found }: { found: Rollouts | string }) {
  if (typeof found === "string") return <Values name="rollouts" rows={[]} empty={found} />;
  const { step, stage, before, next, prompts } = found;
  const late = before === null ? "" : `, the last of both before ${count(before)}`;
  const where = `step ${count(step)}${stage === "*" ? "" : ` of ${stage}`}${late}`;
  const later = next !== null && <> (next: step <Step step={next} />)</>;
  const also = (
    <>
      Mean reward at {where}{later}: <Side found={found} side="a" />, <Side found={found} side="b" />
    </>
  );
  return (
    <>
      <Values
        name="rollouts"
        rows={prompts}
        empty="No prompt is the same"
        also={also}
        way={({ prompt_id }, side) => way(found, side, prompt_id)}
      />
      {found.few && <Asked found={found} />}
    </>
  );
}

/** What one run's conversations were worth, and the way to them. */
function Side({ found, side }: { found: Rollouts; side: "a" | "b" }) {
  const { mean } = found[side];
  const letter = side.toUpperCase();
  return (
    <a href={way(found, side)} title={`The rollouts of ${letter} at this step`}>
      {letter} {mean === null ? "none" : number(mean)}
    </a>
  );
}

/** Where a run's conversations of the step are read: all, or the answers to one prompt, which on a phone have the screen. */
function way({ key, stage, step }: Rollouts, side: "a" | "b", prompt = ""): string {
  const query = new URLSearchParams({ of: key, stage, c: String(step), ...(prompt && { prompt, pane: "samples" }) });
  return rooted(`${runPage(sides.value[side], "rollouts")}?${query}`);
}

/** Prompts of each run, in the order in which they were asked. */
function Asked({ found }: { found: Rollouts }) {
  const { a, b } = found;
  const rows = Array.from({ length: Math.min(MOST, Math.max(a.prompts.length, b.prompts.length)) }, (_, at) => at);
  return (
    <Sideways label="prompts">
      <table class="of-two prompts" aria-label="Prompts of each">
        <thead>
          <tr>
            {["A", "reward", "samples", "B", "reward", "samples"].map((name, at) => (
              <th key={at} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((at) => (
            <tr key={at}>
              <Prompt found={found} side="a" at={at} />
              <Prompt found={found} side="b" at={at} />
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

function Prompt({ found, side, at }: { found: Rollouts; side: "a" | "b"; at: number }) {
  const of = found[side].prompts[at];
  if (!of) return <td colSpan={3} />;
  return (
    <>
      <td class="long">
        <a href={way(found, side, of.prompt_id)}>{of.prompt || "(empty)"}</a>
      </td>
      <td class="numeric">{of.mean === null ? "none" : number(of.mean)}</td>
      <td class="numeric">{count(of.count)}</td>
    </>
  );
}
