// Cutting blocks off the old end of the head, and writing out samples that came late. Spec TSDB-20.

import type { Clock } from "../../base/index.ts";
import type { NewBlock } from "../block-set.ts";
import type { Directory } from "../directory.ts";
import type { Head } from "../head/head.ts";
import { copyHead } from "../head/head-copy.ts";
import type { TimeRange } from "../query/run.ts";
import type { SelectionGate } from "../table/selection-gate.ts";
import { oldestTime } from "../table/rows.ts";
import { tableId } from "../table/table-id.ts";
import type { WriteTask } from "../worker/contract.ts";

// A block that is cut early spans at least this part of a whole one.
const EARLY_PARTS = 12;

/** What flushing changes. */
export interface FlushContext {
  readonly head: Head;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly gate: SelectionGate;
  /** Calls `work` and lets nothing go of the head until it has ended. */
  readonly whileHeadKeeps: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Millis; what is before is read from blocks. */
  readonly headFrom: () => number;
  readonly deleted: () => ReadonlyMap<number, readonly TimeRange[]>;
  /** Called when the samples before `before` (ms) are in blocks: from now on they are read from there. */
  readonly onCut: (before: number) => void;
}

/** Cuts so far, and how long emptying their parts of the log took. */
export interface FlushCounts {
  truncations: number;
  truncationMs: number;
}

/** Times `[from, to)` in ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Cuts blocks while the head spans more than one and a half of them, or with `isEarly` while there is enough that is old
 * enough: such a block ends where samples in order are taken no more anyway. Returns how many were cut.
 * @throws BlockWriteError, StorageError when the disk fails; the head keeps its samples then.
 */
export async function flushDue(
  context: FlushContext,
  counts: FlushCounts,
  isEarly: () => boolean,
): Promise<number> {
  let cut = 0;
  for (;;) {
    const range = nextRange(context, isEarly());
    if (range === undefined) return cut;
    await cutBlock(context, range, counts);
    counts.truncations++;
    cut++;
  }
}

// The aligned range of the oldest sample, less what was cut off it before; an early one may end within it.
function nextRange({ head, headFrom }: FlushContext, isEarly: boolean): Span | undefined {
  const { blockRangeMs, maxTime } = head;
  const oldest = oldestSample(head, headFrom());
  if (oldest === Infinity) return undefined;
  const start = Math.floor(oldest / blockRangeMs) * blockRangeMs;
  const from = Math.max(start, headFrom());
  const end = start + blockRangeMs;
  if (maxTime - oldest > 1.5 * blockRangeMs) return { from, to: end };
  if (!isEarly) return undefined;
  const to = Math.min(end, Math.floor(maxTime - blockRangeMs / 2));
  return to - oldest >= blockRangeMs / EARLY_PARTS ? { from, to } : undefined;
}

function cutBlock(context: FlushContext, range: Span, counts: FlushCounts): Promise<void> {
  const { head, directory } = context;
  const { blocks, log } = directory;
  return context.whileHeadKeeps(async () => {
    // Nothing comes to the range any more.
    head.floor = Math.max(head.floor, range.to);
    const copy = copyHead(head);
    const block = await blocks.announce(range);
    const isWritten = await write(context, { ...range, copy, late: undefined }, block);
    const started = context.clock.monotonic();
    // One transaction, so that each sample is either in the log or in a block that counts.
    await blocks.replace(
      { written: isWritten ? [block.file] : [], empty: isWritten ? [] : [block.file], old: [] },
      { kind: "setHeadFrom", time: range.to },
      // A part of the log goes when all of its range is in blocks.
      log.dropped(Math.floor(range.to / head.blockRangeMs) * head.blockRangeMs),
    );
    counts.truncationMs += context.clock.monotonic() - started;
    context.onCut(range.to);
  });
}

/**
 * Writes the samples that came late to where the head is cut already, a block for each range that has any; later ones
 * wait for their cut, since blocks must not overlap what the head still holds. Returns how many blocks were written.
 * @throws as flushDue
 */
export async function flushLate(context: FlushContext): Promise<number> {
  let count = 0;
  const { late } = context.head;
  if (late.minTime >= context.headFrom() && !late.isDue) return 0;
  for (const number of late.begin()) {
    count += await context.whileHeadKeeps(() => writeGeneration(context, number));
  }
  return count;
}

async function writeGeneration(context: FlushContext, number: number): Promise<number> {
  const { head, directory, gate } = context;
  const { blocks, log } = directory;
  const written: string[] = [];
  const empty: string[] = [];
  const end = head.late.flushEnd(number, context.headFrom());
  const late = head.late.generation(number);
  if (late !== undefined) {
    const copy = copyHead(head);
    for (const range of head.late.ranges(number, head.blockRangeMs)) {
      if (range.from >= end) break;
      const span = { from: range.from, to: Math.min(range.to, end) };
      const block = await blocks.announce(span);
      const isWritten = await write(context, { ...span, copy, late }, block);
      (isWritten ? written : empty).push(block.file);
    }
  }
  for (const _ of head.late.carry(number, end)) await otherWork();
  await blocks.replace({ written, empty, old: [] }, log.dropped(-Infinity, number));
  gate.afterPresent(head.late.drop(number));
  return written.length;
}

// False: there are no samples and no file.
async function write(
  context: FlushContext,
  samples: Pick<WriteTask, "copy" | "from" | "to" | "late">,
  { file, generation }: NewBlock,
): Promise<boolean> {
  const { blocks, worker } = context.directory;
  const options = { directory: blocks.directory, deleted: context.deleted(), generation, compact: false };
  try {
    return (await worker.write({ ...samples, ...options })) !== undefined;
  } catch (error) {
    blocks.abandon(file);
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
