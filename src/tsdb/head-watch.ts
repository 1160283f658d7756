// Watches how full the head is and how many of its series are stale, says so in the log, and tells when it has to be cut
// early. Spec REL-15, TSDB-25.

import { errorText, type Clock, type Logger } from "../base/index.ts";
import type { BudgetStats, NamedCount, StoreTuning } from "../storage/index.ts";
import { headUsage } from "./head/admission.ts";
import { HeadBudget } from "./head/budget.ts";
import type { Head } from "./head/head.ts";
import { countStale } from "./head/stale-count.ts";
import { otherWork } from "./maintenance/flush.ts";
import type { StoreOptions } from "./options.ts";

// Counting stale series takes at most this share of the time.
const COUNTING_SHARE = 0.01;

export class HeadWatch {
  readonly #head: Head;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #staleThreshold: number;
  #staleSeries = 0;
  #countAgainAt = -Infinity; // Of the monotonic clock.

  /** Gives the head its budget. `onPressed` is called when the head has come near its limit or reached it. */
  constructor(head: Head, options: StoreOptions, onPressed: () => Promise<void>) {
    const { clock, logger, tuning, headBytesMax = Infinity, headSeriesMax = 0 } = options;
    this.#head = head;
    this.#clock = clock;
    this.#logger = logger;
    this.#staleThreshold = tuning?.staleSeriesThreshold ?? 0;
    head.budget = new HeadBudget(
      { bytesMax: headBytesMax, seriesMax: headSeriesMax > 0 ? headSeriesMax : Infinity },
      { usage: () => headUsage(head), now: () => clock.now() },
    );
    head.budget.onChange = (stats) => {
      this.#report(stats);
      if (stats.pressure === "normal") return;
      onPressed().catch((error: unknown) => {
        logger.error("Maintenance of the store failed", { err: errorText(error) });
      });
    };
  }

  /** Series whose newest sample is a staleness marker, when they were counted last. */
  get staleSeries(): number {
    return this.#staleSeries;
  }

  configure({ staleSeriesThreshold }: StoreTuning): void {
    if (staleSeriesThreshold !== undefined) this.#staleThreshold = staleSeriesThreshold;
  }

  /** Whether the head has to let go of what it can. */
  isCutEarly(): boolean {
    if (this.#head.budget.look() !== "normal") return true;
    const { series } = headUsage(this.#head);
    return this.#staleThreshold > 0 && series > 0 && this.#staleSeries / series >= this.#staleThreshold;
  }

  /** Counts the stale series, unless that took long and was done lately. The series must keep their numbers. */
  async count(): Promise<void> {
    const started = this.#clock.monotonic();
    if (started < this.#countAgainAt) return;
    const counting = countStale(this.#head);
    let step = counting.next();
    for (; step.done !== true; step = counting.next()) await otherWork();
    this.#staleSeries = step.value;
    const ended = this.#clock.monotonic();
    this.#countAgainAt = ended + (ended - started) / COUNTING_SHARE;
  }

  #report({ pressure, ...stats }: BudgetStats): void {
    const fields = {
      bytes: stats.bytes,
      series: stats.series,
      ...(stats.bytesMax < Infinity && { "storage.head.memory-limit": stats.bytesMax }),
      ...(stats.seriesMax < Infinity && { "storage.head.max-series": stats.seriesMax }),
      new_series_by_source: listText(stats.worstSources),
      new_series_by_metric: listText(stats.worstMetrics),
      refused: stats.seriesRefused,
    };
    switch (pressure) {
      case "normal":
        this.#logger.info("head is within its limit again", fields);
        break;
      case "pressed":
        this.#logger.warn("head is near its limit: blocks are cut early", fields);
        break;
      case "full":
        this.#logger.warn("head is at its limit: who made the most new series lately makes no more", fields);
        break;
    }
  }
}

// Of a target's key job and URL say enough; senders' job and instance are parted by a control character.
function listText(counts: readonly NamedCount[]): string {
  return counts
    .map(({ name, value }) => {
      const target = /^scrape .*? https?:\/\/\S+/u.exec(name)?.[0];
      return `${target ?? name.replaceAll(/\p{Cc}+/gu, " ")}: ${value}`;
    })
    .join("; ");
}
