// Who opens the viewer without its token may look at everything, and change nothing.
import { complain } from "../parts/toast";

/** What is said where something cannot be changed. */
export const READ_ONLY = "This page may not change anything: open the address that `runicorn viewer` has printed, which has the token.";

/** Whether edits are taken, as the page's cookie tells. */
export function mayEdit(): boolean {
  return !document.cookie.split("; ").includes(`runicorn_edits_${location.port}=0`);
}

/** The same; where they are not, that is told. */
export function checkEdits(): boolean {
  if (!mayEdit()) complain(READ_ONLY);
  return mayEdit();
}
