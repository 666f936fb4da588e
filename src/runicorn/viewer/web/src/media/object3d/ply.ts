// PLY files: text, or numbers in binary of either byte order.
import type { Model } from "./model";

interface Property {
  name: string;
  type: string;
  counted: string; // the type of a list's length; "" for one value
}

interface Element {
  name: string;
  count: number;
  properties: Property[];
}

const TYPES: Record<string, [number, (view: DataView, at: number, little: boolean) => number]> = {
  char: [1, (view, at) => view.getInt8(at)],
  uchar: [1, (view, at) => view.getUint8(at)],
  short: [2, (view, at, little) => view.getInt16(at, little)],
  ushort: [2, (view, at, little) => view.getUint16(at, little)],
  int: [4, (view, at, little) => view.getInt32(at, little)],
  uint: [4, (view, at, little) => view.getUint32(at, little)],
  float: [4, (view, at, little) => view.getFloat32(at, little)],
  double: [8, (view, at, little) => view.getFloat64(at, little)],
};
const OTHER_NAMES: Record<string, string> = {
  int8: "char",
  uint8: "uchar",
  int16: "short",
  uint16: "ushort",
  int32: "int",
  uint32: "uint",
  float32: "float",
  float64: "double",
};
/** Colours of categories, one behind the other. */
const CATEGORIES = [0x4fa8e8, 0xff8c42, 0x2fc28f, 0xe07fc0, 0xe3c02f, 0xa994ff, 0xc98f6b, 0xff6b8f, 0x8fd3ff, 0x9aa4b2];

export function ply(data: ArrayBuffer): Model {
  const text = new TextDecoder("latin1").decode(new Uint8Array(data, 0, Math.min(data.byteLength, 1 << 16)));
  const end = /end_header\r?\n/.exec(text);
  if (!text.startsWith("ply") || !end) throw new Error("It is no PLY file.");
  const head = text.slice(0, end.index).split(/\r?\n/);
  const format = /^format (\S+)/.exec(head.find((line) => line.startsWith("format ")) ?? "")?.[1];
  const next =
    format === "ascii"
      ? words(data, end.index + end[0].length)
      : numbers(data, end.index + end[0].length, format === "binary_little_endian");
  const found: Model = { points: new Float32Array(), colours: null, triangles: null };
  for (const element of elements(head)) {
    if (element.name === "vertex") vertices(element, next, found);
    else if (element.name === "face") faces(element, next, found);
    else break; // nothing behind it is drawn
  }
  return found;
}

function elements(head: string[]): Element[] {
  const found: Element[] = [];
  for (const line of head) {
    const [word, a, b, c, d] = line.trim().split(/\s+/);
    if (word === "element") found.push({ name: a, count: Number(b), properties: [] });
    if (word === "property" && a === "list") found.at(-1)!.properties.push({ name: d, type: plain(c), counted: plain(b) });
    else if (word === "property") found.at(-1)!.properties.push({ name: b, type: plain(a), counted: "" });
  }
  return found;
}

function plain(type: string): string {
  const name = OTHER_NAMES[type] ?? type;
  if (!(name in TYPES)) throw new Error(`It has numbers of an unknown type, ${type}.`);
  return name;
}

type Next = (type: string) => number;

function numbers(data: ArrayBuffer, start: number, little: boolean): Next {
  const view = new DataView(data);
  let at = start;
  return (type) => {
    const [size, read] = TYPES[type];
    at += size;
    return read(view, at - size, little);
  };
}

function words(data: ArrayBuffer, start: number): Next {
  const found = new TextDecoder().decode(new Uint8Array(data, start)).split(/\s+/);
  let at = found[0] === "" ? 1 : 0;
  return () => Number(found[at++]);
}

function vertices({ count, properties }: Element, next: Next, found: Model): void {
  const slots = properties.map(({ name }) => ["x", "y", "z"].indexOf(name));
  const hues = properties.map(({ name }) => ["red", "green", "blue"].indexOf(name));
  const category = properties.findIndex(({ name }) => name === "category");
  found.points = new Float32Array(3 * count);
  if (category >= 0 || hues.some((hue) => hue >= 0)) found.colours = new Uint8Array(3 * count);
  for (let at = 0; at < count; at++) {
    for (let place = 0; place < properties.length; place++) {
      const { type, counted } = properties[place];
      const value = next(counted || type);
      if (counted) for (let left = value; left > 0; left--) next(type);
      else if (slots[place] >= 0) found.points[3 * at + slots[place]] = value;
      else if (hues[place] >= 0) found.colours![3 * at + hues[place]] = type === "uchar" ? value : 255 * value;
      else if (place === category) paint(found.colours!, at, value);
    }
  }
}

function paint(colours: Uint8Array, at: number, category: number): void {
  const colour = CATEGORIES[((Math.round(category) % CATEGORIES.length) + CATEGORIES.length) % CATEGORIES.length] ?? 0;
  colours.set([colour >> 16, (colour >> 8) & 255, colour & 255], 3 * at);
}

function faces({ count, properties }: Element, next: Next, found: Model): void {
  const triangles: number[] = [];
  for (let at = 0; at < count; at++) {
    for (const { name, type, counted } of properties) {
      const length = next(counted || type);
      if (!counted) continue;
      const corners = Array.from({ length }, () => next(type));
      if (!/^vertex_ind(ex|ices)$/.test(name)) continue;
      for (let corner = 2; corner < length; corner++) triangles.push(corners[0], corners[corner - 1], corners[corner]);
    }
  }
  if (triangles.length) found.triangles = Uint32Array.from(triangles);
}
