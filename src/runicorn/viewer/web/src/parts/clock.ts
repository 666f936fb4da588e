// The time, for what is told of it while it passes.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const now = signal(Date.now() / 1000);
let watching = 0;
let ticking = 0;

/** Seconds since the epoch, anew each second; `ticks`: only while something still passes. */
export function useNow(ticks: boolean): number {
  useEffect(() => {
    if (!ticks) return;
    if (watching++ === 0) ticking = window.setInterval(() => (now.value = Date.now() / 1000), 1000);
    return () => void (--watching === 0 && clearInterval(ticking));
  }, [ticks]);
  return ticks ? Math.max(now.value, Date.now() / 1000) : now.peek();
}
