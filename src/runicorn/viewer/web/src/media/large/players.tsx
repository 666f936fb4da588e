// A video or a sound, or two that play together: what is done with one is done with the other. A GIF plays by itself.
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

const APART = 0.05; // seconds

/** Plays it; a pause may come before it has begun, and what cannot be played says so itself. */
function play(one: HTMLMediaElement): void {
  one.play().catch(() => undefined);
}

/** Plays what is seen, or pauses it. */
export function toggle(): void {
  const first = document.querySelector<HTMLMediaElement>(".players video, .players audio");
  if (!first) return;
  if (first.paused) play(first);
  else first.pause();
}

export function Players({ a, b, type, label }: { a: string | null; b: string | null; type: string; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const follow = ({ currentTarget: led, type: what }: Event) => {
    const leader = led as HTMLMediaElement;
    if (!box.current) return; // what plays is paused when it goes
    for (const one of box.current.querySelectorAll<HTMLMediaElement>("video, audio")) {
      if (one === leader) continue;
      if (Math.abs(one.currentTime - leader.currentTime) > APART) one.currentTime = leader.currentTime;
      if (what === "ratechange") one.playbackRate = leader.playbackRate;
      if (leader.paused !== one.paused && what !== "seeked") leader.paused ? one.pause() : play(one);
    }
  };
  if (type === "gif")
    return <div class="players">{[a, b].map((src, at) => src && <img key={at} src={src} alt={at ? `${label}, the other` : label} />)}</div>;
  return (
    <div class="players" ref={box}>
      {[a, b].map(
        (src, at) => src && <Player key={at} src={src} type={type} muted={at === 1} label={at ? `${label}, the other` : label} follow={follow} />,
      )}
    </div>
  );
}

interface PlayerProps {
  src: string;
  type: string;
  muted: boolean;
  label: string;
  follow: (event: Event) => void;
}

function Player({ src, type, muted, label, follow }: PlayerProps) {
  const broken = useSignal(""); // what cannot be played; the next step's may be
  if (broken.value === src) return <p class="broken">This browser cannot play this {type}. “download” keeps its file, for a program that can.</p>;
  const Element = type === "video" ? "video" : "audio";
  return (
    <Element
      src={src}
      controls
      loop
      muted={muted}
      playsInline
      preload="auto"
      aria-label={label}
      onLoadedMetadata={keepPixels}
      onPlay={follow}
      onPause={follow}
      onSeeked={follow}
      onRateChange={follow}
      onError={() => (broken.value = src)}
    />
  );
}

/** Of a film of few pixels each is seen, as of a picture. */
function keepPixels({ currentTarget: film }: Event): void {
  if (film instanceof HTMLVideoElement) film.classList.toggle("pixels", film.videoWidth < film.clientWidth / 2);
}
