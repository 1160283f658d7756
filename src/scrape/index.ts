export { createScrapeCounters, type ScrapeCounters } from "./counters.ts";
export { openFailureFile } from "./failure-file.ts";
export { createScrapeManager } from "./manager.ts";
export type { ActiveTarget, ScrapeManager, ScrapeManagerOptions, ScrapeTargets } from "./manager.ts";
export { OpenMetricsReader, type OpenMetricsSample } from "./parse/openmetrics-reader.ts";
