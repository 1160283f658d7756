// What keeps a data directory in shape: cutting blocks, merging them, letting old ones go. One job at a time; what
// fails is tried again, a little later each time. Spec TSDB-13 … TSDB-24.

import { randomBytes } from "node:crypto";
import { errorText, type Clock, type Logger, type Timer } from "../../base/index.ts";
import type { StoreTuning } from "../../storage/index.ts";
import { diskBytesAt } from "../log/disk-space.ts";
import { flushDue, flushLate, type FlushContext } from "./flush.ts";
import { mergeDue, rewriteDeleted, type MergeContext, type MergeCounts } from "./merge.ts";
import { AgePace, expiredBlocks, type BlockSize, type Expiry, type RetentionLimits } from "./retention.ts";
import { snapshotName, writeSnapshot } from "./snapshot.ts";

const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 60_000;

/** Counts since the start, for own metrics. */
export interface MaintenanceCounts extends MergeCounts {
  compactions: number;
  compactionFailures: number;
  compactionsSkipped: number;
  timeRetentions: number;
  sizeRetentions: number;
  truncations: number; // Cuts that emptied a part of the log.
  truncationMs: number;
  rounds: number;
  compactionMs: number;
  tombstoneMs: number;
}

export interface MaintenanceOptions extends FlushContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: RetentionLimits;
  /** Whether the head has to let go of what it can, although it does not span enough for a block yet. */
  readonly isCutEarly: () => boolean;
  /** Called at the end of each round, and when blocks came or went otherwise. */
  readonly onBlocks: () => void;
}

