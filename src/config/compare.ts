import { isDeepStrictEqual } from "node:util";
import type { ScrapeConfig } from "./types.ts";

/** Whether two effective jobs are the same, so that a reload need not touch its loops. Spec CFG-104. */
export function sameScrapeConfig(a: ScrapeConfig, b: ScrapeConfig): boolean {
  return a === b || isDeepStrictEqual(a, b);
}

/**
 * Whether what changed between two jobs says nothing about what the scraped lines mean, so that each target's
 * cache is kept and nothing becomes stale. Source: spec CFG-105.
 */
export function cacheKeepingChange(a: ScrapeConfig, b: ScrapeConfig): boolean {
  const { scrapeIntervalMs, scrapeTimeoutMs, sampleLimit, httpClient } = a;
  return sameScrapeConfig(a, { ...b, scrapeIntervalMs, scrapeTimeoutMs, sampleLimit, httpClient });
}
