// A picture alone, or two compared: zoomed so that each pixel can be seen, and moved.
import { useComputed, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { scheme } from "../../state/theme";
import { own, setOwn } from "../../state/view";
import { difference, draw, fitting, under, zoomed, type Camera, type Scene } from "./draw";
import { mode } from "./second";

const FLICKER = 500; // milliseconds
const zoom = own("zoom");
const centre = own("centre");
const gain = own("gain");
const wipe = own("wipe");

const GRIP = 10; // pixels beside the edge where it is taken

/** What is on the stage that is there, which keys zoom. */
let seen: ReadonlySignal<Scene | null> | null = null;

export function zoomBy(by: number): void {
  const scene = seen?.peek();
  if (scene) look(zoomed(scene.camera, by));
}

export function zoomTo(zoom: number | null): void {
  const scene = seen?.peek();
  if (zoom === null) setOwn({ zoom: "", centre: "" }, true);
  else if (scene) look({ ...scene.camera, zoom });
}

function look({ zoom, x, y }: Camera): void {
  setOwn({ zoom: String(Number(zoom.toPrecision(4))), centre: `${x.toFixed(1)},${y.toFixed(1)}` }, true);
}

/** A picture that is loaded; null until then. */
function usePicture(src: string | null): Signal<HTMLImageElement | null> {
  const loaded = useSignal<HTMLImageElement | null>(null);
  useEffect(() => {
    if (!src) return void (loaded.value = null);
    const image = new Image();
    let gone = false;
    image.onload = () => !gone && (loaded.value = image); // until then the one before is seen
    image.src = src;
    return () => void (gone = true);
  }, [src]);
  return loaded;
}

export function Stage({ a, b, label }: { a: string | null; b: string | null; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useSignal({ width: 0, height: 0 });
  const first = usePicture(a);
  const other = usePicture(b);
  const second = useSignal(false);
  const pointed = useSignal<{ x: number; y: number } | null>(null);
  useRoom(canvas, room);
  const flickers = mode() === "flicker" && b !== null;
  useEffect(() => {
    if (!flickers) return;
    const timer = setInterval(() => (second.value = !second.peek()), FLICKER);
    return () => clearInterval(timer);
  }, [flickers]);
  const apart = useComputed(() => {
    const [p, q] = [first.value, other.value];
    return p && q && mode() === "difference" ? difference(p, q, sizeOf(p), Number(gain.value) || 1) : null;
  });
  const scene = useComputed((): Scene | null => {
    const picture = first.value;
    const { width, height } = room.value;
    if (!picture || !width) return null;
    const size = sizeOf(picture);
    const half = mode() === "side" && other.value ? width / 2 : width;
    const camera = cameraOf(fitting(size, half, height));
    return {
      a: apart.value?.picture ?? picture,
      b: other.value,
      size,
      mode: mode(),
      camera,
      wipe: Number(wipe.value) || 0.5,
      second: second.value,
    };
  });
  useLayoutEffect(() => void (seen = scene), []);
  useSignalEffect(() => {
    void scheme.value;
    const context = canvas.current?.getContext("2d");
    if (!context || !scene.value) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    draw(context, scene.value, room.value.width, room.value.height);
  });
  return (
    <div class="stage">
      <canvas ref={canvas} role="img" aria-label={label} {...useMouse(scene, room, pointed)} />
      {mode() === "wipe" && b && (
        <input
          class="wipe"
          type="range"
          min={0}
          max={1}
          step={0.005}
          value={Number(wipe.value) || 0.5}
          aria-label="Where the second begins"
          onInput={(event) => wipeAt(Number(event.currentTarget.value))}
        />
      )}
      <p class="told" role="status">
        {told(scene.value, apart.value?.mean, pointed.value, first.value, other.value)}
      </p>
    </div>
  );
}

function cameraOf(fit: Camera): Camera {
  const [x, y] = centre.value.split(",").map(Number);
  const wanted = Number(zoom.value);
  if (!(wanted > 0)) return fit;
  return { zoom: wanted, x: Number.isFinite(x) ? x : fit.x, y: Number.isFinite(y) ? y : fit.y };
}

function sizeOf(image: HTMLImageElement): Scene["size"] {
  return { width: image.naturalWidth, height: image.naturalHeight };
}

/** Keeps the canvas as large as there is room. */
function useRoom(canvas: { current: HTMLCanvasElement | null }, room: Signal<{ width: number; height: number }>): void {
  useLayoutEffect(() => {
    const element = canvas.current!;
    const watch = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      Object.assign(element, { width: Math.round(width * devicePixelRatio), height: Math.round(height * devicePixelRatio) });
      room.value = { width, height };
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
}

function wipeAt(part: number): void {
  setOwn({ wipe: String(Number(Math.min(1, Math.max(0.005, part)).toFixed(3))) }, true);
}

/** The wheel zooms, a drag moves the picture, or the edge between two, and a double click shows all. */
function useMouse(
  scene: Signal<Scene | null>,
  room: Signal<{ width: number; height: number }>,
  pointed: Signal<{ x: number; y: number } | null>,
) {
  const drag = useRef<{ x: number; y: number; camera: Camera } | "edge" | null>(null);
  return {
    onWheel: (event: WheelEvent) => {
      event.preventDefault();
      const { width, height } = room.peek();
      if (scene.peek()) look(zoomed(scene.peek()!.camera, -event.deltaY, event.offsetX - width / 2, event.offsetY - height / 2));
    },
    onPointerDown: (event: PointerEvent) => {
      if (!scene.peek()) return;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      const { camera, wipe } = scene.peek()!;
      const isEdge = mode() === "wipe" && Math.abs(event.offsetX - wipe * room.peek().width) < GRIP;
      drag.current = isEdge ? "edge" : { x: event.clientX, y: event.clientY, camera };
    },
    onPointerMove: (event: PointerEvent) => {
      const found = scene.peek();
      if (!found) return;
      const { width, height } = room.peek();
      pointed.value = under(found.camera, width, height, event.offsetX, event.offsetY);
      const from = drag.current;
      if (from === "edge") wipeAt(event.offsetX / width);
      else if (from)
        look({
          ...from.camera,
          x: from.camera.x - (event.clientX - from.x) / from.camera.zoom,
          y: from.camera.y - (event.clientY - from.y) / from.camera.zoom,
        });
    },
    onPointerUp: () => (drag.current = null),
    onPointerLeave: () => (pointed.value = null),
    onDblClick: () => zoomTo(null),
  };
}

function told(
  scene: Scene | null,
  mean: number | undefined,
  pointed: { x: number; y: number } | null,
  a: HTMLImageElement | null,
  b: HTMLImageElement | null,
): string {
  if (!scene) return "";
  const { width, height } = scene.size;
  const parts = [`${width} × ${height}`, `${Number((scene.camera.zoom * 100).toFixed(1))} %`];
  if (b && a && (b.naturalWidth !== width || b.naturalHeight !== height))
    parts.push(`the other is ${b.naturalWidth} × ${b.naturalHeight}, scaled to this`);
  if (mean !== undefined)
    parts.push(`differs by ${mean.toFixed(2)} of 255 on average`, Number(gain.value) > 1 ? `shown × ${gain.value}` : "");
  if (pointed && a && pointed.x >= 0 && pointed.y >= 0 && pointed.x < width && pointed.y < height)
    parts.push(`x ${pointed.x}, y ${pointed.y}`);
  return parts.filter(Boolean).join(" · ");
}
