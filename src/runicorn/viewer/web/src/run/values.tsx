// Nested values, such as a config: foldable, with a field that finds keys and values.
import { useMemo } from "preact/hooks";
import { complain, toast } from "../parts/toast";
import { own, setOwn } from "../state/view";
import { branches, leaves, readable, yaml, type Branch, type Values as Nested } from "./branches";

const FEW = 30; // branches that are open at first
const MANY = 12; // from so many on there is a field to find some

interface Props {
  name: string;
  values: Nested;
}

export function Values({ name, values }: Props) {
  const find = useMemo(() => own(`find-${name}`), [name]);
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = leaves(branches(values));
  if (!all) return null;
  const found = words.length ? branches(values, words) : branches(values);
  return (
    <section class="values-of" aria-label={name}>
      <header>
        <h3>{name}</h3>
        <span class="amount">{words.length ? `${leaves(found)} of ${all}` : all}</span>
        {all >= MANY && (
          <input
            type="search"
            placeholder={`find in ${name}`}
            aria-label={`Find in ${name}`}
            value={find.value}
            onInput={(event) => setOwn({ [`find-${name}`]: event.currentTarget.value }, true)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
        )}
        <span class="room" />
        <Copy name={name} as="JSON" make={() => `${JSON.stringify(values, null, 2)}\n`} />
        <Copy name={name} as="YAML" make={() => yaml(values)} />
      </header>
      {!found.length && <p class="muted">Nothing of {name} has these words in its name or value.</p>}
      <Floor found={found} open={words.length > 0} />
    </section>
  );
}

function Copy({ name, as, make }: { name: string; as: string; make: () => string }) {
  const copy = () =>
    navigator.clipboard.writeText(make()).then(
      () => toast(`Copied ${name} as ${as}.`),
      () => complain("The browser does not let this page copy."),
    );
  return (
    <button class="switch" title={`Copy as ${as}`} aria-label={`Copy ${name} as ${as}`} onClick={() => void copy()}>
      {as}
    </button>
  );
}

function Floor({ found, open }: { found: Branch[]; open: boolean }) {
  return (
    <ul class="floor">
      {found.map((one) =>
        one.below.length ? (
          <li key={one.key}>
            <details open={open || one.below.length <= FEW}>
              <summary>
                {one.key} <span class="amount">{leaves(one.below)}</span>
              </summary>
              <Floor found={one.below} open={open} />
            </details>
          </li>
        ) : (
          <li key={one.key} class="leaf" title={typeof one.value === "number" ? `${one.path}: ${one.value}` : one.path}>
            <span class="key">{one.key}</span>
            <span class="value">{readable(one.key, one.value)}</span>
          </li>
        ),
      )}
    </ul>
  );
}
