// One medium alone, as large as there is room, or beside another.
import { useSignal, type Signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { count, moment } from "../../parts/format";
import { Icon } from "../../parts/icon";
import { later } from "../../parts/later";
import { Markdown } from "../../parts/markdown";
import { follow } from "../../state/keys";
import { own } from "../../state/view";
import { step as cursor } from "../../run/cursor";
import { close, opened } from "../open";
import { Page } from "../page-frame";
import { Slider } from "../panel";
import { find } from "../store";
import { Text } from "../text";
import { START, type Turn } from "../object3d/turn";
import { about, blob, fileName, isPicture, type Medium } from "../types";
import { item, LARGE_KEYS } from "./actions";
import { Compare } from "./compare";
import { Players } from "./players";
import { other, place } from "./second";
import { Stage } from "./stage";

const Heat = later(() => import("../histogram/heat"));
const Object3D = later(() => import("../object3d/view"));
const open = own("medium");

interface Seen {
  run: string;
  medium: Medium | undefined;
}

export function Large({ run }: { run: string }) {
  const { type, key } = opened(open.value);
  const series = find(run, type, key);
  useLayoutEffect(() => (series ? follow(LARGE_KEYS(series)) : undefined), [series]);
  if (!series) {
    return (
      <div class="nothing">
        This run has no {type} <code>{key}</code>.{" "}
        <button class="link" onClick={close}>
          All media
        </button>
      </div>
    );
  }
  const at = series.place(cursor.value);
  const row = at === undefined || at < 0 ? undefined : series.full(at);
  const medium = row?.media[Math.min(place(), row.media.length - 1)];
  const second = other(run);
  return (
    <div class="large" data-key={key}>
      <header class="toolbar">
        <button class="switch" title="All media (Escape)" onClick={close}>
          <Icon name="close" /> all media
        </button>
        <strong class="title">{key}</strong>
        {series.told.steps > 1 && <Slider series={series} steps={series.told.steps} place={at} name={key} />}
        <span class="step-of">{row ? `step ${count(row.step)}` : at === -1 ? `from step ${count(series.told.first)} on` : ""}</span>
        {row && row.count > 1 && (
          <span class="muted items">
            <button class="plain" aria-label="The one before it" title="The one before it (←)" disabled={!place()} onClick={() => item(row.count, -1)}>
              <Icon name="left" />
            </button>
            {place() + 1} of {row.count}
            <button class="plain" aria-label="The next one" title="The next one (→)" disabled={place() + 1 >= row.count} onClick={() => item(row.count, 1)}>
              <Icon name="right" />
            </button>
          </span>
        )}
        {type !== "histogram" && <Compare run={run} series={series} items={row?.count ?? 1} pictures={!!medium && isPicture(medium)} />}
      </header>
      {medium && <About seen={{ run, medium }} name={second ? "A" : ""} />}
      {second && <About seen={second} name={second.run === run ? "B" : `B, run ${second.run}`} />}
      {type === "histogram" ? <Heat series={series} told={series.told} place={at} /> : medium && <Body a={{ run, medium }} b={second} />}
    </div>
  );
}

function About({ seen, name }: { seen: Seen; name: string }) {
  const { medium } = seen;
  if (!medium) return <p class="about muted">{name}: there is nothing to compare with here.</p>;
  const src = address(seen);
  const words = [`step ${count(medium.step)}`, moment(medium.time), about(medium)];
  return (
    <p class="about">
      {name && <b class="which">{name}</b>}
      {medium.caption && <span class="caption">{medium.caption}</span>}
      <span class="muted">{words.filter(Boolean).join(" · ")}</span>
      {medium.error ? (
        <span class="broken">{medium.error}</span>
      ) : src ? (
        <a href={src} download={fileName(medium)}>
          download
        </a>
      ) : (
        medium.value === undefined && <span class="muted">being made …</span>
      )}
    </p>
  );
}

function Body({ a, b }: { a: Seen; b: Seen | null }) {
  const { medium } = a;
  const turn = useSignal(START); // of both
  if (medium && isPicture(medium)) return <Stage a={address(a)} b={b && address(b)} label={medium.caption ?? medium.key} />;
  if (medium?.type === "video" || medium?.type === "audio")
    return <Players a={address(a)} b={b && address(b)} type={medium.format === "gif" ? "gif" : medium.type} label={medium.key} />;
  return (
    <div class="beside">
      <Single seen={a} turn={turn} />
      {b && <Single seen={b} turn={turn} />}
    </div>
  );
}

function Single({ seen, turn }: { seen: Seen; turn: Signal<Turn> }) {
  const { medium } = seen;
  const src = address(seen);
  if (typeof medium?.value === "string") return <Markdown text={medium.value} />;
  if (!medium || !src) return null;
  const label = medium.caption ?? medium.key;
  if (medium.type === "object3d") return <Object3D src={src} format={medium.format ?? ""} label={label} turn={turn} />;
  if (medium.type === "markdown") return <Text src={src} />;
  return <Page src={src} label={label} />;
}

function address({ run, medium }: Seen): string | null {
  return medium?.file && medium.bytes !== null && !medium.error ? blob(run, medium.file) : null;
}
