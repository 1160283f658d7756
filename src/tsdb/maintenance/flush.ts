// Cutting blocks off the old end of the head, and writing out samples that came late. Spec TSDB-20.

import type { BlockSource } from "../block/index.ts";
import { writeBlock } from "../block/index.ts";
import type { NewBlock } from "../block-set.ts";
import type { Directory } from "../directory.ts";
import { headBlockSource, stretchOfHead } from "../head/block-source.ts";
import type { Head } from "../head/head.ts";
import { lateBlockSource } from "../late/block-source.ts";
import type { TimeRange } from "../query/run.ts";
import type { SelectionGate } from "../query/selection-gate.ts";
import { oldestTime } from "../table/rows.ts";
import { tableId } from "../table/table-id.ts";

/** What flushing changes. */
export interface FlushContext {
  readonly head: Head;
  readonly directory: Directory;
  readonly gate: SelectionGate;
  /** Millis; what is before is read from blocks. */
  readonly headFrom: () => number;
  readonly deleted: () => ReadonlyMap<number, readonly TimeRange[]>;
  /** Called when the samples before `before` (ms) are in blocks: from now on they are read from there. */
  readonly onCut: (before: number) => void;
}

/** Times `[from, to)` in ms. */
interface Span {
  readonly from: number;
  readonly to: number;
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

async function cutBlock(context: FlushContext, range: Span): Promise<void> {
  const { head, directory, gate, deleted } = context;
  const { blocks, log } = directory;
  // Nothing comes to the range any more.
  head.floor = Math.max(head.floor, range.to);
  const leave = gate.enter();
  try {
    const block = await blocks.announce(range);
    const isWritten = await write(context, block, () =>
      headBlockSource(head, stretchOfHead(head, range), deleted()),
    );
    // One transaction, so that each sample is either in the log or in a block that counts.
    await blocks.replace(
      { written: isWritten ? [block.file] : [], empty: isWritten ? [] : [block.file], old: [] },
      { kind: "setHeadFrom", time: range.to },
      log.dropped(range.to),
    );
    context.onCut(range.to);
  } finally {
    leave();
  }
}

/**
 * Writes the samples that came late to where the head is cut already, a block for each range that has any; later ones
 * wait for their cut, since blocks must not overlap what the head still holds. Returns how many blocks were written.
 * @throws as flushDue
 */
export async function flushLate(context: FlushContext): Promise<number> {
  const { head, directory, gate } = context;
  if (head.late.minTime >= context.headFrom() && !head.late.isDue) return 0;
  let count = 0;
  for (const number of head.late.begin()) {
    const end = head.late.flushEnd(number, context.headFrom());
    const leave = gate.enter();
    const written: string[] = [];
    const empty: string[] = [];
    try {
      const generation = head.late.generation(number);
      for (const range of head.late.ranges(number, head.blockRangeMs)) {
        if (range.from >= end) break;
        const block = await directory.blocks.announce(range);
        const isWritten = await write(context, block, () =>
          lateBlockSource(head.index, generation!, range, context.deleted()),
        );
        (isWritten ? written : empty).push(block.file);
      }
      for (const _ of head.late.carry(number, end)) await otherWork();
      await directory.blocks.replace({ written, empty, old: [] }, directory.log.dropped(-Infinity, number));
      gate.afterPresent(head.late.drop(number));
      count += written.length;
    } finally {
      leave();
    }
  }
  return count;
}

// False: there are no samples and no file.
async function write(context: FlushContext, block: NewBlock, source: () => BlockSource): Promise<boolean> {
  const { blocks } = context.directory;
  try {
    const { generation } = block;
    const options = { generation, level: 1, breathe: otherWork };
    return (await writeBlock(blocks.directory, source(), options)) !== undefined;
  } catch (error) {
    blocks.abandon(block.file);
    throw error;
  }
}

/** Lets what waits in the event loop run. */
export function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// The time (ms) of the oldest row at `from` or later; Infinity when there is none.
function oldestSample(head: Head, from: number): number {
  let oldest = Infinity;
  for (let id = 0; id < head.tables.tableCount; id++) {
    oldest = Math.min(oldest, oldestTime(head.tables, tableId(id), from));
  }
  return oldest;
}
