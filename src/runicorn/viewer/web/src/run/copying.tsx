// What can be copied of a run.
import { over } from "../parts/overs";
import { Over } from "../parts/over";
import { complain, toast } from "../parts/toast";
import type { Told } from "./run";

export function Copying({ run }: { run: Told }) {
  const close = () => (over.value = "");
  const texts: [string, string][] = [
    ["id", run.run_id],
    ["folder", run.run_dir],
    ["address", location.href],
    ["Python", `rn.Api(${JSON.stringify(rootOf(run))}).run("${run.run_id}")`],
  ];
  const copy = (name: string, text: string) => {
    close();
    navigator.clipboard.writeText(text).then(
      () => toast(`Copied the ${name}.`),
      () => complain("The browser does not let this page copy."),
    );
  };
  return (
    <Over label="Copy" close={close}>
      <ul class="copying">
        {texts.map(([name, text]) => (
          <li key={name}>
            <button onClick={() => copy(name, text)}>
              <span class="muted">{name}</span>
              <code>{text}</code>
            </button>
          </li>
        ))}
      </ul>
    </Over>
  );
}

/** Where the root lies that the run is in. */
function rootOf({ run_dir, path, run_id }: Told): string {
  return run_dir.slice(0, -`/runs/${path}/${run_id}`.length);
}
