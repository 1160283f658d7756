import { columnId, fillAbsent, isAbsentAt, labelsFromEntries, millis } from "../model/index.ts";
import type { ColumnId, Histogram, Labels, Millis } from "../model/index.ts";
import type { ColumnExemplar, OwnTimeSample, SampleStart } from "../storage/index.ts";
import type { ExposedLabels } from "./parse/series-text.ts";
import { textEnd, type Skeleton } from "./parse/skeleton.ts";
import type { ParsedBody } from "./parse/text-parser.ts";
import type { RowScratch } from "./row-scratch.ts";
import { REPEATED, type SlotColumns } from "./slot-columns.ts";

/** What is to be written of one body. The samples stay in the parser's memory until it parses again. */
export interface StagedSamples {
  readonly body: ParsedBody | undefined; // Undefined: no samples.
  readonly slots: SlotColumns | undefined;
}

interface TimeRules {
  readonly honorTimestamps: boolean;
}

/** What of a row does not fit into its values. */
interface RowExtras {
  /** Samples with times of their own, in the order of the body. */
  readonly ownTimes: OwnTimeSample[];
  readonly histograms: ReadonlyMap<ColumnId, Histogram>;
}

const NO_HISTOGRAMS: ReadonlyMap<ColumnId, Histogram> = new Map();

/** Whether the sample in a slot keeps the time that it brought. */
export function hasOwnTime(skeleton: Skeleton, slot: number, rules: TimeRules): boolean {
  return rules.honorTimestamps && skeleton.timed[slot] === 1;
}

/** Puts the samples into the row, absent elsewhere; gives those that stay out of it. */
export function fillRow(
  scratch: RowScratch,
  columnCount: number,
  { body, slots }: StagedSamples,
  rules: TimeRules,
): RowExtras {
  const { values, bits } = scratch;
  const ownTimes: OwnTimeSample[] = [];
  if (body === undefined || slots === undefined) {
    fillAbsent(bits, 0, columnCount);
    return { ownTimes, histograms: NO_HISTOGRAMS };
  }
  const { skeleton, slotCount } = body;
  const timed = rules.honorTimestamps && skeleton.timedCount > 0;
  if (slots.first >= 0 && !timed && body.histograms.size === 0) {
    fillAbsent(bits, 0, slots.first);
    values.set(body.values.subarray(0, slotCount), slots.first);
    fillAbsent(bits, slots.first + slotCount, columnCount);
    return { ownTimes, histograms: NO_HISTOGRAMS };
  }
  fillAbsent(bits, 0, columnCount);
  const histograms = new Map<ColumnId, Histogram>();
  const { columns } = slots;
  // Backwards, so that of two samples of one series the first stays.
  for (let slot = slotCount - 1; slot >= 0; slot--) {
    if (columns[slot]! < 0) continue;
    const column = columnId(columns[slot]!);
    const histogram = body.histograms.get(slot);
    // A histogram that could not be converted.
    if (histogram === undefined && isAbsentAt(body.bits, slot)) continue;
    if (timed && skeleton.timed[slot] === 1) {
      const time = millis(body.times[slot]!);
      const value = body.values[slot]!;
      ownTimes.push(
        histogram === undefined ? { column, time, value } : { column, time, value: 0, histogram },
      );
    } else if (histogram !== undefined) {
      histograms.set(column, histogram);
      fillAbsent(bits, column, column + 1);
    } else {
      histograms.delete(column);
      bits[2 * column] = body.bits[2 * slot]!;
      bits[2 * column + 1] = body.bits[2 * slot + 1]!;
    }
  }
  return { ownTimes: ownTimes.toReversed(), histograms };
}

/** Exemplars of the samples that are written; `time` is that of the row (SCR-38). */
export function exemplarsOf(
  { body, slots }: StagedSamples,
  time: Millis,
  rules: TimeRules,
): ColumnExemplar[] {
  const exemplars: ColumnExemplar[] = [];
  if (body === undefined || slots === undefined) return exemplars;
  let byText: Map<string, number> | undefined;
  for (const { slot, labels, value, time: ownTime } of body.exemplars) {
    let column = slots.columns[slot]!;
    if (column === REPEATED) {
      // The sample is lost, its exemplar is not.
      byText ??= columnsByText(body, slots);
      column = byText.get(textOf(body.skeleton, slot)) ?? column;
    }
    if (column < 0) continue;
    // A histogram can have many, and without times nobody could tell old from new.
    if (ownTime === undefined && body.histograms.has(slot)) continue;
    const sampleTime = hasOwnTime(body.skeleton, slot, rules) ? millis(body.times[slot]!) : time;
    exemplars.push({
      column: columnId(column),
      labels: exemplarLabels(labels),
      value,
      time: ownTime === undefined ? sampleTime : millis(ownTime),
      hasOwnTime: ownTime !== undefined,
    });
  }
  return exemplars;
}

function columnsByText({ skeleton, slotCount }: ParsedBody, { columns }: SlotColumns): Map<string, number> {
  const byText = new Map<string, number>();
  for (let slot = 0; slot < slotCount; slot++) {
    if (columns[slot]! >= 0) byText.set(textOf(skeleton, slot), columns[slot]!);
  }
  return byText;
}

function textOf(skeleton: Skeleton, slot: number): string {
  const { bytes, textStarts } = skeleton;
  const from = textStarts[slot]!;
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, textEnd(skeleton, slot) - from).toString(
    "latin1",
  );
}

/** Start times of the samples that are written. */
export function startsOf({ body, slots }: StagedSamples): SampleStart[] {
  const starts: SampleStart[] = [];
  if (body === undefined || slots === undefined) return starts;
  for (const { slot, time } of body.starts) {
    const column = slots.columns[slot]!;
    if (column >= 0) starts.push({ column: columnId(column), time: millis(time) });
  }
  return starts;
}

function exemplarLabels(pairs: ExposedLabels): Labels {
  const labels = new Map<string, string>();
  for (let i = 2; i < pairs.length; i += 2) labels.set(pairs[i]!, pairs[i + 1]!);
  return labelsFromEntries(labels);
}
