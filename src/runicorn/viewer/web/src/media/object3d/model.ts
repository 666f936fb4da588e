// What a three-dimensional object is drawn of, and how files of several formats are read into that.
import { gltf } from "./gltf";
import { obj } from "./obj";
import { ply } from "./ply";
import { stl } from "./stl";

/** Points, and triangles between them where there are some. */
export interface Model {
  points: Float32Array; // x y z of each
  colours: Uint8Array | null; // r g b of each
  triangles: Uint32Array | null; // three points each
}

const SPLAT = 32; // bytes of a splat: place and scale as floats, colour and rotation as bytes

/** The model in a file of this format. Throws an Error with a sentence for what cannot be read. */
export function parse(data: ArrayBuffer, format: string): Model {
  const model = read(data, format);
  if (!model.points.length) throw new Error("It has no points.");
  return model;
}

function read(data: ArrayBuffer, format: string): Model {
  if (format === "ply") return ply(data);
  if (format === "obj") return obj(new TextDecoder().decode(data));
  if (format === "stl") return stl(data);
  if (format === "glb" || format === "gltf") return gltf(data);
  if (format === "splat") return splat(data);
  throw new Error(`The viewer draws no ${format} files.`);
}

function splat(data: ArrayBuffer): Model {
  const count = Math.floor(data.byteLength / SPLAT);
  const view = new DataView(data);
  const points = new Float32Array(3 * count);
  const colours = new Uint8Array(3 * count);
  for (let at = 0; at < count; at++) {
    for (let axis = 0; axis < 3; axis++) {
      points[3 * at + axis] = view.getFloat32(at * SPLAT + 4 * axis, true);
      colours[3 * at + axis] = view.getUint8(at * SPLAT + 24 + axis);
    }
  }
  return { points, colours, triangles: null };
}
