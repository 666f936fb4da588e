// What kind of screen this is.
import { signal } from "@preact/signals";

const phone = matchMedia("(max-width: 720px)");

/** Whether there is no room for panes side by side. */
export const narrow = signal(phone.matches);
phone.addEventListener("change", () => (narrow.value = phone.matches));
