// Selections in another thread than the one that made them. They read the head's rows and labels in place, and blocks
// through readers and caches of the thread's own.

import { existsSync } from "node:fs";
import type { Selection } from "../../storage/index.ts";
import { CacheBudget, missingBlockSelection, openBlock } from "../block/index.ts";
import type { BlockDamage, BlockReader, BlockSelection, DescribedSelection } from "../block/index.ts";
import { HeadView, type HeadUpdate } from "../head/head-view.ts";
import { StoreSelection, type SelectionDescription } from "./selection.ts";

export interface SelectionOpenerOptions {
  /** Memory for pages of blocks, in bytes. */
  readonly cacheBytes: number;
  /** Called for each damaged page that this thread meets first. */
  readonly onDamage?: (damage: BlockDamage) => void;
}

/** Opens what `Selection.describe` of a store gave in another thread. */
export class SelectionOpener {
  readonly #view = new HeadView();
  readonly #cache: CacheBudget;
  readonly #onDamage: ((damage: BlockDamage) => void) | undefined;
  readonly #readers = new Map<string, BlockReader>(); // By path.

  constructor({ cacheBytes, onDamage }: SelectionOpenerOptions) {
    this.#cache = new CacheBudget(cacheBytes);
    this.#onDamage = onDamage;
  }

  /** Takes what the store's `StoreSharing` told, in its order. */
  update(update: HeadUpdate): void {
    this.#view.apply(update);
  }

  /**
   * The selection that was described; all updates made before must have been taken. Closing it does not close the one
   * that was described, which has to stay open as long.
   * @throws DamagedBlockError, BlockReadError
   */
  open(description: SelectionDescription): Selection {
    const { blocks, ...state } = description;
    return new StoreSelection({
      ...state,
      blocks: blocks.map(({ described, indexes }) => ({ selection: this.#select(described), indexes })),
      heap: this.#view.heap,
      labels: this.#view.labels,
      onClose: () => undefined,
    });
  }

  #select(described: DescribedSelection): BlockSelection {
    const { path, numbers } = described;
    if (numbers === undefined) return missingBlockSelection(path);
    return (this.#readers.get(path) ?? this.#openBlock(path)).reopen(described);
  }

  #openBlock(path: string): BlockReader {
    // A new block mostly stands for others that are gone.
    for (const [known, reader] of this.#readers) {
      if (existsSync(known)) continue;
      reader.close();
      this.#readers.delete(known);
    }
    const onDamage = this.#onDamage;
    const reader = openBlock(path, { cache: this.#cache, ...(onDamage === undefined ? {} : { onDamage }) });
    this.#readers.set(path, reader);
    return reader;
  }

  /** Closes the files of blocks; open selections can be read on. */
  close(): void {
    for (const reader of this.#readers.values()) reader.close();
    this.#readers.clear();
  }
}
