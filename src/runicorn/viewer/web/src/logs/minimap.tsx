// Where in all of the rows the hits are, beside the scroll bar. A click goes there.
import { hits } from "./hits";
import { seen, scrollTo, total } from "./scroll";
import { follow } from "./choice";

export function Minimap() {
  const found = hits.value;
  if (!found?.count) return null;
  const most = Math.max(...found.marks);
  const bars = found.marks.flatMap((many, at) => (many ? `M${8 - Math.max(2, (8 * many) / most)} ${at}h8v1h-8z` : []));
  return (
    <svg
      class="minimap"
      viewBox={`0 0 8 ${found.marks.length}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      onClick={({ offsetY, currentTarget }) => {
        follow(false);
        scrollTo((offsetY / currentTarget.clientHeight) * total.peek() - seen.peek() / 2);
      }}
    >
      <path d={bars.join("")} />
    </svg>
  );
}
