// Counting series whose newest sample is a staleness marker: they get no more samples. Spec TSDB-25.

import { isStaleAt, seriesId } from "../../model/index.ts";
import { createFoundSample } from "../table/newest.ts";
import type { Head } from "./head.ts";

// Series looked at in one step, which takes a millisecond or so.
const STEP_SIZE = 1000;

/** Counts in steps, between which samples may be appended; the series must keep their numbers. Returns the count. */
export function* countStale(head: Head): Generator<void, number> {
  const found = createFoundSample();
  let stale = 0;
  for (let id = 0; id < head.index.count; id++) {
    const series = seriesId(id);
    if (!head.index.isRemoved(series) && head.newestSample(series, found) !== undefined) {
      if (isStaleAt(found.bits, 0)) stale++;
    }
    if (id % STEP_SIZE === STEP_SIZE - 1) yield;
  }
  return stale;
}
