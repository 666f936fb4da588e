// A run that is said to run and of which nobody hears: its machine may be gone.

const SILENT = 60; // seconds without a word, after which that is said

/** `heard`: seconds since it was heard of; null: it has ended, or nobody can tell. */
export function isSilent(heard: number | null): boolean {
  return heard !== null && heard > SILENT;
}
