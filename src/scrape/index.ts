export { createScrapeCounters, type ScrapeCounters } from "./counters.ts";
export { createScrapeManager } from "./manager.ts";
export type { ActiveTarget, ScrapeManager, ScrapeManagerOptions, ScrapeTargets } from "./manager.ts";
