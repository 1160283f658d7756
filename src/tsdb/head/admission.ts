// Which series the head takes: all that it knows, and new ones within its budget.

import { labelValue, METRIC_NAME, type Labels, type SeriesId } from "../../model/index.ts";
import type { HeadUsage } from "./budget.ts";
import type { Head } from "./head.ts";

/** Why a new series is not taken, for senders. */
export const OVER_BUDGET =
  "the store takes no new series of this source now: the head is at its limit (--storage.head.memory-limit, --storage.head.max-series)";

// What the arrays beside the slabs take, free room included: series in the index and in SeriesColumns, symbols, pairs,
// tables with their first strip.
const SERIES_BYTES = 64;
const SYMBOL_BYTES = 28;
const PAIR_BYTES = 48;
const TABLE_BYTES = 100;
const EXEMPLAR_BYTES = 400;

/** What a head holds now: its blocks of memory, and by estimate what lies beside them. */
export function headUsage(head: Head): HeadUsage {
  const { index, tables, late, exemplars } = head;
  const bytes =
    tables.heap.usedBytes +
    index.heap.usedBytes +
    late.bytes +
    exemplars.stats().stored * EXEMPLAR_BYTES +
    index.count * SERIES_BYTES +
    index.symbols.count * SYMBOL_BYTES +
    index.pairs.count * PAIR_BYTES +
    tables.tableCount * TABLE_BYTES;
  return { bytes, series: index.count - index.removedCount };
}

/** The series with this label set, made when the budget admits it; undefined: it does not. */
export function admitSeries(head: Head, labels: Labels, source: string): SeriesId | undefined {
  const known = head.index.find(labels);
  const isKnown = known !== -1 && (!head.index.isRemoved(known) || head.columns.first(known) !== 0);
  if (isKnown) {
    head.index.revive(known);
    return known;
  }
  if (!head.budget.admits({ source, metric: labelValue(labels, METRIC_NAME) })) return undefined;
  return head.series(labels);
}
