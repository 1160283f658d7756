// The state of a head at one time, to be posted to another thread that writes blocks of it: which columns series have,
// and where the rows of tables lie. The samples and label sets themselves are not copied: they lie in shared memory, and
// what the copy names stays there while its reader is past the gate.

import type { LabelSets } from "../index/label-sets.ts";
import { FrozenTables, type TablesCopy } from "../table/table-rows.ts";
import type { HeadReading } from "./block-source.ts";
import type { Head } from "./head.ts";
import { HeadShares, HeadView, type HeadUpdate } from "./head-view.ts";
import { FrozenColumns, type PiecesCopy } from "./series-columns.ts";
import type { SeriesLabels } from "./series-labels.ts";

/** Postable. */
export interface HeadCopy {
  readonly memory: HeadUpdate;
  readonly tables: TablesCopy;
  readonly pieces: PiecesCopy;
  readonly seriesCount: number;
  readonly symbolCount: number;
  readonly labelsMax: number;
}

/** Copies the state of the head: 30 bytes or so a series. Series and rows must stay until the reader has ended. */
export function copyHead(head: Head): HeadCopy {
  const { index, tables, columns } = head;
  return {
    memory: new HeadShares(head).next()!,
    tables: tables.copy(),
    pieces: columns.copy(),
    seriesCount: index.count,
    symbolCount: index.symbols.count,
    labelsMax: index.labelsMax,
  };
}

/** The copied head as blocks are written of it. */
export function openHeadCopy(copy: HeadCopy): HeadReading {
  const view = new HeadView();
  view.apply(copy.memory);
  return {
    tables: new FrozenTables(view.heap, copy.tables),
    columns: new FrozenColumns(copy.pieces),
    index: { count: copy.seriesCount, ...labelsOf(view.labels, copy) },
  };
}

function labelsOf(sets: LabelSets, { symbolCount, labelsMax }: HeadCopy): SeriesLabels {
  return {
    symbols: { count: symbolCount, text: (id) => sets.text(id) },
    pairs: sets,
    labelsMax,
    labelCount: (series) => sets.labelCount(series),
    pairAt: (series, position) => sets.pairAt(series, position),
  };
}
