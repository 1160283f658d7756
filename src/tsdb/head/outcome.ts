// Counting what became of samples.

import type { AppendOutcome, ExemplarOutcome, SampleOutcome } from "../../storage/index.ts";
import type { Verdict } from "./order.ts";

/** An outcome while it is counted. */
export interface Tally extends AppendOutcome {
  late: number;
  readonly histograms: SampleOutcome;
}

function noSamples(): SampleOutcome {
  return { appended: 0, outOfOrder: 0, duplicates: 0, outOfBounds: 0, tooOld: 0 };
}

export function createTally(): Tally {
  return { ...noSamples(), late: 0, histograms: noSamples() };
}

/** Counts a sample that a verdict refuses or that is stored already; nothing for one that is to be stored. */
export function countVerdict(tally: Tally, { kind }: Verdict, isHistogram: boolean): void {
  countKind(tally, kind);
  if (isHistogram) countKind(tally.histograms, kind);
}

function countKind(counts: SampleOutcome, kind: Verdict["kind"]): void {
  switch (kind) {
    case "fresh":
    case "late":
      break;
    case "repeated":
      counts.appended++;
      break;
    case "conflict":
      counts.duplicates++;
      break;
    case "disordered":
      counts.outOfOrder++;
      break;
    case "too old":
      counts.tooOld++;
      break;
    case "below":
    case "ahead":
      counts.outOfBounds++;
      break;
  }
}

/** Counts samples that were stored, `histograms` of them histograms. */
export function countStored(tally: Tally, samples: number, histograms: number): void {
  tally.appended += samples;
  tally.histograms.appended += histograms;
}

/** Adds an outcome, or with `sign` -1 takes one away. */
export function addOutcome(tally: Tally, more: AppendOutcome, sign: 1 | -1 = 1): void {
  addSamples(tally, more, sign);
  tally.late += sign * (more.late ?? 0);
  if (more.histograms !== undefined) addSamples(tally.histograms, more.histograms, sign);
}

/** Adds what became of exemplars; nothing when none are kept. */
export function addExemplars(tally: Tally, more: ExemplarOutcome | undefined): void {
  if (more === undefined) return;
  const { exemplars: before } = tally;
  tally.exemplars = {
    appended: (before?.appended ?? 0) + more.appended,
    repeated: (before?.repeated ?? 0) + more.repeated,
    outOfOrder: (before?.outOfOrder ?? 0) + more.outOfOrder,
    invalid: (before?.invalid ?? 0) + more.invalid,
    reason: before?.reason ?? more.reason,
  };
}

function addSamples(counts: SampleOutcome, more: Readonly<SampleOutcome>, sign: 1 | -1): void {
  counts.appended += sign * more.appended;
  counts.outOfOrder += sign * more.outOfOrder;
  counts.duplicates += sign * more.duplicates;
  counts.outOfBounds += sign * more.outOfBounds;
  counts.tooOld += sign * more.tooOld;
}
