export { createScrapeCounters, type ScrapeCounters, type ScrapeObserver } from "./counters.ts";
export type { FailureLog, ScrapeClient } from "./environment.ts";
export type { Health, TargetStatus } from "./loop.ts";
export { createScrapeManager } from "./manager.ts";
export type {
  ActiveTarget,
  DroppedTarget,
  MetricMetadata,
  ScrapeJobs,
  ScrapeManager,
  ScrapeManagerOptions,
  ScrapeTargets,
} from "./manager.ts";
export type { FamilyMetadata } from "./metadata.ts";
export type { FamilyType } from "./parse/family-type.ts";
export type { TimestampRules } from "./schedule.ts";
