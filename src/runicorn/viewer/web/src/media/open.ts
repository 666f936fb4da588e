// Which medium is seen alone, large: the address says "image:samples" and its place in its list.
import { batch } from "@preact/signals";
import { setOwn } from "../state/view";
import { moveTo } from "../run/cursor";

export function openMedium(type: string, key: string, step: number, index: number): void {
  batch(() => {
    moveTo(step);
    setOwn({ medium: `${type}:${key}`, i: index ? String(index) : "" });
  });
}

export function close(): void {
  setOwn({ medium: "", i: "", b: "", how: "", zoom: "", centre: "", gain: "" });
}

/** The type and key in the address. */
export function opened(text: string): { type: string; key: string } {
  const [type, ...rest] = text.split(":");
  return { type, key: rest.join(":") };
}
