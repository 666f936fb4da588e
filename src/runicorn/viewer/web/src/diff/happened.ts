// What happened while the two runs went on, below the charts of both.
import { effect } from "@preact/signals";
import { below } from "../charts/current";
import { placeFlags, type Flag } from "../charts/flags";
import { flagsOf } from "../run/events";
import type { Told } from "../run/run";
import { get } from "../server/api";
import { settings } from "./answers";

/** Begins to ask for it when it is known which runs are compared. */
export function followEvents(): void {
  effect(() => {
    const found = settings.value;
    below.value = null;
    if (!found) return;
    const both = [found.a, found.b].map(({ run_id: run }, at) => of(run, "AB"[at]));
    void Promise.all(both).then(([a, b]) => {
      if (settings.peek() === found) below.value = (...plot) => placeFlags([...a, ...b], ...plot);
    });
  });
}

async function of(run: string, letter: string): Promise<Flag[]> {
  const told = await get<Told>(`runs/${encodeURIComponent(run)}`).catch(() => null);
  return told ? flagsOf(told).map((flag) => ({ ...flag, text: `${letter}: ${flag.text}` })) : [];
}
