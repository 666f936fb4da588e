// What one chart has of its own, as the address tells it: "log,full,sm:ema:0.6,x:100..200".

/** What is not said is as in all charts. */
export interface Own {
  log?: boolean; // y is logarithmic
  full?: boolean; // y goes to the furthest outlier
  smooth?: string; // "" is none
  range?: [number, number]; // of x
}

export function tell({ log, full, smooth, range }: Own): string {
  return [
    log === undefined ? "" : log ? "log" : "linear",
    full === undefined ? "" : full ? "full" : "robust",
    smooth === undefined ? "" : `sm:${smooth || "none"}`,
    range ? `x:${range[0]}..${range[1]}` : "",
  ].filter(Boolean).join(",");
}

/** What `tell` told; what makes no sense is left out. */
export function understand(text: string): Own {
  const own: Own = {};
  for (const part of text.split(",")) {
    if (part === "log" || part === "linear") own.log = part === "log";
    else if (part === "full" || part === "robust") own.full = part === "full";
    else if (/^sm:./.test(part)) own.smooth = part === "sm:none" ? "" : part.slice(3);
    else {
      const ends = /^x:([^.].*?)\.\.(.+)$/.exec(part)?.slice(1).map(Number);
      if (ends && ends[0] < ends[1]) own.range = [ends[0], ends[1]];
    }
  }
  return own;
}
