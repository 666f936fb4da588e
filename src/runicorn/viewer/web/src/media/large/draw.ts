// Draws one picture or two, each pixel of them as it is.
import type { Mode } from "./second";

/** Where a picture is seen: screen pixels for each of its pixels, and which of its points is in the middle. */
export interface Camera {
  zoom: number;
  x: number;
  y: number;
}

export interface Scene {
  a: CanvasImageSource | null;
  b: CanvasImageSource | null;
  size: { width: number; height: number }; // of the picture
  mode: Mode;
  camera: Camera;
  wipe: number; // part of the width in which the first is seen
  second: boolean; // flicker: which of the two is seen
}

export const ZOOMS = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];

/** The camera that shows all of a picture. */
export function fitting(size: { width: number; height: number }, width: number, height: number): Camera {
  const zoom = Math.min(width / size.width, height / size.height) || 1;
  return { zoom: zoom > 1 ? Math.floor(zoom) : zoom, x: size.width / 2, y: size.height / 2 };
}

/** The next zoom, in or out, with the point of the picture kept that is `dx`, `dy` screen pixels from the middle. */
export function zoomed(camera: Camera, by: number, dx = 0, dy = 0): Camera {
  const next = by > 0 ? ZOOMS.find((zoom) => zoom > camera.zoom * 1.001) : ZOOMS.findLast((zoom) => zoom < camera.zoom * 0.999);
  const zoom = next ?? camera.zoom;
  return { zoom, x: camera.x + dx / camera.zoom - dx / zoom, y: camera.y + dy / camera.zoom - dy / zoom };
}

/** The point of the picture under a point of the canvas. */
export function under(camera: Camera, width: number, height: number, x: number, y: number): { x: number; y: number } {
  return { x: Math.floor(camera.x + (x - width / 2) / camera.zoom), y: Math.floor(camera.y + (y - height / 2) / camera.zoom) };
}

export function draw(context: CanvasRenderingContext2D, scene: Scene, width: number, height: number): void {
  const { a, b, mode, second } = scene;
  context.clearRect(0, 0, width, height);
  if (!b || mode === "difference") one(context, scene, a, 0, width, width, height);
  else if (mode === "side") {
    one(context, scene, a, 0, width / 2 - 1, width / 2 - 1, height);
    one(context, scene, b, width / 2 + 1, width, width / 2 - 1, height);
  } else if (mode === "flicker") one(context, scene, second ? b : a, 0, width, width, height);
  else {
    const edge = Math.round(width * scene.wipe);
    one(context, scene, a, 0, edge, width, height, 0);
    one(context, scene, b, edge, width, width, height, 0);
    context.fillStyle = "#fff";
    context.fillRect(edge - 1, 0, 2, height);
  }
}

/** Draws a picture as a camera sees it, between two edges; `wide`: the width whose middle is the camera's. */
function one(
  context: CanvasRenderingContext2D,
  { camera: { zoom, x, y }, size }: Scene,
  picture: CanvasImageSource | null,
  from: number,
  to: number,
  wide: number,
  height: number,
  start = from,
): void {
  if (!picture) return;
  context.save();
  context.beginPath();
  context.rect(from, 0, to - from, height);
  context.clip();
  context.imageSmoothingEnabled = zoom < 1;
  context.imageSmoothingQuality = "high";
  const left = Math.round(start + wide / 2 - x * zoom);
  const top = Math.round(height / 2 - y * zoom);
  context.drawImage(picture, left, top, Math.round(size.width * zoom), Math.round(size.height * zoom));
  context.restore();
}

/** How much two pictures differ in each pixel and colour, `gain` times as much; and the mean of it, 0 … 255. */
export function difference(
  a: CanvasImageSource,
  b: CanvasImageSource,
  { width, height }: Scene["size"],
  gain: number,
): { picture: HTMLCanvasElement; mean: number } {
  const [first, second] = [pixels(a, width, height), pixels(b, width, height)];
  const [p, q] = [first.image.data, second.image.data];
  let sum = 0;
  for (let at = 0; at < p.length; at += 4) {
    for (let colour = at; colour < at + 3; colour++) {
      const apart = Math.abs(p[colour] - q[colour]);
      sum += apart;
      p[colour] = apart * gain; // clamped by the array
    }
    p[at + 3] = 255;
  }
  first.context.putImageData(first.image, 0, 0);
  return { picture: first.canvas, mean: sum / ((p.length / 4) * 3) };
}

export function pixels(picture: CanvasImageSource, width: number, height: number) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, width, height);
  return { canvas, context, image: context.getImageData(0, 0, width, height) };
}
