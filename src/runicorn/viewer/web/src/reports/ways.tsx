// What a report has besides what Markdown has anywhere: panels, headings that can be linked to, and what lies beside it.
import type { Ways } from "../parts/markdown";
import { address } from "../server/api";
import { rooted } from "../state/place";
import { Panel, Refused } from "./panel";

const MOST = 100; // panels

/** Those of the report at the page's address, for one time that it is drawn. */
export function ways(): Ways {
  const before = new Map<string, number>();
  const nth = (text: string) => {
    const times = before.get(text) ?? 0;
    before.set(text, times + 1);
    return times;
  };
  return {
    level: 1,
    anchor: (heading) => {
      const words = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
      const times = nth(`#${words}`);
      return times ? `${words}-${times}` : words;
    },
    code: (language, text) => {
      if (language !== "panel") return null;
      const number = nth("") + 1;
      if (number > MOST) return <Refused text={text} why={`A report shows ${MOST} panels, and this one comes after them.`} />;
      const key = `${text} ${nth(`${text} `)}`; // so a frame is not loaded anew when something is written above it
      return <Panel key={key} text={text} number={number} />;
    },
    link: (href, label, picture) => {
      const url = URL.canParse(href, location.href) ? new URL(href, location.origin + location.pathname) : null;
      if (!url || !/^https?:$/.test(url.protocol)) return null;
      if (url.origin !== location.origin) return <a href={url.href} target="_blank" rel="noopener noreferrer">{label}</a>;
      if (picture === null) return <a href={rooted(url.pathname + url.search) + url.hash}>{label}</a>;
      return url.pathname.startsWith("/reports/") ? <img src={address(url.pathname.slice(1))} alt={picture} loading="lazy" /> : null;
    },
  };
}
