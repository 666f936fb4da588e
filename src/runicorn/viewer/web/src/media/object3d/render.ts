// Draws points and triangles into pixels, the nearest in front. Without the graphics card: it works in every browser, and
// an object among others costs no context of its own.
import type { Model } from "./model";
import type { Turn } from "./turn";

const MOST_POINTS = 600_000; // that are drawn; of more each second, third …
const MOST_TRIANGLES = 400_000;
const PLAIN = [120, 150, 200];

/** The middle of a model, and how far its furthest point is from it. */
export function bounds({ points }: Model): { middle: number[]; radius: number } {
  const lo = [Infinity, Infinity, Infinity];
  const hi = [-Infinity, -Infinity, -Infinity];
  for (let at = 0; at < points.length; at++) {
    const axis = at % 3;
    const value = points[at];
    if (value < lo[axis]) lo[axis] = value;
    if (value > hi[axis]) hi[axis] = value;
  }
  const middle = lo.map((value, axis) => (value + hi[axis]) / 2).map((value) => (Number.isFinite(value) ? value : 0));
  let furthest = 0;
  for (let at = 0; at + 2 < points.length; at += 3) {
    const away = (points[at] - middle[0]) ** 2 + (points[at + 1] - middle[1]) ** 2 + (points[at + 2] - middle[2]) ** 2;
    if (away > furthest && away < Infinity) furthest = away;
  }
  return { middle, radius: Math.sqrt(furthest) || 1 };
}

export class Renderer {
  private readonly middle: number[];
  private readonly radius: number;
  private readonly seen: Float32Array; // x and y on the screen, and depth, of each point

  constructor(private readonly model: Model) {
    const { middle, radius } = bounds(model);
    [this.middle, this.radius] = [middle, radius];
    this.seen = new Float32Array(model.points.length);
  }

  /** How many points or triangles are drawn, of how many. */
  get drawn(): { of: number; each: number } {
    const { points, triangles } = this.model;
    const [of, most] = triangles ? [triangles.length / 3, MOST_TRIANGLES] : [points.length / 3, MOST_POINTS];
    return { of, each: Math.ceil(of / most) };
  }

  draw(image: ImageData, turn: Turn): void {
    const { width, height } = image;
    const depth = new Float32Array(width * height).fill(Infinity);
    const pixels = new Uint32Array(image.data.buffer);
    pixels.fill(0);
    this.project(width, height, turn);
    if (this.model.triangles) this.fill(this.model.triangles, pixels, depth, width, height);
    else this.dots(pixels, depth, width, height);
  }

  private project(width: number, height: number, { yaw, pitch, near }: Turn): void {
    const { points } = this.model;
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const scale = (0.95 * near * Math.min(width, height)) / 2 / this.radius;
    const [mx, my, mz] = this.middle;
    for (let at = 0; at < points.length; at += 3) {
      const [x, y, z] = [points[at] - mx, points[at + 1] - my, points[at + 2] - mz];
      const across = cy * x + sy * z;
      const deep = cy * z - sy * x;
      this.seen[at] = width / 2 + scale * across;
      this.seen[at + 1] = height / 2 - scale * (cp * y - sp * deep);
      this.seen[at + 2] = -scale * (sp * y + cp * deep);
    }
  }

  private dots(pixels: Uint32Array, depth: Float32Array, width: number, height: number): void {
    const { seen } = this;
    const { each, of } = this.drawn;
    const reach = Math.min(width, height) / 2;
    const side = Math.max(1, Math.min(5, Math.round(Math.sqrt((width * height) / of) / 2))); // a quarter of the room of each
    for (let point = 0; point < of; point += each) {
      const left = Math.round(seen[3 * point]);
      const top = Math.round(seen[3 * point + 1]);
      const deep = seen[3 * point + 2];
      const colour = this.colour(point, Math.max(0.5, Math.min(1, 0.82 - (0.18 * deep) / reach)));
      for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
        for (let x = Math.max(0, left); x < Math.min(width, left + side); x++) {
          if (deep >= depth[y * width + x]) continue;
          depth[y * width + x] = deep;
          pixels[y * width + x] = colour;
        }
      }
    }
  }

  private fill(triangles: Uint32Array, pixels: Uint32Array, depth: Float32Array, width: number, height: number): void {
    const { seen } = this;
    const step = 3 * this.drawn.each;
    for (let at = 0; at + 2 < triangles.length; at += step) {
      const [p, q, r] = [3 * triangles[at], 3 * triangles[at + 1], 3 * triangles[at + 2]];
      const [ax, ay, az, bx, by, bz, cx, cy, cz] = [
        seen[p],
        seen[p + 1],
        seen[p + 2],
        seen[q],
        seen[q + 1],
        seen[q + 2],
        seen[r],
        seen[r + 1],
        seen[r + 2],
      ];
      const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
      if (!(Math.abs(area) > 1e-9)) continue;
      const colour = this.colour(triangles[at], shade(ax, ay, az, bx, by, bz, cx, cy, cz, area));
      const [lo, hi] = [Math.max(0, Math.floor(Math.min(ay, by, cy))), Math.min(height - 1, Math.ceil(Math.max(ay, by, cy)))];
      const [from, to] = [Math.max(0, Math.floor(Math.min(ax, bx, cx))), Math.min(width - 1, Math.ceil(Math.max(ax, bx, cx)))];
      for (let y = lo; y <= hi; y++) {
        for (let x = from; x <= to; x++) {
          const u = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area; // part of c
          const v = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area; // part of b
          if (u < 0 || v < 0 || u + v > 1) continue;
          const deep = az + v * (bz - az) + u * (cz - az);
          if (deep >= depth[y * width + x]) continue;
          depth[y * width + x] = deep;
          pixels[y * width + x] = colour;
        }
      }
    }
  }

  private colour(point: number, light: number): number {
    const { colours } = this.model;
    const [r, g, b] = colours ? [colours[3 * point], colours[3 * point + 1], colours[3 * point + 2]] : PLAIN;
    return (255 << 24) | ((b * light) << 16) | ((g * light) << 8) | (r * light);
  }
}

/** How light a triangle is: lit from the viewer's side, whichever way it is turned. */
function shade(
  ax: number,
  ay: number,
  az: number,
  bx: number,
  by: number,
  bz: number,
  cx: number,
  cy: number,
  cz: number,
  area: number,
): number {
  const nx = (by - ay) * (cz - az) - (bz - az) * (cy - ay);
  const ny = (bz - az) * (cx - ax) - (bx - ax) * (cz - az);
  const length = Math.hypot(nx, ny, area) || 1;
  return 0.35 + 0.65 * (Math.abs(area) / length);
}
