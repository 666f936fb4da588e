// The pixels of histograms.

export interface Histogram {
  counts: number[];
  edges: number[];
  nonfinite: number;
}

/** As the server puts histograms into common bins: see heatmap.py. */
export interface Heat {
  steps: number;
  step: number[];
  lo: number;
  hi: number;
  bins: number;
  share: string[];
  total: number[];
  nonfinite: number[];
}

/** The step of the column at a part of the width, 0 … 1. */
export function stepAt({ step }: Heat, part: number): number {
  return step[Math.max(0, Math.min(step.length - 1, Math.floor(part * step.length)))];
}

/** The last column that is not behind a step; -1 where there is none. */
export function columnOf({ step }: Heat, wanted: number): number {
  return step.findLastIndex((one) => one <= wanted);
}

/** A column's shares, 65,535 is all. */
export function unpacked(share: string): Uint16Array {
  const bytes = Uint8Array.from(atob(share), (letter) => letter.charCodeAt(0));
  return new Uint16Array(bytes.buffer);
}

/** How dark a share is, 0 … 1: the root, so that rare values are seen. */
export function darkness(share: number, most: number): number {
  return most > 0 ? Math.sqrt(Math.max(0, share) / most) : 0;
}

export function drawHeat(canvas: HTMLCanvasElement, heat: Heat, step: number | null, height: number): void {
  const context = sized(canvas, height);
  const { clientWidth: width } = canvas;
  const shares = heat.share.map(unpacked);
  const most = Math.max(0, ...shares.map((column) => Math.max(0, ...column)));
  const colour = style(canvas, "--run-6");
  const wide = width / (heat.step.length || 1);
  context.fillStyle = colour;
  shares.forEach((column, at) => {
    const [left, right] = [Math.round(at * wide), Math.round((at + 1) * wide)];
    const edge = (bin: number) => Math.round(height - (bin * height) / column.length);
    column.forEach((share, bin) => {
      if (!share) return;
      context.globalAlpha = darkness(share, most);
      context.fillRect(left, edge(bin + 1), right - left, edge(bin) - edge(bin + 1));
    });
  });
  context.globalAlpha = 1;
  const at = step === null ? -1 : columnOf(heat, step);
  if (at < 0) return;
  context.strokeStyle = style(canvas, "--text");
  context.strokeRect(Math.floor(at * wide) + 0.5, 0.5, Math.max(2, wide) - 1, height - 1);
}

export function drawBars(canvas: HTMLCanvasElement, { counts, edges }: Histogram): void {
  const height = canvas.clientHeight;
  const context = sized(canvas, height);
  const [lo, hi] = [Number(edges[0]), Number(edges.at(-1))];
  const densities = counts.map((one, at) => Number(one) / (Number(edges[at + 1]) - Number(edges[at]) || 1));
  const most = Math.max(...densities);
  const place = (edge: number) => ((Number(edge) - lo) / (hi - lo || 1)) * canvas.clientWidth;
  context.fillStyle = style(canvas, "--run-6");
  densities.forEach((density, at) => {
    const tall = most > 0 ? (density / most) * (height - 1) : 0;
    context.fillRect(place(edges[at]), height - tall, Math.max(1, place(edges[at + 1]) - place(edges[at]) - 0.5), tall);
  });
}

/** A canvas with a pixel for each of the screen's, empty. */
export function sized(canvas: HTMLCanvasElement, height: number): CanvasRenderingContext2D {
  Object.assign(canvas, { width: Math.round(canvas.clientWidth * devicePixelRatio), height: Math.round(height * devicePixelRatio) });
  const context = canvas.getContext("2d")!;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  return context;
}

function style(element: HTMLElement, name: string): string {
  return getComputedStyle(element).getPropertyValue(name);
}
