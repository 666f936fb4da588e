// STL files, text or binary: triangles, each with points of its own.
import type { Model } from "./model";

const HEAD = 84;
const FACET = 50;

export function stl(data: ArrayBuffer): Model {
  const view = new DataView(data);
  const count = data.byteLength >= HEAD ? view.getUint32(80, true) : 0;
  const points = data.byteLength === HEAD + FACET * count ? binary(view, count) : text(new TextDecoder().decode(data));
  return { points, colours: null, triangles: Uint32Array.from({ length: points.length / 3 }, (_, at) => at) };
}

function binary(view: DataView, count: number): Float32Array {
  const points = new Float32Array(9 * count);
  for (let facet = 0; facet < count; facet++) {
    for (let at = 0; at < 9; at++) points[9 * facet + at] = view.getFloat32(HEAD + FACET * facet + 12 + 4 * at, true);
  }
  return points;
}

function text(found: string): Float32Array {
  return Float32Array.from(
    [...found.matchAll(/vertex\s+(\S+)\s+(\S+)\s+(\S+)/g)].flatMap(([, x, y, z]) => [Number(x), Number(y), Number(z)]),
  );
}
