// A medium as a small picture, or as words where it is none.
import { useSignal } from "@preact/signals";
import { Icon } from "../parts/icon";
import { about, blob, isPicture, type Medium } from "./types";

interface Props {
  run: string;
  medium: Medium;
  side: number; // pixels that it may be wide and high
}

export function Thumb({ run, medium, side }: Props) {
  const broken = useSignal(false);
  if (medium.error || broken.value) {
    return (
      <span class="no-picture" title={medium.error ?? "Its file cannot be shown."}>
        <Icon name="crashed" />
      </span>
    );
  }
  if (!medium.file || medium.bytes === null) return <span class="no-picture">being made …</span>;
  const failed = () => (broken.value = true);
  if (isPicture(medium) || medium.format === "gif") {
    const alt = medium.caption ?? "";
    return (
      <img
        class="thumb"
        src={thumbnail(run, medium.file, side)}
        alt={alt}
        loading="lazy"
        decoding="async"
        draggable={false}
        onLoad={sharpen}
        onError={failed}
      />
    );
  }
  if (medium.type === "video")
    return <video class="thumb" src={blob(run, medium.file)} preload="metadata" muted playsInline onError={failed} />;
  return (
    <span class="no-picture">
      {medium.type}
      <span class="amount">{about(medium)}</span>
    </span>
  );
}

/** The address of a picture as it is drawn so many pixels wide. */
export function thumbnail(run: string, file: string, side: number): string {
  return blob(run, file, thumbnailWidth(side));
}

/** Of a few widths, so that the server makes few thumbnails: enough for the pixels of the screen. */
function thumbnailWidth(side: number): number {
  const needed = side * Math.min(2, devicePixelRatio);
  return [64, 128, 256, 512].find((width) => width >= needed) ?? 512;
}

/** A picture that is drawn larger than it is keeps its pixels. */
function sharpen({ currentTarget: image }: { currentTarget: HTMLImageElement }): void {
  if (image.naturalWidth < image.clientWidth && image.naturalHeight < image.clientHeight) image.classList.add("pixels");
}
