// The tabs of a run's page. Each is loaded when it is opened only.
import type { ComponentType } from "preact";

export interface Tab {
  name: string; // as in the address
  key: string; // that opens it
  /** `begin` asks for what the tab is drawn with; it resolves when that is there. */
  load: () => Promise<{ default: ComponentType<{ run: string }>; begin?: () => Promise<unknown> }>;
}

export const TABS: Tab[] = [
  { name: "charts", key: "1", load: () => import("./charts") },
  { name: "logs", key: "2", load: () => import("../logs/tab") },
  { name: "media", key: "3", load: () => import("../media/page") },
  { name: "tables", key: "4", load: () => import("../tables/page") },
  { name: "rollouts", key: "5", load: () => import("../rollouts/tab") },
  { name: "code", key: "6", load: () => import("../code/tab") },
  { name: "data", key: "7", load: () => import("../assets/tab") },
  { name: "system", key: "8", load: () => import("./system") },
  { name: "ranks", key: "9", load: () => import("../ranks/tab") },
  { name: "info", key: "0", load: () => import("./info") },
];
