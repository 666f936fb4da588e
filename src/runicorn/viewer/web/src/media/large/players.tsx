// A video or a sound, or two that play together: what is done with one is done with the other. A GIF plays by itself.
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
    for (const one of box.current!.querySelectorAll<HTMLMediaElement>("video, audio")) {
      if (one === leader) continue;
      if (Math.abs(one.currentTime - leader.currentTime) > APART) one.currentTime = leader.currentTime;
      if (what === "ratechange") one.playbackRate = leader.playbackRate;
      if (leader.paused !== one.paused && what !== "seeked") leader.paused ? one.pause() : play(one);
    }
  };
  if (type === "gif")
    return <div class="players">{[a, b].map((src, at) => src && <img key={at} src={src} alt={at ? `${label}, the other` : label} />)}</div>;
  const Player = type === "video" ? "video" : "audio";
  return (
    <div class="players" ref={box}>
      {[a, b].map(
        (src, at) =>
          src && (
            <Player
              key={at}
              src={src}
              controls
              loop
              muted={at === 1}
              playsInline
              preload="auto"
              aria-label={at ? `${label}, the other` : label}
              onLoadedMetadata={keepPixels}
              onPlay={follow}
              onPause={follow}
              onSeeked={follow}
              onRateChange={follow}
            />
          ),
      )}
    </div>
  );
}

/** Of a film of few pixels each is seen, as of a picture. */
function keepPixels({ currentTarget: film }: Event): void {
  if (film instanceof HTMLVideoElement) film.classList.toggle("pixels", film.videoWidth < film.clientWidth / 2);
}
