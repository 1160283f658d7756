// Merging blocks into longer ones as they age, and rewriting blocks that hold deleted samples. Spec TSDB-21, TSDB-22,
// TSDB-29.

import type { BlockReader } from "../block/index.ts";
import type { Directory } from "../directory.ts";
import type { MergeResult } from "../worker/contract.ts";

const DAY_MS = 86_400_000;
// Each step merges this many blocks' worth of time.
const STEP = 3;
// A block with more than this share of its series touched by deletions is rewritten without being asked for.
const DELETED_SHARE_MAX = 0.05;

export interface MergeContext {
  readonly directory: Directory;
  /** Length of a block as it is cut from the head, ms. */
  readonly blockRangeMs: number;
  /** Age at which blocks are removed, ms; 0: never. */
  readonly retentionMs: number;
  readonly counts: MergeCounts;
}

export interface MergeCounts {
  verticalCompactions: number; // Merges of blocks that overlapped.
}

/** What the plan needs to know of a block. */
export interface BlockSpan {
  readonly from: number; // Millis; `[from, to)`.
  readonly to: number;
}

/** Longest block (ms) that merging makes: 31 days or a tenth of the retention time. */
export function longestBlockMs(retentionMs: number): number {
  return retentionMs > 0 ? Math.min(31 * DAY_MS, retentionMs / 10) : 31 * DAY_MS;
}

/**
 * Which blocks to merge next, or undefined: first blocks that overlap, then those that fill an aligned range of three
 * times the length. The newest block is left alone, so that it can be copied before it changes. `blocks` ascend by
 * start.
 */
export function planMerge<Block extends BlockSpan>(
  blocks: readonly Block[],
  options: { readonly blockRangeMs: number; readonly longestMs: number },
): Block[] | undefined {
  for (let i = 1; i < blocks.length; i++) {
    const group = [blocks[i - 1]!];
    let end = group[0]!.to;
    for (let k = i; k < blocks.length && blocks[k]!.from < end; k++) {
      group.push(blocks[k]!);
      end = Math.max(end, blocks[k]!.to);
    }
    if (group.length > 1) return group;
  }
  const newest = blocks.at(-1)?.from ?? -Infinity;
  for (let range = STEP * options.blockRangeMs; range <= options.longestMs; range *= STEP) {
    const groups = new Map<number, Block[]>();
    for (const block of blocks) {
      const start = Math.floor(block.from / range) * range;
      if (block.to > start + range || start + range > newest) continue;
      const group = groups.get(start);
      if (group === undefined) groups.set(start, [block]);
      else group.push(block);
    }
    for (const group of groups.values()) if (group.length > 1) return group;
  }
  return undefined;
}

/** Merges all that is due. Returns how many blocks were written. @throws BlockWriteError, StorageError */
export async function mergeDue(context: MergeContext): Promise<number> {
  const { directory, blockRangeMs, retentionMs } = context;
  const longestMs = longestBlockMs(retentionMs);
  let written = 0;
  for (;;) {
    const readers = directory.blocks.readers().toSorted((a, b) => a.meta.from - b.meta.from);
    const spans = readers.map((reader) => ({ from: reader.meta.from, to: reader.meta.to, reader }));
    const group = planMerge(spans, { blockRangeMs, longestMs });
    const readersDue =
      group?.map(({ reader }) => reader) ??
      readers.filter((reader) => reader.deletedShare() > DELETED_SHARE_MAX).slice(0, 1);
    const bytes = readersDue.reduce((sum, reader) => sum + reader.meta.fileBytes, 0);
    if (readersDue.length === 0 || !directory.space.hasRoom(bytes)) return written;
    if (readersDue.some(({ meta }, i) => i > 0 && meta.from < readersDue[i - 1]!.meta.to)) {
      context.counts.verticalCompactions++;
    }
    await replaceBlocks(
      context,
      readersDue.toSorted((a, b) => a.meta.generation - b.meta.generation),
    );
    written++;
  }
}

/** Rewrites all blocks that hold deleted samples. @throws BlockWriteError, StorageError */
export async function rewriteDeleted(context: MergeContext): Promise<number> {
  let written = 0;
  for (const reader of context.directory.blocks.readers()) {
    if (reader.deletedShare() === 0) continue;
    await replaceBlocks(context, [reader]);
    written++;
  }
  return written;
}

// Puts one block in the place of several, or of one, in one transaction.
async function replaceBlocks(context: MergeContext, readers: readonly BlockReader[]): Promise<void> {
  const { blocks, worker } = context.directory;
  const old = readers.map((reader) => reader.meta.file);
  const from = Math.min(...readers.map((reader) => reader.meta.from));
  const to = Math.max(...readers.map((reader) => reader.meta.to));
  const level = Math.max(...readers.map((reader) => reader.meta.level)) + (readers.length > 1 ? 1 : 0);
  const { file, generation } = await blocks.announce({ from, to });
  let result: MergeResult;
  try {
    const deletions = blocks.deletions();
    // In the order of the readers, first written first.
    result = await worker.merge({ files: old, deletions, generation, level });
  } catch (error) {
    blocks.abandon(file);
    throw error;
  }
  const isEmpty = result.meta === undefined;
  await blocks.replace({ written: isEmpty ? [] : [file], empty: isEmpty ? [file] : [], old });
  await blocks.deleteReplaced(old, result.damaged);
}
