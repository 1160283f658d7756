// Keeps the head within its limits. A head grows with its series, and a source whose label holds a time or an id makes
// new ones without end. Near a limit blocks are cut early; at it new series are refused, first those of the sources and
// metrics that made the most of them lately, while known series go on. Spec REL-15.

import type { BudgetStats, HeadPressure, NamedCount } from "../../storage/index.ts";

// Shares of a limit.
const PRESSED = 0.85;
const CEILING = 1.1;
// A state is left this far below where it begins, so that it does not change with every row.
const SLACK = 0.03;
// Sources and metrics that made fewer series than this lately are never among the worst.
const FEW_SERIES = 1000;
// The worst are as many as it takes to account for this share of all new series.
const WORST_SHARE = 0.8;
const HALF_LIFE_MS = 10 * 60_000;
// New series between two rankings, and how old a ranking may be.
const SERIES_PER_RANKING = 256;
const RANKING_MS = 10_000;
// New series between two looks at the memory, and how old a look may be.
const SERIES_PER_LOOK = 64;
const LOOK_MS = 1000;
// Names that are counted; when there are more, those that made the fewest are forgotten.
const NAMES_MAX = 10_000;
const LISTED = 5;

/** What the head holds. */
export interface HeadUsage {
  readonly bytes: number;
  readonly series: number;
}

/** Infinity: no such limit. */
export interface HeadLimits {
  readonly bytesMax: number;
  readonly seriesMax: number;
}

/** Whose a new series is. */
export interface SeriesOrigin {
  /** The target, sender or rule group. */
  readonly source: string;
  readonly metric: string;
}

export class HeadBudget {
  /** Called when the pressure has changed. */
  onChange: ((stats: BudgetStats) => void) | undefined;
  readonly #limits: HeadLimits;
  readonly #usage: () => HeadUsage;
  readonly #now: () => number;
  readonly #sources: RecentCounts;
  readonly #metrics: RecentCounts;
  #pressure: HeadPressure = "normal";
  #share = 0; // Of the limit that is used up most.
  #lookedAt = -Infinity; // Millis.
  #sinceLook = 0; // New series.
  #seriesRefused = 0;

  /** `usage` measures the head and is called often; `now` tells ms. */
  constructor(limits: HeadLimits, context: { readonly usage: () => HeadUsage; readonly now: () => number }) {
    this.#limits = limits;
    this.#usage = context.usage;
    this.#now = context.now;
    this.#sources = new RecentCounts(context.now());
    this.#metrics = new RecentCounts(context.now());
  }

  /** One that admits everything. */
  static unlimited(): HeadBudget {
    const limits = { bytesMax: Infinity, seriesMax: Infinity };
    return new HeadBudget(limits, { usage: () => ({ bytes: 0, series: 0 }), now: () => 0 });
  }

  /** False: there is nothing to keep to. */
  get isLimited(): boolean {
    return this.#limits.bytesMax < Infinity || this.#limits.seriesMax < Infinity;
  }

  get pressure(): HeadPressure {
    return this.#pressure;
  }

