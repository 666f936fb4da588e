// glTF, in one file: the triangles and points of all nodes, in the base colours of their materials.
import type { Model } from "./model";

type Matrix = number[]; // 16, column by column

interface Node {
  mesh?: number;
  children?: number[];
  matrix?: Matrix;
  translation?: number[];
  rotation?: number[];
  scale?: number[];
}

interface Document {
  scene?: number;
  scenes?: { nodes?: number[] }[];
  nodes?: Node[];
  meshes?: { primitives: { attributes: Record<string, number>; indices?: number; mode?: number; material?: number }[] }[];
  materials?: { pbrMetallicRoughness?: { baseColorFactor?: number[] } }[];
  accessors?: { bufferView?: number; byteOffset?: number; componentType: number; count: number; type: string }[];
  bufferViews?: { buffer: number; byteOffset?: number; byteLength: number; byteStride?: number }[];
  buffers?: { uri?: string }[];
}

const GLB = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const TRIANGLES = 4;
const DEEPEST = 64;
const WIDTHS: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
const READERS: Record<number, [number, (view: DataView, at: number) => number]> = {
  5120: [1, (view, at) => view.getInt8(at)],
  5121: [1, (view, at) => view.getUint8(at)],
  5122: [2, (view, at) => view.getInt16(at, true)],
  5123: [2, (view, at) => view.getUint16(at, true)],
  5125: [4, (view, at) => view.getUint32(at, true)],
  5126: [4, (view, at) => view.getFloat32(at, true)],
};
const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

export function gltf(data: ArrayBuffer): Model {
  const { json, binary } = opened(data);
  const buffers = (json.buffers ?? []).map(({ uri }) => (uri === undefined ? binary : inline(uri)));
  const points: number[] = [];
  const colours: number[] = [];
  const triangles: number[] = [];
  const walk = (number: number, above: Matrix, depth: number) => {
    const node = json.nodes?.[number];
    if (!node || depth > DEEPEST) return;
    const matrix = multiplied(above, node.matrix ?? placed(node));
    for (const part of (node.mesh === undefined ? undefined : json.meshes?.[node.mesh])?.primitives ?? []) {
      const first = points.length / 3;
      const places = values(json, buffers, part.attributes.POSITION);
      for (let at = 0; at + 2 < places.length; at += 3) points.push(...moved(matrix, places, at));
      const base = json.materials?.[part.material ?? -1]?.pbrMetallicRoughness?.baseColorFactor ?? [0.8, 0.8, 0.8];
      for (let at = 0; at < places.length; at++) colours.push(255 * base[at % 3]);
      if ((part.mode ?? TRIANGLES) !== TRIANGLES) continue;
      const corners =
        part.indices === undefined ? Array.from({ length: places.length / 3 }, (_, at) => at) : values(json, buffers, part.indices);
      for (const corner of corners) triangles.push(first + corner);
    }
    for (const child of node.children ?? []) walk(child, matrix, depth + 1);
  };
  const roots = json.scenes?.[json.scene ?? 0]?.nodes ?? (json.nodes ?? []).map((_, at) => at);
  for (const root of roots) walk(root, IDENTITY, 0);
  return {
    points: Float32Array.from(points),
    colours: Uint8Array.from(colours),
    triangles: triangles.length ? Uint32Array.from(triangles) : null,
  };
}

function opened(data: ArrayBuffer): { json: Document; binary: ArrayBuffer } {
  const view = new DataView(data);
  if (data.byteLength < 20 || view.getUint32(0, true) !== GLB)
    return { json: JSON.parse(new TextDecoder().decode(data)), binary: new ArrayBuffer(0) };
  const length = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK) throw new Error("It is no glTF file: its first part is not JSON.");
  return {
    json: JSON.parse(new TextDecoder().decode(new Uint8Array(data, 20, length))),
    binary: data.slice(Math.min(data.byteLength, 28 + length)),
  };
}

function inline(uri: string): ArrayBuffer {
  const found = /^data:[^,]*;base64,/.exec(uri);
  if (!found) throw new Error(`Its data lies in another file, ${uri.slice(0, 60)}, which was not logged.`);
  return Uint8Array.from(atob(uri.slice(found[0].length)), (letter) => letter.charCodeAt(0)).buffer;
}

/** The numbers that an accessor means. */
function values(json: Document, buffers: ArrayBuffer[], number: number): number[] {
  const accessor = json.accessors?.[number];
  const part = json.bufferViews?.[accessor?.bufferView ?? -1];
  const reader = READERS[accessor?.componentType ?? 0];
  if (!accessor || !part || !reader) throw new Error("It has parts that the viewer does not read, such as compressed meshes.");
  const [size, read] = reader;
  const width = WIDTHS[accessor.type] ?? 1;
  const stride = part.byteStride ?? size * width;
  const view = new DataView(buffers[part.buffer], (part.byteOffset ?? 0) + (accessor.byteOffset ?? 0));
  return Array.from({ length: accessor.count * width }, (_, at) => read(view, Math.floor(at / width) * stride + (at % width) * size));
}

function placed({ translation: [a, b, c] = [0, 0, 0], rotation: [x, y, z, w] = [0, 0, 0, 1], scale: [p, q, r] = [1, 1, 1] }: Node): Matrix {
  return [
    ...[1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)].map((value) => value * p),
    0,
    ...[2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)].map((value) => value * q),
    0,
    ...[2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)].map((value) => value * r),
    0,
    a,
    b,
    c,
    1,
  ];
}

function multiplied(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: 16 }, (_, at) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * k + (at % 4)] * b[4 * Math.floor(at / 4) + k], 0),
  );
}

function moved(matrix: Matrix, places: number[], at: number): number[] {
  return [0, 1, 2].map(
    (axis) => matrix[axis] * places[at] + matrix[4 + axis] * places[at + 1] + matrix[8 + axis] * places[at + 2] + matrix[12 + axis],
  );
}
