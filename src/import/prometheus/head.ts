// The newest samples of a Prometheus that was stopped: what its log holds and its blocks do not.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Collector, Window } from "../collector.ts";
import { LabelSets } from "../label-sets.ts";
import type { TimeRange } from "../sample-buffer.ts";
import { SlotCounts, type SampleSource } from "../transpose.ts";
import { listSegments, readSegment, type LogSegment } from "./log-reader.ts";
import { readRecord, type RecordSink } from "./log-records.ts";
import { ReferenceTable } from "./reference-table.ts";
import { addRange } from "./tombstones.ts";

const SLOT_MS = 60_000;
// A histogram takes the room of about so many floats.
const HISTOGRAM_WEIGHT = 32;

/** A segment and the times that occur in it. */
interface SurveyedSegment {
  readonly segment: LogSegment;
  readonly isLate: boolean; // Of the log of late samples, which older ones may hold as well as newer.
  from: number; // Millis; above `to` without samples.
  to: number;
}

/** The head of a Prometheus as a source of samples. */
export interface PrometheusHead extends SampleSource {
  /** Damaged parts of the log, which are left out. */
  readonly damages: readonly string[];
  /** Samples of series that no record names. */
  readonly unknownSamples: number;
}

/**
 * Reads through the log of a data directory; undefined: it has none. Of the samples in order, only those from
 * `blocksEnd` (ms) on count: the others are in blocks.
 */
export function surveyHead(directory: string, blocksEnd: number): PrometheusHead | undefined {
  const segments: SurveyedSegment[] = [
    ...logSegments(join(directory, "wal")).map((segment) => surveyed(segment, false)),
    ...listSegments(join(directory, "wbl")).map((segment) => surveyed(segment, true)),
  ];
  if (segments.length === 0) return undefined;
  const head = new HeadSurvey(blocksEnd);
  for (const segment of segments) head.survey(segment);
  return {
    counts: head.counts,
    labels: head.labels,
    deleted: head.deleted,
    damages: head.damages,
    unknownSamples: head.unknownSamples,
    load: (range, into) => {
      for (const segment of segments) {
        if (segment.from < range.to && segment.to >= range.from) head.load(segment, range, into);
      }
    },
  };
}

function surveyed(segment: LogSegment, isLate: boolean): SurveyedSegment {
  return { segment, isLate, from: Infinity, to: -Infinity };
}

// The newest checkpoint, and the segments behind it.
function logSegments(folder: string): LogSegment[] {
  if (!existsSync(folder)) return [];
  const checkpoints = readdirSync(folder)
    .map((name) => /^checkpoint\.(\d+)$/.exec(name))
    .filter((match) => match !== null)
    .toSorted((a, b) => Number(a[1]) - Number(b[1]));
  const newest = checkpoints.at(-1);
  const checked = newest === undefined ? -1 : Number(newest[1]);
  const segments = listSegments(folder).filter(({ path }) => Number(/\d+$/.exec(path)![0]) > checked);
  if (newest === undefined) return segments;
  return [...listSegments(join(folder, newest[0])).map(({ path }) => ({ path, isLast: false })), ...segments];
}

class HeadSurvey {
  readonly counts = new SlotCounts(SLOT_MS);
  readonly labels = new LabelSets();
  readonly deleted = new Map<number, TimeRange[]>(); // By number of the label set.
  readonly damages: string[] = [];
  unknownSamples = 0;
  readonly #blocksEnd: number;
  readonly #series = new ReferenceTable();

  constructor(blocksEnd: number) {
    this.#blocksEnd = blocksEnd;
  }

  survey(segment: SurveyedSegment): void {
    const from = segment.isLate ? -Infinity : this.#blocksEnd;
    const count = (reference: number, time: number, weight: number): void => {
      if (time < from) return;
      if (this.#series.get(reference) < 0) {
        this.unknownSamples++;
        return;
      }
      for (let i = 0; i < weight; i++) this.counts.add(time);
      if (time < segment.from) segment.from = time;
      if (time > segment.to) segment.to = time;
    };
    const damage = this.#read(segment, {
      series: (reference, labels) => this.#series.set(reference, this.labels.number(labels())),
      float: (reference, time) => count(reference, time, 1),
      histogram: (reference, time) => count(reference, time, HISTOGRAM_WEIGHT),
      deletion: (reference, first, last) => {
        const series = this.#series.get(reference);
        if (series >= 0) addRange(this.deleted, series, { from: first, to: last });
      },
    });
    if (damage !== undefined) this.damages.push(damage);
  }

  load(segment: SurveyedSegment, range: Window, into: Collector): void {
    const from = segment.isLate ? range.from : Math.max(range.from, this.#blocksEnd);
    const series = this.#series;
    this.#read(segment, {
      series: () => undefined,
      float(reference, time, high, low) {
        if (time < from || time >= range.to) return;
        const number = series.get(reference);
        if (number >= 0) into.addFloat(number, time, high, low);
      },
      histogram(reference, time, histogram) {
        if (time < from || time >= range.to) return;
        const number = series.get(reference);
        if (number >= 0) into.addHistogram(number, time, histogram());
      },
      deletion: () => undefined,
    });
  }

  #read(segment: SurveyedSegment, sink: RecordSink): string | undefined {
    return readSegment(segment.segment, (record) => readRecord(record, sink));
  }
}
