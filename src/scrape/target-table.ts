import { assert, NarthexError } from "../base/index.ts";
import { fillAbsent, isAbsentAt, setStaleAt } from "../model/index.ts";
import type { ColumnId, Labels, Millis } from "../model/index.ts";
import type { AppendOutcome, TableWriter } from "../storage/index.ts";
import { commentsHash, readFamilies, type FamilyMetadata } from "./metadata.ts";
import { BucketLimitError, fitHistograms, type BucketRules } from "./bucket-limit.ts";
import type { ExpositionParser, ParseRules, SentBody } from "./parse/exposition-parser.ts";
import { decodeSeries } from "./parse/series-text.ts";
import { hashBytes, textEnd, type Skeleton } from "./parse/skeleton.ts";
import { FRESH, type ParsedBody } from "./parse/text-parser.ts";
import { exemplarsOf, fillRow, hasOwnTime, startsOf, type StagedSamples } from "./row-fill.ts";
import type { RowScratch } from "./row-scratch.ts";
import { labelSample, SampleError, type LabelRules } from "./sample-labels.ts";
import { DROPPED, makeSlotColumns, REFUSED, REPEATED, type SlotColumns } from "./slot-columns.ts";
import { syntheticLabels, syntheticSeries, type ScrapeReport } from "./synthetic.ts";

/** Scrapes for which metadata outlive the last body that had them (SCR-42). */
const METADATA_SCRAPES = 10;
/** Columns of series that went which a target may keep, beside as many as it has series. */
const ASKED_SPARE = 1024;
/** Bodies longer than this are taken in steps when the target is new. */
const HUGE_BYTES = 512 * 1024;
/** Series of one step, a few milliseconds. */
const STEP_SERIES = 1024;
const NO_COLUMNS: Int32Array = new Int32Array(0);

/** What a job does with samples. */
export interface SampleRules extends LabelRules, BucketRules {
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly sampleLimit: number; // 0: none.
  /** Make samples of start times. */
  readonly takesStarts: boolean;
  readonly extraScrapeMetrics: boolean;
}

/** Counts of one scrape. */
export interface SampleCounts {
  scraped: number;
  postRelabeling: number;
  added: number; // Series new to this target's cache.
  repeated: number;
  refused: number; // New series that the store did not take.
}

export interface ScrapeOutcome {
  readonly counts: SampleCounts;
  /** Why the whole body was thrown away; undefined when it was stored. */
  readonly error: Error | undefined;
  readonly append: AppendOutcome;
}

export interface TargetTableOptions {
  readonly key: string; // Under which the writer is opened.
  readonly openWriter: (key: string) => TableWriter;
  readonly labels: Labels; // The target's.
  readonly parser: ExpositionParser;
  readonly scratch: RowScratch;
}

interface Staged extends StagedSamples {
  /** Columns to mark when the next row lacks them. */
  readonly live: Int32Array;
  readonly error: Error | undefined;
}

const NOTHING: Staged = { body: undefined, slots: undefined, live: NO_COLUMNS, error: undefined };

/**
 * The table of one target: turns each body into a row, with the synthetic series and markers for what went.
 * Remembers the skeleton of the last good body and the columns of its slots, and nothing for each sample.
 */
export class TargetTable {
  readonly key: string;
  readonly #openWriter: (key: string) => TableWriter;
  #writer: TableWriter;
  // Columns that the writer keeps for this target; those of series that went are among them.
  #askedCount = 0;
  readonly #labels: Labels;
  readonly #parser: ExpositionParser;
  readonly #scratch: RowScratch;
  #skeleton: Skeleton | undefined;
  #slots: SlotColumns | undefined;
  // Columns that had a sample in the last row and are marked when the next one has none. The very array of
  // `#slots` while bodies keep their skeleton.
  #live: Int32Array = NO_COLUMNS;
  readonly #synthetic = new Map<string, ColumnId>();
  // Hashes of the texts in the last body that failed; undefined when the last one did not.
  #failedTexts: ReadonlySet<number> | undefined;
  #scrapeCount = 0;
  #retired: Map<string, { readonly metadata: FamilyMetadata; readonly until: number }> | undefined;

