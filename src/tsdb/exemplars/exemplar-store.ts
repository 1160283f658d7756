// Which exemplars are kept, how they survive a restart and how they are found. Spec TSDB-36 to TSDB-39.

import type { ByteWriter } from "../../base/index.ts";
import { compareLabels, compileMatcher, labelsKey, labelValue, sameLabels } from "../../model/index.ts";
import type { CompiledMatcher, Labels, Matcher } from "../../model/index.ts";
import type {
  Exemplar,
  ExemplarOutcome,
  ExemplarQueryable,
  ExemplarStats,
  SeriesExemplars,
} from "../../storage/index.ts";
import { readExemplarRecords, writeExemplarRecord, writeSeriesRecord } from "./records.ts";
import { ExemplarRing, type ExemplarSeries } from "./ring.ts";

/** Appends to a part of the log. */
export interface ExemplarLog {
  side(part: string, write: (out: ByteWriter) => void): void;
}

/** What the rules depend on, ms. */
export interface ExemplarContext {
  /** How much older than the newest of its series an exemplar may be. */
  readonly lateMs: number;
  /** Time of the newest sample, which decides how long the log keeps the exemplar. */
  readonly headMs: number;
}

export interface ExemplarStoreOptions {
  /** Most exemplars kept; 0: none. */
  readonly exemplarsMax: number;
  /** Length of a window of the log, ms. */
  readonly windowMs: number;
}

// Names and values of an exemplar's labels together, in code points.
const LABELS_LENGTH_MAX = 128;
const TOO_LONG = `label length for exemplar exceeds maximum of ${LABELS_LENGTH_MAX} UTF-8 characters`;
const OUT_OF_ORDER = "out of order exemplar";

type MutableOutcome = { -readonly [Key in keyof ExemplarOutcome]: ExemplarOutcome[Key] };

export class ExemplarStore implements ExemplarQueryable {
  readonly #windowMs: number;
  #max: number;
  #ring: ExemplarRing | undefined; // Undefined: none are kept.
  #appended = 0;
  #outOfOrder = 0;
  // The part of the log in hand, and the numbers of the series that it has.
  #part = "";
  #logged = new Set<number>();
  // Series of the part that was replayed last, by their number there.
  #replayed: { readonly window: number; readonly series: Map<number, Labels> } | undefined;
  log: ExemplarLog | undefined;

  constructor({ exemplarsMax, windowMs }: ExemplarStoreOptions) {
    this.#max = 0;
    this.#windowMs = windowMs;
    this.resize(exemplarsMax);
  }

  /** Whether any are kept. */
  get isOn(): boolean {
    return this.#max > 0;
  }

