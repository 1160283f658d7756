import type { Clock, Logger } from "../base/index.ts";
import type { ScrapeConfig } from "../config/index.ts";
import type { FetchRequest, FetchResponse } from "../net/index.ts";
import type { Appendable } from "../storage/index.ts";
import type { ScrapeCounters, ScrapeObserver } from "./counters.ts";
import type { ExpositionParser } from "./parse/exposition-parser.ts";
import type { RowScratch } from "./row-scratch.ts";
import type { Schedule, TimestampRules } from "./schedule.ts";

/** Fetches targets of one job. Rejects with a FetchError, whose message a target shows as it is. */
export interface ScrapeClient {
  fetch(request: FetchRequest): Promise<FetchResponse>;
  close(): Promise<void>;
}

/** Where failed requests of jobs with scrape_failure_log_file are written (SCR-53). */
export interface FailureLog {
  /** Appends one line, which ends in a line feed. */
  write(line: string): void;
  close(): void;
}

/** What the parts of scraping share. */
export interface ScrapeEnvironment {
  readonly store: Pick<Appendable, "openTable">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: ScrapeCounters;
  readonly observer: ScrapeObserver | undefined;
  readonly createClient: (config: ScrapeConfig) => ScrapeClient;
  readonly openFailureLog: ((file: string) => FailureLog) | undefined;
  readonly userAgent: string;
  /** Make samples of start times. */
  readonly takesStarts: boolean;
  readonly strictContentType: boolean;
  readonly timestamps: TimestampRules;
  /** Largest body without a limit in the job. */
  readonly bodyBytesMax: number;
  readonly schedule: Schedule;
  readonly parser: ExpositionParser;
  readonly scratch: RowScratch;
}