  constructor(options: TargetTableOptions) {
    this.key = options.key;
    this.#openWriter = options.openWriter;
    this.#writer = options.openWriter(options.key);
    this.#labels = options.labels;
    this.#parser = options.parser;
    this.#scratch = options.scratch;
  }

  /** Skeleton of the last good body. */
  get skeleton(): Skeleton | undefined {
    return this.#skeleton;
  }

  /** Forgets how texts map to series, as a changed job must (CFG-105); what was live is still marked when it goes. */
  forgetSeries(): void {
    this.#skeleton = undefined;
    this.#slots = undefined;
  }

  /**
   * Writes the row of one scrape: the samples of `sent`, or none when it is undefined, empty or wrong. `hint` is a
   * skeleton to try when the target has none yet; `report` is called once, before the row is appended. A huge body
   * that is new takes many steps, between which other tables may be written and this one must not; the row is appended
   * in the last one, and with the steps left undone there is none.
   */
  *write(
    scrape: {
      readonly time: Millis;
      readonly sent: SentBody | undefined;
      readonly hint: Skeleton | undefined;
      readonly parsing: ParseRules;
    },
    rules: SampleRules,
    report: (counts: SampleCounts, error: Error | undefined) => ScrapeReport,
  ): Generator<undefined, ScrapeOutcome> {
    this.#scrapeCount++;
    const counts: SampleCounts = { scraped: 0, postRelabeling: 0, added: 0, repeated: 0, refused: 0 };
    const { sent } = scrape;
    let staged = NOTHING;
    if (sent !== undefined && sent.bytes.length > 0) {
      const isHuge = sent.bytes.length > HUGE_BYTES && this.#skeleton === undefined;
      const usable = scrape.hint?.repeats === true ? undefined : scrape.hint;
      const parsed = isHuge
        ? yield* this.#parser.parseInSteps(sent, scrape.parsing)
        : this.#parser.parse(sent, this.#skeleton ?? usable, scrape.parsing);
      staged = yield* this.#stage(parsed, rules, counts, isHuge);
    }
    const append = this.#appendRow(scrape.time, staged, rules, report(counts, staged.error));
    if (staged.slots !== undefined && isTooWide(this.#askedCount, staged.slots)) this.#letGoColumns(rules);
    return { counts, error: staged.error, append };
  }

  /** Marks every series of the last row and the synthetic ones as stale at `time` (STL-5). */
  markStale(time: Millis): void {
    const columnCount = this.#writer.columnCount;
    const scratch = this.#scratch;
    scratch.reserve(columnCount);
    fillAbsent(scratch.bits, 0, columnCount);
    for (const column of this.#live) if (column >= 0) setStaleAt(scratch.bits, column);
    for (const column of this.#synthetic.values()) setStaleAt(scratch.bits, column);
    this.#live = NO_COLUMNS;
    this.#writer.append({ time, values: scratch.values });
  }

  /** Metadata of the families in the last bodies. */
  families(): ReadonlyMap<string, FamilyMetadata> {
    const families = this.#skeleton === undefined ? new Map() : readFamilies(this.#skeleton);
    for (const [name, { metadata, until }] of this.#retired ?? []) {
      if (until >= this.#scrapeCount && !families.has(name)) families.set(name, metadata);
    }
    return families;
  }

  close(): void {
    this.#writer.close();
  }

  *#stage(
    parsed: ParsedBody,
    rules: SampleRules,
    counts: SampleCounts,
    inSteps: boolean,
  ): Generator<undefined, Staged> {
    const staged = yield* this.#stageSamples(parsed, rules, counts, inSteps);
    if (staged.body === undefined || parsed.histograms.size === 0) return staged;
    const fitted = fitHistograms(parsed.histograms, rules);
    if (!(fitted instanceof BucketLimitError)) return { ...staged, body: { ...parsed, histograms: fitted } };
    return { ...NOTHING, live: staged.live.slice(0, fitted.slot), error: fitted };
  }

  *#stageSamples(
    body: ParsedBody,
    rules: SampleRules,
    counts: SampleCounts,
    inSteps: boolean,
  ): Generator<undefined, Staged> {
    if (body.changed || this.#slots === undefined) return yield* this.#resolve(body, rules, counts, inSteps);
    if (this.#slots.refusedCount > 0) this.#slots = this.#retryRefused(body.skeleton, this.#slots, rules);
    const slots = this.#slots;
    countSamples(body, slots, counts);
    if (!isOverLimit(counts, rules)) return { body, slots, live: slots.tracked, error: undefined };
    const end = slotOverLimit(slots.columns, rules.sampleLimit);
    return { ...NOTHING, live: slots.tracked.slice(0, end), error: new SampleLimitError() };
  }

  // Finds the columns of a body whose skeleton is new to this target, or says why it is thrown away.
  *#resolve(
    body: ParsedBody,
    rules: SampleRules,
    counts: SampleCounts,
    inSteps: boolean,
  ): Generator<undefined, Staged> {
    const { slotCount } = body;
    const columns = new Int32Array(slotCount);
    const fresh: FreshSeries[] = [];
    const failure = yield* this.#findColumns(body, { columns, fresh, inSteps }, rules);
    const isNew = this.#newSince(body.skeleton);
    const addedBefore = (end: number): number => fresh.filter(({ slot }) => slot < end && isNew(slot)).length;
    counts.added = addedBefore(slotCount);
    const error = failure?.error ?? body.error;
    if (error !== undefined) {
      const end = failure?.slot ?? slotCount;
      counts.scraped = failure === undefined ? slotCount : end + 1;
      for (let slot = 0; slot < end; slot++) if (columns[slot] !== DROPPED) counts.postRelabeling++;
      this.#noteFailed(body.skeleton, end);
      return { ...NOTHING, error, live: this.#seen(body, end, rules) };
    }
    countSamples(body, slotColumns(body.skeleton, columns, rules), counts);
    if (isOverLimit(counts, rules)) {
      counts.refused = 0;
      const end = slotOverLimit(columns, rules.sampleLimit);
      counts.added = addedBefore(end);
      this.#noteFailed(body.skeleton, end);
      return { ...NOTHING, error: new SampleLimitError(), live: this.#seen(body, end, rules) };
    }
    for (let i = 0; i < fresh.length; i++) {
      const { slot, labels } = fresh[i]!;
      columns[slot] = this.#writer.column(labels) ?? REFUSED;
      if (inSteps && i % STEP_SERIES === 0) yield;
    }
    this.#askedCount += fresh.length;
    if (body.changed) copyTimedRepeats(body, columns, rules);
    const slots = slotColumns(body.skeleton, columns, rules);
    counts.refused = slots.refusedCount;
    this.#adopt(body.skeleton, slots);
    return { body, slots, live: slots.tracked, error: undefined };
  }

  // Fills in the columns that are known; new series go to `fresh` and count as REFUSED for now.
  *#findColumns(
    body: ParsedBody,
    found: { readonly columns: Int32Array; readonly fresh: FreshSeries[]; readonly inSteps: boolean },
    rules: SampleRules,
  ): Generator<undefined, { readonly slot: number; readonly error: SampleError } | undefined> {
    const { columns, fresh, inSteps } = found;
    const known = this.#slots?.columns;
    // When no rule can drop a sample, a body over the limit is lost, and its labels need not be looked at.
    const looksAtAll = rules.sampleLimit === 0 || rules.relabeler.ruleCount > 0;
    const decodeMax = looksAtAll ? Infinity : rules.sampleLimit;
    let counted = 0;
    for (let slot = 0; slot < body.slotCount; slot++) {
      if (inSteps && slot % STEP_SERIES === 0) yield;
      const origin = body.changed ? body.origins[slot]! : FRESH;
      const repeats = origin < FRESH && !hasOwnTime(body.skeleton, slot, rules);
      if (!repeats) counted++;
      if (origin < FRESH) {
        columns[slot] = repeats ? REPEATED : columns[-2 - origin]!;
      } else if (origin >= 0 && known !== undefined && known[origin] !== REFUSED) {
        columns[slot] = known[origin]!;
      } else if (counted > decodeMax) {
        columns[slot] = REFUSED;
      } else {
        const labels = this.#labelsOf(body.skeleton, slot, rules);
        if (labels instanceof SampleError) return { slot, error: labels };
        columns[slot] = labels === undefined ? DROPPED : REFUSED;
        if (labels !== undefined) fresh.push({ slot, labels });
      }
    }
    return undefined;
  }

  #labelsOf(skeleton: Skeleton, slot: number, rules: SampleRules): Labels | SampleError | undefined {
    const from = skeleton.textStarts[slot]!;
    const exposed = decodeSeries(skeleton.bytes, from, textEnd(skeleton, slot), skeleton.types[slot]!);
    try {
      return labelSample(exposed, this.#labels, rules);
    } catch (error) {
      if (error instanceof SampleError) return error;
      throw error;
    }
  }

  // Known columns of the first `end` slots. Series that came before the fault of a body are not marked as gone, as
  // in Prometheus (STL-4).
  #seen(body: ParsedBody, end: number, rules: SampleRules): Int32Array {
    const known = this.#slots?.tracked;
    if (known === undefined || !body.changed) return NO_COLUMNS;
    const seen = new Int32Array(end).fill(DROPPED);
    for (let slot = 0; slot < end; slot++) {
      const origin = body.origins[slot]!;
      const untracked = !rules.trackTimestampsStaleness && hasOwnTime(body.skeleton, slot, rules);
      if (origin >= 0 && !untracked) seen[slot] = known[origin]!;
    }
    return seen;
  }

  #retryRefused(skeleton: Skeleton, slots: SlotColumns, rules: SampleRules): SlotColumns {
    const columns = slots.columns.slice();
    let taken = 0;
    for (let slot = 0; slot < columns.length; slot++) {
      if (columns[slot] !== REFUSED) continue;
      const labels = this.#labelsOf(skeleton, slot, rules);
      if (labels === undefined || labels instanceof SampleError) continue;
      const column = this.#writer.column(labels);
      if (column === undefined) break;
      columns[slot] = column;
      taken++;
    }
    return taken === 0 ? slots : slotColumns(skeleton, columns, rules);
  }

  // Asks a new writer for the columns of what is there now, so that the store may use the others again.
  #letGoColumns(rules: SampleRules): void {
    const { columns: before } = this.#slots!;
    const skeleton = this.#skeleton!;
    this.#writer.close();
    this.#writer = this.#openWriter(this.key);
    this.#synthetic.clear();
    const columns = before.map((column, slot) => {
      if (column < 0) return column;
      const labels = this.#labelsOf(skeleton, slot, rules);
      assert(
        labels !== undefined && !(labels instanceof SampleError),
        "labels for a series that has a column",
      );
      return this.#writer.column(labels) ?? REFUSED;
    });
    this.#askedCount = columns.length;
    this.#slots = slotColumns(skeleton, columns, rules);
    this.#live = this.#slots.tracked;
  }

  // Whether a slot's text was not in the last body that failed: there it counted as new already (SCR-47).
  #newSince(skeleton: Skeleton): (slot: number) => boolean {
    const failed = this.#failedTexts;
    return failed === undefined ? () => true : (slot) => !failed.has(textHash(skeleton, slot));
  }

  #noteFailed(skeleton: Skeleton, end: number): void {
    const failed = new Set<number>();
    for (let slot = 0; slot < end; slot++) failed.add(textHash(skeleton, slot));
    this.#failedTexts = failed;
  }

