// All that a key has at one step.
import { useSignal } from "@preact/signals";
import { later } from "../parts/later";
import { Markdown } from "../parts/markdown";
import { height } from "./actions";
import { openMedium } from "./open";
import { Page } from "./page-frame";
import type { Series } from "./series";
import { Text } from "./text";
import { Thumb } from "./thumb";
import { about, blob, isPicture, type Medium } from "./types";

const Object3D = later(() => import("./object3d/view"));
const FEW = 4; // pages and objects that are drawn at once; others are opened by a click

export function Moment({ series, place }: { series: Series; place: number | undefined }) {
  const row = place === undefined || place < 0 ? undefined : series.full(place);
  if (!row) return <div class="moment waiting" style={{ minHeight: `${height()}px` }} />;
  return (
    <div class="moment">
      {row.media.map((medium, index) => (
        <div class={`one of-${medium.type}`} key={medium.file ?? index}>
          <Body run={series.run} medium={medium} few={index < FEW} />
          <button class="plain caption" title="Open it large" onClick={() => openMedium(medium.type, medium.key, row.step, index)}>
            {medium.caption || <span class="muted">{about(medium) || "open"}</span>}
          </button>
        </div>
      ))}
    </div>
  );
}

/** A medium as it is seen among others. */
function Body({ run, medium, few }: { run: string; medium: Medium; few: boolean }) {
  const side = height();
  const broken = useSignal(false);
  const { type, file, bytes, error, value } = medium;
  if (type === "markdown" && typeof value === "string") return <Markdown text={value} />;
  if (error || !file || bytes === null || isPicture(medium) || !few) {
    return (
      <div class="frame-of" style={{ width: `${side}px`, height: `${side}px` }}>
        <Thumb run={run} medium={medium} side={side} />
      </div>
    );
  }
  if (broken.value) return <p class="no-picture">This browser cannot play this {type}.</p>;
  const name = medium.caption ?? medium.key;
  const failed = () => (broken.value = true);
  if (medium.format === "gif")
    return <img class="player" src={blob(run, file)} alt={name} loading="lazy" style={{ height: `${side * 1.5}px` }} />;
  if (type === "video")
    return (
      <video
        class="player"
        controls
        loop
        muted
        playsInline
        preload="metadata"
        src={blob(run, file)}
        style={{ height: `${side * 1.5}px` }}
        aria-label={name}
        onError={failed}
      />
    );
  if (type === "audio") return <audio class="player" controls preload="none" src={blob(run, file)} aria-label={name} onError={failed} />;
  if (type === "object3d") return <Object3D src={blob(run, file)} format={medium.format ?? ""} label={name} height={side * 2} />;
  if (type === "html" || type === "figure") return <Page src={blob(run, file)} label={name} height={side * 2} />;
  return <Text src={blob(run, file)} />;
}
