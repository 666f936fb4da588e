// The keys of runs' media, and what is known of each.
import { computed, effect, signal } from "@preact/signals";
import { changed } from "../charts/loader";
import { Following } from "../run/following";
import { id } from "../run/run";
import { get, Refused } from "../server/api";
import { calm } from "../state/live";
import { own } from "../state/view";
import { Series } from "./series";
import type { Key } from "./types";

/** Types that the tab "media" shows; tables and traces have tabs of their own. */
export const TYPES = ["image", "video", "audio", "figure", "histogram", "object3d", "html", "markdown"];

const SOONEST = 500; // milliseconds between looks for new ones

interface Catalogue {
  found: number;
  keys: Key[];
}

const catalogues = signal<Map<string, Catalogue>>(new Map());
const known = new Map<string, Series>();

/** Why the media cannot be had. */
export const problem = signal<Refused | null>(null);

/** Asks which media a run has. */
export async function renew(run: string): Promise<void> {
  try {
    const answer = await get<Catalogue>(`runs/${encodeURIComponent(run)}/media/keys`);
    for (const told of answer.keys) known.get(nameOf(run, told))?.renew(told);
    catalogues.value = new Map(catalogues.peek()).set(run, answer);
    problem.value = null;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error;
  }
}

/** Which media the run of the page has. */
export const following = new Following(() => {
  const again = calm(() => void renew(id), SOONEST);
  return [effect(() => void (changed.value, again()))];
});

/** A run's media by key and type; null: not known yet. */
export function catalogue(run: string): Catalogue | null {
  return catalogues.value.get(run) ?? null;
}

/** The media of a key. */
export function series(run: string, told: Key): Series {
  const name = nameOf(run, told);
  const found = known.get(name) ?? new Series(run, told);
  known.set(name, found);
  return found;
}

/** The media that a run has of a key and type, once that is known. */
export function find(run: string, type: string, key: string): Series | null {
  const told = catalogue(run)?.keys.find((one) => one.key === key && one.type === type);
  return told ? series(run, told) : null;
}

/** The types of its media that the tab "media" shows. */
export function typesOf(run: string): string[] {
  const keys = catalogue(run)?.keys ?? [];
  return TYPES.filter((type) => keys.some((one) => one.type === type));
}

const words = own("has");
const only = own("types");

/** The keys that are shown: of the types that are wanted, with the words in their names. */
export const chosen = computed(() => (run: string): Key[] => {
  const parts = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ key, type }: Key) =>
    (only.value ? type === only.value : TYPES.includes(type)) && parts.every((part) => key.toLowerCase().includes(part));
  return (catalogue(run)?.keys ?? []).filter(fits);
});

function nameOf(run: string, { key, type }: Key): string {
  return JSON.stringify([run, type, key]);
}
