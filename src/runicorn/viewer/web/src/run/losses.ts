// What of a run was lost or is damaged, as sentences.
import { bytes, count } from "../parts/format";
import type { Told } from "./run";

export function losses({ dropped, lost_bytes, problems }: Pick<Told, "dropped" | "lost_bytes" | "problems">): string[] {
  const several = (amount: number, one: string, more: string) => `${count(amount)} ${amount === 1 ? one : more}`;
  const gone = several(dropped, "event was dropped", "events were dropped");
  return [
    ...(dropped ? [`${gone}: there was no room for more in shared memory, nor on the local disk (RUNICORN_OUTBOX_MB, RUNICORN_SPILL_MB).`] : []),
    ...(lost_bytes ? [`${bytes(lost_bytes)} of events were lost: what held them was gone before the daemon had read them.`] : []),
    ...problems,
  ];
}
