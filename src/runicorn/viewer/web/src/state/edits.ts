// Changes what people say of runs; each change is told, and can be taken back.
import { signal } from "@preact/signals";
import { complain, toast } from "../parts/toast";
import { post, Refused, type Value } from "../server/api";
import { checkEdits } from "./rights";

/** Fields of a run that can be edited; null or [] for none. */
export interface Changes {
  alias?: string | null;
  tags?: string[];
  notes?: string | null;
  group?: string | null;
  flags?: string[];
  trashed_at?: number | null;
}

export interface Edit {
  run: string;
  changes: Changes;
}

interface Answer {
  done: { run: string; before: Record<string, Value> }[];
  error: string | null;
}

/** Counts up when an edit was made: what is shown of runs is to be asked for again. */
export const edited = signal(0);

/** Makes the edits and tells `text` of it, with the way back. Gives whether all were made. */
export async function edit(edits: Edit[], text: string): Promise<boolean> {
  const answer = checkEdits() && (await sent(edits));
  if (!answer) return false;
  const back = answer.done.map(({ run, before }): Edit => ({ run, changes: before }));
  edited.value++;
  if (answer.error) complain(answer.error);
  else toast(text, () => void sent(back).then((undone) => undone && (edited.value++, toast("Undone."))));
  return !answer.error;
}

async function sent(edits: Edit[]): Promise<Answer | null> {
  try {
    return await post<Answer>("edits", { edits });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    complain(error.message);
    return null;
  }
}