  #adopt(skeleton: Skeleton, slots: SlotColumns): void {
    this.#failedTexts = undefined;
    const before = this.#skeleton;
    this.#skeleton = skeleton;
    this.#slots = slots;
    if (before === undefined || commentsHash(before) === commentsHash(skeleton)) return;
    const families = readFamilies(skeleton);
    const until = this.#scrapeCount + METADATA_SCRAPES;
    const retired = new Map(
      [...(this.#retired ?? [])].filter(([, entry]) => entry.until >= this.#scrapeCount),
    );
    for (const [name, metadata] of readFamilies(before)) {
      if (!families.has(name)) retired.set(name, { metadata, until });
    }
    this.#retired = retired.size === 0 ? undefined : retired;
  }

  #appendRow(time: Millis, staged: Staged, rules: SampleRules, report: ScrapeReport): AppendOutcome {
    const synthetic = syntheticSeries(rules.extraScrapeMetrics);
    for (const series of synthetic) {
      if (this.#synthetic.has(series.name)) continue;
      const column = this.#writer.column(syntheticLabels(series, this.#labels));
      if (column !== undefined) this.#synthetic.set(series.name, column);
    }
    const columnCount = this.#writer.columnCount;
    this.#scratch.reserve(columnCount);
    const { values, bits } = this.#scratch;
    const { ownTimes, histograms } = fillRow(this.#scratch, columnCount, staged, rules);
    if (staged.live !== this.#live) {
      for (const column of this.#scratch.missing(this.#live, staged.live)) {
        if (isAbsentAt(bits, column)) setStaleAt(bits, column);
      }
      this.#live = staged.live;
    }
    for (const series of synthetic) {
      const column = this.#synthetic.get(series.name);
      // A target may expose a series of the same name; the sample it sends stands (SCR-51).
      if (column !== undefined && isAbsentAt(bits, column)) values[column] = series.value(report);
    }
    return this.#writer.append({
      time,
      values,
      ...(ownTimes.length > 0 && { ownTimes }),
      ...(histograms.size > 0 && { histograms }),
      ...(rules.takesStarts && { starts: startsOf(staged) }),
      ...(staged.body !== undefined &&
        staged.body.exemplars.length > 0 && { exemplars: exemplarsOf(staged, time, rules) }),
    });
  }
}

