// OBJ files: points, with colours behind them where there are some, and faces.
import type { Model } from "./model";

export function obj(text: string): Model {
  const points: number[] = [];
  const colours: number[] = [];
  const triangles: number[] = [];
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === "v") {
      points.push(...rest.slice(0, 3).map(Number));
      if (rest.length >= 6) colours.push(...rest.slice(3, 6).map((value) => 255 * Number(value)));
    } else if (word === "f") {
      const corners = rest.map((corner) => {
        const number = parseInt(corner, 10);
        return number < 0 ? points.length / 3 + number : number - 1;
      });
      for (let at = 2; at < corners.length; at++) triangles.push(corners[0], corners[at - 1], corners[at]);
    }
  }
  return {
    points: Float32Array.from(points),
    colours: colours.length === points.length ? Uint8Array.from(colours) : null,
    triangles: triangles.length ? Uint32Array.from(triangles) : null,
  };
}
