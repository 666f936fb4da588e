// Which tabs of a run have something to show, as far as that is known without reading it.
import type { Told } from "./run";

/** Whether a tab may have something; without its name here it always has. */
const MAY: Record<string, (run: Told) => boolean> = {
  logs: ({ holds }) => holds.logs,
  media: ({ holds }) => holds.objects,
  tables: ({ holds }) => holds.objects,
  rollouts: ({ holds }) => holds.objects,
  code: ({ code }) => Object.keys(code).length > 0,
  data: ({ outputs, datasets, pretrained }) => outputs.length + datasets.length + pretrained.length > 0,
  system: ({ system }) => Object.keys(system).length > 0,
  ranks: ({ writers }) => new Set(writers.filter(({ role }) => !role).map(({ rank }) => rank)).size > 1,
};

export function mayHold(run: Told, tab: string): boolean {
  return MAY[tab]?.(run) ?? true;
}
