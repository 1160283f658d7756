// Blocks from outside: written beside the others and put among them once all are whole. A store that runs takes them in
// when it looks for new files (TSDB-24), one that does not at its next start; so neither needs to be asked.

import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errorText } from "../../base/index.ts";
import { listBlockFiles, writeBlock, type BlockMeta, type BlockSource } from "../block/index.ts";
import { StorageError } from "../errors.ts";
import { openScratchFolder, type ScratchFolder } from "./scratch-folder.ts";
import { syncPath } from "./sync-path.ts";

// A store that runs goes on numbering its blocks while these are written; so many numbers are left to it.
const GENERATIONS_LEFT = 1000;

/** Blocks that are being added to a data directory. End it with `commit` or `discard`. */
export interface BlockImport {
  /** Writes a block; undefined: there were no samples. @throws BlockWriteError and what the source throws */
  add(source: BlockSource, options: { readonly level: number }): Promise<BlockMeta | undefined>;
  /** Makes all blocks part of the store. @throws StorageError; none is then, or those that it names */
  commit(): void;
  /** Removes what was written. Idempotent. */
  discard(): void;
}

/** @throws StorageError when the directory cannot be made or written */
export function beginBlockImport(directory: string): BlockImport {
  try {
    return new StagedImport(directory);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(`cannot write to ${directory}: ${errorText(error)}`, { cause: error });
  }
}

class StagedImport implements BlockImport {
  readonly #blocks: string;
  readonly #folder: ScratchFolder;
  readonly #firstGeneration: number;
  readonly #files: string[] = [];

  constructor(directory: string) {
    this.#blocks = join(directory, "blocks");
    mkdirSync(this.#blocks, { recursive: true });
    this.#folder = openScratchFolder(directory, "import");
    this.#firstGeneration = lastGeneration(this.#blocks) + GENERATIONS_LEFT;
  }

  async add(source: BlockSource, { level }: { readonly level: number }): Promise<BlockMeta | undefined> {
    const generation = this.#firstGeneration + this.#files.length;
    const meta = await writeBlock(this.#folder.path, source, { generation, level, compact: true });
    if (meta !== undefined) this.#files.push(meta.file);
    return meta;
  }

  commit(): void {
    if (lastGeneration(this.#blocks) >= this.#firstGeneration) {
      throw new StorageError(
        `the store in ${this.#blocks} wrote more than ${GENERATIONS_LEFT} blocks meanwhile, or another import ended; nothing was added, please try again`,
      );
    }
    let moved = 0;
    try {
      for (const file of this.#files) {
        renameSync(join(this.#folder.path, file), join(this.#blocks, file));
        moved++;
      }
      syncPath(this.#blocks);
    } catch (error) {
      throw new StorageError(
        `only ${moved} of ${this.#files.length} blocks could be moved to ${this.#blocks}: ${errorText(error)}`,
        { cause: error },
      );
    } finally {
      this.discard();
    }
  }

  discard(): void {
    this.#folder.remove();
  }
}

function lastGeneration(blocks: string): number {
  return Math.max(0, ...listBlockFiles(blocks).map(({ generation }) => generation));
}
