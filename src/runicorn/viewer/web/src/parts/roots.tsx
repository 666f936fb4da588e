// Which root is looked at, where the viewer shows several.
import { own } from "../state/view";

const CHOSEN = "root";
const root = own("root");

export function Roots({ roots }: { roots: string[] }) {
  if (roots.length < 2) return null;
  return (
    <label class="choice roots" title={roots[Number(root.value)]}>
      root
      <select ref={goOn} value={root.value || "0"} onChange={(event) => open(event.currentTarget.value)}>
        {roots.map((path, number) => (
          <option key={path} value={String(number)} title={path}>
            {told(path, roots)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Who has chosen a root goes on from there. What is kept in the name of a window is there on its next page. */
function goOn(select: HTMLSelectElement | null): void {
  if (!select || window.name !== CHOSEN) return;
  window.name = "";
  select.focus();
}

/** The other root has other runs: what is on the screen means nothing there. */
function open(number: string): void {
  window.name = CHOSEN;
  location.assign(`${location.pathname}${number === "0" ? "" : `?root=${number}`}`);
}

/** The end of a path, as long as it has to be to tell the roots apart; ".runicorn" alone says nothing. */
export function told(path: string, others: string[]): string {
  const names = path.split("/").filter(Boolean);
  for (let count = 2; count < names.length; count++) {
    const end = names.slice(-count).join("/");
    if (others.filter((one) => one === path || one.endsWith(`/${end}`)).length === 1) return `…/${end}`;
  }
  return path;
}
