// Letting old blocks go. Spec TSDB-13 … TSDB-17, REL-7.

import type { BlockSpan } from "./merge.ts";

// A clock that jumps ahead makes all blocks old at once; so many of them go at a time that there is time to notice.
const AGE_PACE_MS = 60_000;

/** What is kept; 0: no such limit. */
export interface RetentionLimits {
  /** Age in ms, counted from the end of the newest block. */
  readonly retentionMs: number;
  /** Bytes of blocks and log together. */
  readonly retentionBytes: number;
  /** The same as a share of the file system in percent; comes before `retentionBytes`. */
  readonly retentionPercentage: number;
}

/** What the choice needs to know of a block. */
export interface BlockSize extends BlockSpan {
  readonly bytes: number;
}

/** Why a block goes. */
export type Expiry = "age" | "size";

/**
 * Which blocks have to go and why, oldest first. `logBytes` count but cannot be freed; `limitBytes` 0: none. The newest
 * block may be too large, but never too old.
 */
export function expiredBlocks<Block extends BlockSize>(
  blocks: readonly Block[],
  logBytes: number,
  limits: { readonly retentionMs: number; readonly limitBytes: number },
): { readonly block: Block; readonly expiry: Expiry }[] {
  const oldestFirst = blocks.toSorted((a, b) => a.to - b.to);
  const newest = oldestFirst.at(-1)?.to ?? 0;
  let total = logBytes;
  for (const block of blocks) total += block.bytes;
  const expired: { block: Block; expiry: Expiry }[] = [];
  for (const block of oldestFirst) {
    const isTooMuch = limits.limitBytes > 0 && total > limits.limitBytes;
    const isOld = limits.retentionMs > 0 && newest - block.to >= limits.retentionMs;
    if (!isTooMuch && !isOld) continue;
    total -= block.bytes;
    expired.push({ block, expiry: isOld ? "age" : "size" });
  }
  return expired;
}

/** Lets blocks that are too old go one after the other. */
export class AgePace {
  #lastMs = -Infinity;

  /** Whether one may go at `monotonicMs`. */
  allows(monotonicMs: number): boolean {
    if (monotonicMs - this.#lastMs < AGE_PACE_MS) return false;
    this.#lastMs = monotonicMs;
    return true;
  }
}