  /** Measures the head anew. */
  look(): HeadPressure {
    const { bytes, series } = this.#usage();
    // The last eleventh below the limit on series is for sources that make few: only known series that come back may
    // exceed that limit.
    this.#share = Math.max(bytes / this.#limits.bytesMax, (series * CEILING) / this.#limits.seriesMax);
    this.#lookedAt = this.#now();
    this.#sinceLook = 0;
    const pressure = pressureOf(this.#share, this.#pressure);
    if (pressure !== this.#pressure) {
      this.#pressure = pressure;
      this.onChange?.(this.stats());
    }
    return pressure;
  }

  /** Counts a series that the head does not know, and tells whether it may be made. */
  admits({ source, metric }: SeriesOrigin): boolean {
    if (!this.isLimited) return true;
    const now = this.#now();
    if (
      ++this.#sinceLook >= SERIES_PER_LOOK ||
      now - this.#lookedAt >= LOOK_MS ||
      this.#limits.seriesMax < Infinity
    )
      this.look();
    this.#sources.add(source, now);
    const isOfWorst = this.#sources.isWorst(source);
    if (!isOfWorst) this.#metrics.add(metric, now);
    if (this.#pressure !== "full") return true;
    // What a few sources make is not held against the others that have the same metrics.
    const isOfWorstMetric = !this.#sources.worstMadeMost && this.#metrics.isWorst(metric);
    if (this.#share < CEILING && !isOfWorst && !isOfWorstMetric) return true;
    this.#seriesRefused++;
    return false;
  }

  stats(): BudgetStats {
    const { bytes, series } = this.#usage();
    return {
      bytes,
      bytesMax: this.#limits.bytesMax,
      series,
      seriesMax: this.#limits.seriesMax,
      pressure: this.#pressure,
      seriesRefused: this.#seriesRefused,
      worstSources: this.#sources.worst(),
      worstMetrics: this.#metrics.worst(),
    };
  }
}

function pressureOf(share: number, before: HeadPressure): HeadPressure {
  if (share >= 1 || (before === "full" && share >= 1 - SLACK)) return "full";
  if (share >= PRESSED || (before !== "normal" && share >= PRESSED - SLACK)) return "pressed";
  return "normal";
}

/** How many series each name made, each counting half as much after `HALF_LIFE_MS`. */
class RecentCounts {
  // Weighted by the time: all weights are those of `#since` times `#weight`.
  readonly #counts = new Map<string, number>();
  #since: number; // Millis.
  #weight = 1;
  #worst: ReadonlySet<string> = new Set();
  #worstShare = 0; // What they made of all.
  #listed: readonly NamedCount[] | undefined; // Until the next one is counted: statistics are asked for often.
  #sinceRanking = 0; // Series.
  #rankedAt = -Infinity; // Millis.

  constructor(nowMs: number) {
    this.#since = nowMs;
  }

  add(name: string, nowMs: number): void {
    this.#listed = undefined;
    this.#weight = 2 ** ((nowMs - this.#since) / HALF_LIFE_MS);
    if (this.#weight > 2 ** 16 || this.#counts.size > NAMES_MAX) this.#restart(nowMs);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + this.#weight);
    if (++this.#sinceRanking >= SERIES_PER_RANKING || nowMs - this.#rankedAt >= RANKING_MS) this.#rank(nowMs);
  }

  /** Whether the name is among those that made the most series: together four fifths, each of them many. */
  isWorst(name: string): boolean {
    return this.#worst.has(name);
  }

  /** Whether those that made the most made over half of all. */
  get worstMadeMost(): boolean {
    return this.#worstShare > 0.5;
  }

  /** Those that made the most. */
  worst(): readonly NamedCount[] {
    this.#listed ??= Array.from(this.#counts, ([name, count]) => ({
      name,
      value: Math.round(count / this.#weight),
    }))
      .toSorted((a, b) => b.value - a.value)
      .slice(0, LISTED);
    return this.#listed;
  }

  #rank(nowMs: number): void {
    this.#sinceRanking = 0;
    this.#rankedAt = nowMs;
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    const many = [...this.#counts].filter(([, count]) => count >= FEW_SERIES * this.#weight);
    const worst = new Set<string>();
    let covered = 0;
    for (const [name, count] of many.toSorted((a, b) => b[1] - a[1])) {
      if (covered >= WORST_SHARE * total) break;
      covered += count;
      worst.add(name);
    }
    this.#worst = worst;
    this.#worstShare = covered / total;
  }

  // Weights of now are 1 again, and who made the fewest is forgotten.
  #restart(nowMs: number): void {
    const kept = [...this.#counts]
      .filter(([, count]) => count >= this.#weight)
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, NAMES_MAX / 2);
    this.#counts.clear();
    for (const [name, count] of kept) this.#counts.set(name, count / this.#weight);
    this.#since = nowMs;
    this.#weight = 1;
  }
}
