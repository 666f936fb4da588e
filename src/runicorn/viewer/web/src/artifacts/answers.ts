// What the server tells of artifacts.
import { get } from "../server/api";

export const KINDS = ["datasets", "pretrained", "outputs", "code"] as const;
export type Kind = (typeof KINDS)[number];

export interface Artifact {
  kind: Kind;
  name: string;
  versions: number;
  runs: number;
  size: number | null;
  files: number | null;
  time: number;
  archived: boolean;
}

export interface Version {
  number: number;
  digest: string;
  size: number | null;
  files: number | null;
  time: number;
  archived: boolean;
  made: number;
  used: number;
}

export interface Use {
  run: string;
  path: string;
  alias: string | null;
  kind: Kind;
  name: string;
  copy: string | null;
  time: number;
}

export interface Side {
  found: number;
  runs: Use[];
}

interface Listed {
  found: number;
  counts: Record<Kind, number>;
  artifacts: Artifact[];
}

type Params = Record<string, string | number>;

export const list = (asked: Params) => get<Listed>("artifacts", asked);
export const versions = (asked: Params) => get<{ kind: Kind; found: number; versions: Version[] }>("artifacts/versions", asked);
export const uses = (asked: Params) => get<{ made: Side; used: Side }>("artifacts/uses", asked);