  /** Changes how many are kept, 0 or less for none; those that came last stay. */
  resize(exemplarsMax: number): void {
    const max = Math.max(0, exemplarsMax);
    if (max === this.#max) return;
    this.#max = max;
    const kept = [...(this.#ring?.all() ?? [])].slice(-max);
    this.#ring = max === 0 ? undefined : new ExemplarRing(max);
    for (const { series, exemplar } of kept) this.#ring?.put(series.labels, exemplar);
    this.#part = "";
  }

  /** Takes exemplars of one series, one after the other. Undefined: none are kept. */
  add(labels: Labels, exemplars: readonly Exemplar[], context: ExemplarContext): ExemplarOutcome | undefined {
    const ring = this.#ring;
    if (ring === undefined) return undefined;
    const key = labelsKey(labels);
    const outcome: MutableOutcome = {
      appended: 0,
      repeated: 0,
      outOfOrder: 0,
      invalid: 0,
      reason: undefined,
    };
    for (const exemplar of exemplars) {
      switch (judge(ring, ring.find(key), exemplar, context.lateMs)) {
        case "fresh":
          outcome.appended++;
          this.#log(ring.put(labels, exemplar), exemplar, context.headMs);
          break;
        case "repeated":
          outcome.repeated++;
          break;
        case "out of order":
          outcome.outOfOrder++;
          outcome.reason ??= OUT_OF_ORDER;
          break;
        case "too long":
          outcome.invalid++;
          outcome.reason ??= TOO_LONG;
          break;
      }
    }
    this.#appended += outcome.appended;
    this.#outOfOrder += outcome.outOfOrder;
    return outcome;
  }

  #log(series: ExemplarSeries, exemplar: Exemplar, headMs: number): void {
    if (this.log === undefined) return;
    const time = Number.isFinite(headMs) ? headMs : exemplar.time;
    const windowStart = Math.floor(time / this.#windowMs) * this.#windowMs;
    const part = `exemplars_${windowStart}`;
    if (part !== this.#part) {
      this.#part = part;
      this.#logged = new Set();
    }
    this.log.side(part, (out) => {
      if (!this.#logged.has(series.number)) writeSeriesRecord(series.number, series.labels, out);
      writeExemplarRecord(series.number, exemplar, windowStart, out);
    });
    this.#logged.add(series.number);
  }

  /**
   * Takes the exemplars of a blob of the log back; blobs come part by part, in their order.
   * @throws MalformedBytesError when the bytes are not whole records; those before are taken.
   */
  replay(windowStart: number, records: Uint8Array): void {
    if (this.#replayed?.window !== windowStart) this.#replayed = { window: windowStart, series: new Map() };
    readExemplarRecords(records, windowStart, this.#replayed.series, (labels, exemplar) =>
      this.#ring?.put(labels, exemplar),
    );
  }

  exemplars(matcherSets: readonly (readonly Matcher[])[], from: number, to: number): SeriesExemplars[] {
    const ring = this.#ring;
    if (ring === undefined) return [];
    const sets = matcherSets.map((set) => set.map((matcher) => compileMatcher(matcher)));
    const found: SeriesExemplars[] = [];
    for (const series of ring.series()) {
      if (!sets.some((set) => passes(series.labels, set))) continue;
      const exemplars: Exemplar[] = [];
      for (let slot = series.first; slot >= 0; slot = ring.after(slot)) {
        const exemplar = ring.at(slot);
        if (exemplar.time > to) break;
        if (exemplar.time >= from) exemplars.push(exemplar);
      }
      if (exemplars.length > 0) found.push({ labels: series.labels, exemplars });
    }
    return found.toSorted((a, b) => compareLabels(a.labels, b.labels));
  }

  stats(): ExemplarStats {
    const oldest = this.#ring?.all().next();
    return {
      appended: this.#appended,
      outOfOrder: this.#outOfOrder,
      stored: this.#ring?.count ?? 0,
      series: this.#ring?.seriesCount ?? 0,
      storedMax: this.#max,
      oldestMs: oldest === undefined || oldest.done === true ? 0 : oldest.value.exemplar.time,
    };
  }
}

type Verdict = "fresh" | "repeated" | "out of order" | "too long";

function judge(
  ring: ExemplarRing,
  series: ExemplarSeries | undefined,
  exemplar: Exemplar,
  lateMs: number,
): Verdict {
  if (isTooLong(exemplar.labels)) return "too long";
  if (series === undefined) return "fresh";
  const newest = ring.at(series.last);
  if (isSame(newest, exemplar)) return "repeated";
  if (exemplar.time < newest.time) {
    if (exemplar.time < newest.time - lateMs || lateMs <= 0) return "out of order";
    return isStored(ring, series, exemplar) ? "repeated" : "fresh";
  }
  return compareExemplars(exemplar, newest) < 0 ? "out of order" : "fresh";
}

// Whether a late exemplar is there already.
function isStored(ring: ExemplarRing, series: ExemplarSeries, exemplar: Exemplar): boolean {
  for (let slot = series.last; slot >= 0; slot = ring.before(slot)) {
    const stored = ring.at(slot);
    if (stored.time < exemplar.time) return false;
    if (stored.time === exemplar.time && isSame(stored, exemplar)) return true;
  }
  return false;
}

// A source that gives no times shows the same exemplar in each scrape.
function isSame(a: Exemplar, b: Exemplar): boolean {
  if ((a.hasOwnTime || b.hasOwnTime) && a.time !== b.time) return false;
  return a.value === b.value && sameLabels(a.labels, b.labels);
}

/** By time, value, labels. Prometheus has a hash in the place of the labels; any order does. */
export function compareExemplars(a: Exemplar, b: Exemplar): number {
  return a.time - b.time || a.value - b.value || compareLabels(a.labels, b.labels);
}

function isTooLong(labels: Labels): boolean {
  let length = 0;
  for (const text of labels) length += text.length;
  if (length <= LABELS_LENGTH_MAX) return false;
  // No code point takes more than two units.
  if (length > 2 * LABELS_LENGTH_MAX) return true;
  length = 0;
  for (const text of labels) length += Array.from(text).length;
  return length > LABELS_LENGTH_MAX;
}

function passes(labels: Labels, matchers: readonly CompiledMatcher[]): boolean {
  return matchers.every((compiled) => compiled.matches(labelValue(labels, compiled.matcher.name)));
}