export class Maintenance {
  readonly #options: MaintenanceOptions;
  readonly #pace = new AgePace();
  #limits: RetentionLimits;
  #limitBytes: number;
  #failures = 0; // In a row.
  #retry: Timer | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #isOpen = true;
  readonly counts: MaintenanceCounts = {
    compactions: 0,
    compactionFailures: 0,
    compactionsSkipped: 0,
    verticalCompactions: 0,
    timeRetentions: 0,
    sizeRetentions: 0,
    truncations: 0,
    truncationMs: 0,
    rounds: 0,
    compactionMs: 0,
    tombstoneMs: 0,
  };

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#limitBytes = options.limits.retentionBytes;
    options.directory.space.onShortage = () => this.#makeRoom();
  }

  /** Limits as they are in force; bytes 0 where there is none. */
  get limits(): RetentionLimits & { readonly limitBytes: number } {
    return { ...this.#limits, limitBytes: this.#limitBytes };
  }

  /** Takes effect with the next round. */
  configure(tuning: StoreTuning): void {
    const { retentionMs, retentionBytes, retentionPercentage } = this.#limits;
    this.#limits = {
      retentionMs: tuning.retentionMs ?? retentionMs,
      retentionBytes: tuning.retentionBytes ?? retentionBytes,
      retentionPercentage: tuning.retentionPercentage ?? retentionPercentage,
    };
    if (this.#limits.retentionPercentage === 0) this.#limitBytes = this.#limits.retentionBytes;
  }

  /** One round: cuts, merges and removes what is due, then calls `more`. */
  run(more: () => Promise<void>): Promise<void> {
    return this.inTurn(async () => {
      if (!this.#isOpen) return;
      await this.#round();
      await more();
    });
  }

  async #round(): Promise<void> {
    const { directory, clock, logger, onBlocks } = this.#options;
    const started = clock.monotonic();
    this.counts.rounds++;
    try {
      directory.blocks.reload();
      await this.#readLimit();
      // Without room only letting go is of use.
      if (directory.log.failure === undefined) await this.#compact();
      else this.counts.compactionsSkipped++;
      await this.#retain();
      this.#failures = 0;
    } catch (error) {
      // Samples go on being taken: what could not be written stays where it is.
      if (!this.#isOpen) return;
      this.counts.compactionFailures++;
      logger.error("compaction failed", { reason: errorText(error) });
      this.#tryAgain();
    } finally {
      this.counts.compactionMs += clock.monotonic() - started;
      onBlocks();
    }
  }

  async #compact(): Promise<void> {
    const { head, isCutEarly } = this.#options;
    const cut = await flushDue(this.#options, this.counts, isCutEarly);
    this.counts.compactions += cut;
    if (cut > 0 || head.late.isDue) this.counts.compactions += await flushLate(this.#options);
    this.counts.compactions += await mergeDue(this.#mergeContext());
  }

  // A second after the first failure, then twice as long each time.
  #tryAgain(): void {
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures);
    this.#failures++;
    this.#retry?.cancel();
    this.#retry = this.#options.clock.after(delayMs, () => void this.run(async () => {}));
  }

  #mergeContext(): MergeContext {
    const { directory, head } = this.#options;
    const { retentionMs } = this.#limits;
    return { directory, retentionMs, blockRangeMs: head.blockRangeMs, counts: this.counts };
  }

  async #readLimit(): Promise<void> {
    const { retentionPercentage, retentionBytes } = this.#limits;
    const { directory, logger } = this.#options;
    if (retentionPercentage === 0) return;
    try {
      this.#limitBytes = Math.floor(((await diskBytesAt(directory.path)) * retentionPercentage) / 100);
    } catch (error) {
      const reason = errorText(error);
      logger.warn("size of the disk cannot be read, retention goes by the size limit", { reason });
      this.#limitBytes = retentionBytes;
    }
  }

  async #retain(): Promise<void> {
    const { clock } = this.#options;
    for (const { block, expiry } of this.#expired(this.#limitBytes)) {
      if (expiry === "age" && !this.#pace.allows(clock.monotonic())) return;
      await this.#remove(block.file, expiry);
    }
  }

  #expired(
    limitBytes: number,
  ): { readonly block: BlockSize & { readonly file: string }; readonly expiry: Expiry }[] {
    const { blocks, log } = this.#options.directory;
    const sizes = blocks.readers().map(({ meta }) => ({
      from: meta.from,
      to: meta.to,
      bytes: meta.fileBytes,
      file: meta.file,
    }));
    return expiredBlocks(sizes, log.bytes(), { retentionMs: this.#limits.retentionMs, limitBytes });
  }

  async #remove(file: string, expiry: Expiry): Promise<void> {
    this.#options.logger.info("block removed by retention", { file, limit: expiry });
    if (expiry === "age") this.counts.timeRetentions++;
    else this.counts.sizeRetentions++;
    await this.#options.directory.blocks.remove(file);
  }

  // Too little room on the disk: with a limit on the size, the oldest block goes, one at each look.
  #makeRoom(): void {
    const { directory, logger, onBlocks } = this.#options;
    if (this.#limitBytes === 0 || directory.blocks.count < 2) return;
    const oldest = this.#expired(1)[0];
    if (oldest === undefined) return;
    this.#remove(oldest.block.file, "size").then(onBlocks, (error: unknown) =>
      logger.error("removing a block failed", { file: oldest.block.file, reason: errorText(error) }),
    );
  }

  /** Rewrites all blocks that hold deleted samples. @throws BlockWriteError, StorageError */
  cleanTombstones(): Promise<void> {
    return this.inTurn(async () => {
      const started = this.#options.clock.monotonic();
      this.counts.compactions += await rewriteDeleted(this.#mergeContext());
      this.counts.tombstoneMs += this.#options.clock.monotonic() - started;
      this.#options.onBlocks();
    });
  }

  /** Writes a snapshot and returns its name. @throws BlockWriteError, StorageError */
  snapshot(skipHead: boolean): Promise<string> {
    return this.inTurn(async () => {
      const name = snapshotName(this.#options.clock.now(), randomBytes(8));
      await writeSnapshot({ ...this.#options, skipHead, name });
      return name;
    });
  }

  /** Calls `work` when all that was begun before has ended. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work, work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Begins nothing more and stops what is under way. */
  stop(): void {
    this.#isOpen = false;
    this.#retry?.cancel();
    this.#options.directory.worker.stop();
  }

  /** Resolves when what is under way has ended. */
  async ended(): Promise<void> {
    await this.#turn;
  }
}
