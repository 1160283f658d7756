// The head's memory as another thread sees it: what the main thread posts of it (`HeadShares`), and what the other thread
// puts together from that (`HeadView`). Shared are slabs and columns, which only grow; what changes (which rows a table
// has, which columns a series) is copied each time that somebody wants to read (head-copy.ts, query/).

import { assert } from "../../base/index.ts";
import { LabelSets, type LabelColumns } from "../index/label-sets.ts";
import type { SeriesIndex } from "../index/series-index.ts";
import { SlabViews, type Slabs } from "../table/slab-heap.ts";
import type { Head } from "./head.ts";

/** What is new since the update before. Postable. */
export interface HeadUpdate {
  readonly slabs: readonly SharedArrayBuffer[]; // Further ones of the tables.
  /** Undefined: nothing new. */
  readonly index: IndexUpdate | undefined;
}

interface IndexUpdate {
  /** The series were renumbered: all of before is to be forgotten. */
  readonly isNew: boolean;
  readonly slabs: readonly SharedArrayBuffer[]; // Further ones.
  readonly columns: LabelColumns;
}

/** Tells one other thread what is new. */
export class HeadShares {
  readonly #head: Head;
  #slabs = 0;
  #index: SeriesIndex | undefined;
  #indexSlabs = 0;
  #columns: LabelColumns | undefined;

  constructor(head: Head) {
    this.#head = head;
  }

  /** What the thread must know before it reads; undefined: it knows all. */
  next(): HeadUpdate | undefined {
    const { buffers } = this.#head.tables.heap;
    const index = this.#nextIndex();
    if (index === undefined && buffers.length === this.#slabs) return undefined;
    const slabs = buffers.slice(this.#slabs);
    this.#slabs = buffers.length;
    return { slabs, index };
  }

  #nextIndex(): IndexUpdate | undefined {
    const { index } = this.#head;
    const isNew = index !== this.#index;
    if (isNew) this.#indexSlabs = 0;
    const { buffers } = index.heap;
    const columns = index.columns();
    const before = this.#columns;
    if (!isNew && buffers.length === this.#indexSlabs && before !== undefined && areSame(columns, before)) {
      return undefined;
    }
    const slabs = buffers.slice(this.#indexSlabs);
    this.#index = index;
    this.#indexSlabs = buffers.length;
    this.#columns = columns;
    return { isNew, slabs, columns };
  }
}

function areSame(a: LabelColumns, b: LabelColumns): boolean {
  return (
    a.symbols === b.symbols &&
    a.pairNames === b.pairNames &&
    a.pairValues === b.pairValues &&
    a.lists === b.lists &&
    a.lengths === b.lengths
  );
}

/** Reads a head in any thread, as far as its updates go. */
export class HeadView {
  readonly #slabs = new SlabViews();
  #indexSlabs = new SlabViews();
  #labels: LabelSets | undefined;

  /** Memory that the tables' addresses name. */
  get heap(): Slabs {
    return this.#slabs;
  }

  /** Label sets by series id, after the first update. Another object once series were renumbered. */
  get labels(): LabelSets {
    assert(this.#labels !== undefined, "an update before the first look");
    return this.#labels;
  }

  /** Takes updates in the order in which they were made. */
  apply({ slabs, index }: HeadUpdate): void {
    this.#slabs.add(slabs);
    if (index === undefined) return;
    if (index.isNew) this.#indexSlabs = new SlabViews();
    this.#indexSlabs.add(index.slabs);
    if (index.isNew || this.#labels === undefined)
      this.#labels = new LabelSets(this.#indexSlabs, index.columns);
    else this.#labels.columns = index.columns;
  }
}
