// Cutting blocks off the old end of the head. Spec TSDB-20.

import { writeBlock, type BlockMeta } from "../block/index.ts";
import type { Directory } from "../directory.ts";
import { headBlockSource, stretchOfHead } from "../head/block-source.ts";
import type { Head } from "../head/head.ts";
import type { TimeRange } from "../query/run.ts";
import { oldestTime } from "../table/rows.ts";
import { tableId } from "../table/table-id.ts";

/** What flushing changes. */
export interface FlushContext {
  readonly head: Head;
  readonly directory: Directory;
  /** Millis; what is before is read from blocks. */
  readonly headFrom: () => number;
  readonly deleted: () => ReadonlyMap<number, readonly TimeRange[]>;
  /** Called when the samples before `before` (ms) are in blocks: from now on they are read from there. */
  readonly onCut: (before: number) => void;
}

/**
 * Cuts blocks while the head spans more than one and a half of them. Returns how many were cut.
 * @throws BlockWriteError, StorageError when the disk fails; the head keeps its samples then.
 */
export async function flushDue(context: FlushContext): Promise<number> {
  const { head } = context;
  let cut = 0;
  for (;;) {
    const oldest = oldestSample(head, context.headFrom());
    if (!(head.maxTime - oldest > 1.5 * head.blockRangeMs)) return cut;
    const from = Math.floor(oldest / head.blockRangeMs) * head.blockRangeMs;
    await cutBlock(context, { from, to: from + head.blockRangeMs });
    cut++;
  }
}

async function cutBlock(
  context: FlushContext,
  range: { readonly from: number; readonly to: number },
): Promise<void> {
  const { head, directory, deleted } = context;
  const { blocks, log } = directory;
  // Nothing comes to the range any more.
  head.floor = Math.max(head.floor, range.to);
  const source = headBlockSource(head, stretchOfHead(head, range), deleted());
  const { file, generation } = await blocks.announce(range);
  let meta: BlockMeta | undefined;
  try {
    meta = await writeBlock(blocks.directory, source, { generation, level: 1, breathe: otherWork });
  } catch (error) {
    blocks.abandon(file);
    throw error;
  }
  // One transaction, so that each sample is either in the log or in a block that counts.
  const isEmpty = meta === undefined;
  await blocks.replace(
    { written: isEmpty ? [] : [file], empty: isEmpty ? [file] : [], old: [] },
    { kind: "setHeadFrom", time: range.to },
    log.dropped(range.to),
  );
  context.onCut(range.to);
}

/** Lets what waits in the event loop run. */
export function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// The time (ms) of the oldest row that is not in a block; Infinity when there is none.
function oldestSample(head: Head, from: number): number {
  let oldest = Infinity;
  for (let id = 0; id < head.tables.tableCount; id++) {
    oldest = Math.min(oldest, oldestTime(head.tables, tableId(id), from));
  }
  return oldest;
}
