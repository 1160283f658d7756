/** What scraping counts about itself, for the server's own metrics (CLI-111 to CLI-116). Only ever rises. */
export interface ScrapeCounters {
  exceededBodySizeLimit: number;
  exceededSampleLimit: number;
  exceededLabelLimits: number;
  /** Syncs that found more targets than target_limit. */
  exceededTargetLimit: number;
  samplesDuplicate: number; // Second sample of a series for the same time.
  samplesOutOfOrder: number;
  samplesOutOfBounds: number;
  /** New series that the store did not take, counted in each scrape. */
  seriesRefused: number;
  /** Scrapes of targets whose Content-Type is missing or odd, read as text all the same. */
  assumedText: number;
  readonly syncs: Map<string, number>; // By job.
  /** Targets that were refused in a sync, by job. */
  readonly syncFailures: Map<string, number>;
}

export function createScrapeCounters(): ScrapeCounters {
  return {
    exceededBodySizeLimit: 0,
    exceededSampleLimit: 0,
    exceededLabelLimits: 0,
    exceededTargetLimit: 0,
    samplesDuplicate: 0,
    samplesOutOfOrder: 0,
    samplesOutOfBounds: 0,
    seriesRefused: 0,
    assumedText: 0,
    syncs: new Map(),
    syncFailures: new Map(),
  };
}

/** Takes what is summed up as quantiles; seconds. */
export interface ScrapeObserver {
  /** Time between the starts of two scrapes of a target with this interval. */
  intervalLength(intervalMs: number, seconds: number): void;
  syncLength(job: string, seconds: number): void;
}
