// Letting old blocks go. Spec TSDB-13 … TSDB-15.

import type { Logger } from "../../base/index.ts";
import type { Directory } from "../directory.ts";
import type { BlockSpan } from "./merge.ts";

export interface RetentionLimits {
  /** Age in ms, counted from the end of the newest block; 0: none. */
  readonly retentionMs: number;
  /** Bytes of blocks and log together; 0: none. */
  readonly retentionBytes: number;
}

/** Which blocks have to go, oldest first. `logBytes` count but cannot be freed. */
export function expiredBlocks<Block extends BlockSpan & { readonly bytes: number }>(
  blocks: readonly Block[],
  logBytes: number,
  limits: RetentionLimits,
): Block[] {
  const oldestFirst = blocks.toSorted((a, b) => a.to - b.to);
  const newest = oldestFirst.at(-1)?.to ?? 0;
  let total = logBytes;
  for (const block of blocks) total += block.bytes;
  return oldestFirst.filter((block) => {
    const isOld = limits.retentionMs > 0 && newest - block.to >= limits.retentionMs;
    const isTooMuch = limits.retentionBytes > 0 && total > limits.retentionBytes;
    if (isOld || isTooMuch) total -= block.bytes;
    return isOld || isTooMuch;
  });
}

/** Removes expired blocks; returns how many. */
export function applyRetention(directory: Directory, limits: RetentionLimits, logger: Logger): number {
  const blocks = directory.blocks.readers().map(({ meta }) => ({
    from: meta.from,
    to: meta.to,
    bytes: meta.fileBytes,
    file: meta.file,
  }));
  const expired = expiredBlocks(blocks, directory.log.bytes(), limits);
  for (const { file } of expired) {
    logger.info("block removed by retention", { file });
    directory.blocks.remove(file);
  }
  return expired.length;
}
