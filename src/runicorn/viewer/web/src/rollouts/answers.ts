// What the server tells of conversations: see routes/rollouts.py and routes/rollout.py. NaN is null.

/** How the rewards of some samples lie. */
export interface Worth {
  count: number;
  mean: number | null;
  std: number | null;
  lo: number | null;
  hi: number | null;
  truncated: number | null; // which share; null: not known
}

export interface StepRow extends Worth {
  step: number;
  counts: number[]; // of the histogram
}

export interface GroupRow extends Worth {
  prompt_id: string;
  prompt: string;
}

export interface Sample {
  id: string;
  step: number;
  stage: string | null;
  rank: number;
  time: number;
  reward: number | string | null; // a text where it is no finite number
  length: number;
  unit: string;
  advantage: number | null;
  truncated: boolean | null;
  prompt_id: string;
  flagged: boolean;
  prompt: string;
}

export interface SampleRow extends Sample {
  answer: string;
}

/** Conversations of one key; `stages`: how many of each. */
export interface Kind {
  key: string;
  type: string;
  count: number;
  stages: [string | null, number][];
}

/** What all steps have in common; `read`: which share of the run is read. */
export interface Overview {
  read: number;
  tested: number; // for the filter, likewise
  sets: Kind[];
  key: string;
  type: string;
  stage: string;
  count: number;
  found: number;
  flagged: number;
  names: string[];
  unit: string;
  advantage: boolean;
  ends: [number, number] | null;
  steps: number;
  at: number;
  here: number | null;
}

export interface Token {
  token: string;
  logprob?: number | null;
  advantage?: number | null;
}

export type Shade = "advantage" | "logprob";

export interface Message {
  role: string;
  text: string;
  size: number | null; // of the text, where it is cut
  images: string[];
  calls: { name: string; arguments: string }[];
  more: string | null;
  shades: Shade[];
  tokens?: Token[];
  token_count?: number;
}

/** One sample with messages `lo` and following, of `count`. */
export interface Whole extends Sample {
  rewards: Record<string, unknown>;
  count: number;
  lo: number;
  messages: Message[];
  metadata: string | null;
  spans: number;
  name: string | null;
  environment: string[];
  error: string | null;
}

/** A span as a row of the tree. */
export interface Span {
  place: number;
  depth: number;
  name: string;
  kind: string | null;
  model: string | null;
  start: number | null;
  seconds: number | null;
  error: boolean;
}

export interface Spans {
  spans: Span[];
  count: number;
  seconds: number | null;
}

/** "=" is in both, "-" in the first, "+" in the second. */
export type Part = ["=" | "-" | "+", string];

export interface Difference {
  a: Sample;
  b: Sample;
  messages: { a: string | null; b: string | null; parts: Part[] }[];
  more: number;
}

export interface Over {
  step: number[];
  mean: (number | null)[];
  lo: (number | null)[];
  hi: (number | null)[];
  count: number[];
}