// Whether most of the columns are of series that come no more, and enough of them to be worth the trouble.
function isTooWide(askedCount: number, { columns }: SlotColumns): boolean {
  return askedCount > 2 * columns.length + ASKED_SPARE;
}

function textHash(skeleton: Skeleton, slot: number): number {
  return hashBytes(skeleton.bytes, skeleton.view, skeleton.textStarts[slot]!, textEnd(skeleton, slot), 0);
}

interface FreshSeries {
  readonly slot: number;
  readonly labels: Labels;
}

/** More samples than `sample_limit` allows (LIM-2). */
export class SampleLimitError extends NarthexError {
  override readonly name = "SampleLimitError";
  readonly errorType = "bad_data";
  constructor() {
    super("sample limit exceeded");
  }
}

function countSamples(body: ParsedBody, slots: SlotColumns, counts: SampleCounts): void {
  counts.scraped = body.slotCount - body.lostCount;
  counts.postRelabeling = counts.scraped - slots.droppedCount;
  counts.repeated = slots.repeatedCount;
  counts.refused = slots.refusedCount;
}

function isOverLimit(counts: SampleCounts, { sampleLimit }: SampleRules): boolean {
  return sampleLimit > 0 && counts.postRelabeling - counts.repeated > sampleLimit;
}

// Slot of the first sample that is one too many.
function slotOverLimit(columns: Int32Array, limit: number): number {
  let left = limit;
  let slot = 0;
  for (; slot < columns.length && left >= 0; slot++) {
    if (columns[slot] !== DROPPED && columns[slot] !== REPEATED) left--;
  }
  return slot - 1;
}

function slotColumns(skeleton: Skeleton, columns: Int32Array, rules: SampleRules): SlotColumns {
  const untracked = rules.honorTimestamps && !rules.trackTimestampsStaleness && skeleton.timedCount > 0;
  return makeSlotColumns({ columns, untracked: untracked ? skeleton.timed : undefined });
}

// Samples of one series at several times of their own share its column.
function copyTimedRepeats(body: ParsedBody, columns: Int32Array, rules: SampleRules): void {
  for (let slot = 0; slot < body.slotCount; slot++) {
    const origin = body.origins[slot]!;
    if (origin < FRESH && hasOwnTime(body.skeleton, slot, rules)) columns[slot] = columns[-2 - origin]!;
  }
}
