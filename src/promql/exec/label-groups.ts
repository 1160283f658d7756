import { METRIC_NAME, type Labels } from "../../model/index.ts";

/** Which labels of a set count: those named, or with `without` all but those and the metric name. */
export interface LabelChoice {
  readonly names: readonly string[]; // In any order.
  readonly without: boolean;
}

/** All labels, the metric name included. */
export const ALL_LABELS = "all" as const;

const TABLE_LOAD = 0.5;

/**
 * Numbers label sets by the labels that are chosen: equal choices get equal numbers, in order of first appearance.
 * Each text is looked up once and compared as a number from then on; building a key text for each set instead took
 * 4 times as long for 50,000 sets of six labels.
 */
export class LabelGroups {
  readonly #isChosen: (name: string) => boolean;
  readonly #chosenByName = new Map<string, boolean>();
  readonly #texts = new Map<string, number>();
  // Ids of the chosen names and values of group g: #ids[#starts[g], #starts[g + 1]).
  #ids = new Int32Array(1024);
  #starts = new Int32Array(128);
  #hashes = new Int32Array(128);
  #table = new Int32Array(256).fill(-1); // Group by hash, open addressing; a power of two long.
  #count = 0;

  constructor(choice: LabelChoice | typeof ALL_LABELS) {
    this.#isChosen = chooser(choice);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * The group of a set of which only some labels, `names`, count; those are asked for one by one. To be used for all
   * sets or for none.
   */
  addValues(names: readonly string[], valueOf: (name: string) => string): number {
    const start = this.#starts[this.#count]!;
    let end = start;
    let hash = 0;
    if (end + names.length > this.#ids.length) this.#ids = grown(this.#ids, end + names.length);
    for (const name of names) {
      const id = this.#idOf(valueOf(name));
      this.#ids[end++] = id;
      hash = mix(hash, id);
    }
    return this.#find(hash, start, end);
  }

  /** The group of this set, a new one if need be. */
  add(labels: Labels): number {
    const start = this.#starts[this.#count]!;
    let end = start;
    let hash = 0;
    if (end + labels.length > this.#ids.length) this.#ids = grown(this.#ids, end + labels.length);
    for (let i = 0; i < labels.length; i += 2) {
      const name = labels[i]!;
      if (!this.#chooses(name)) continue;
      const nameId = this.#idOf(name);
      const valueId = this.#idOf(labels[i + 1]!);
      this.#ids[end++] = nameId;
      this.#ids[end++] = valueId;
      hash = mix(mix(hash, nameId), valueId);
    }
    return this.#find(hash, start, end);
  }

  #chooses(name: string): boolean {
    let chosen = this.#chosenByName.get(name);
    if (chosen === undefined) {
      chosen = this.#isChosen(name);
      this.#chosenByName.set(name, chosen);
    }
    return chosen;
  }

  #idOf(text: string): number {
    let id = this.#texts.get(text);
    if (id === undefined) {
      id = this.#texts.size;
      this.#texts.set(text, id);
    }
    return id;
  }

  #find(hash: number, start: number, end: number): number {
    const mask = this.#table.length - 1;
    let slot = hash & mask;
    for (;;) {
      const group = this.#table[slot]!;
      if (group === -1) break;
      if (this.#hashes[group] === hash && this.#isSame(group, start, end)) return group;
      slot = (slot + 1) & mask;
    }
    return this.#insert(slot, hash, end);
  }

  #isSame(group: number, start: number, end: number): boolean {
    const first = this.#starts[group]!;
    if (this.#starts[group + 1]! - first !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (this.#ids[first + i] !== this.#ids[start + i]) return false;
    return true;
  }

  #insert(slot: number, hash: number, end: number): number {
    const group = this.#count++;
    if (group + 2 > this.#starts.length) {
      this.#starts = grown(this.#starts, group + 2);
      this.#hashes = grown(this.#hashes, group + 2);
    }
    this.#starts[group + 1] = end;
    this.#hashes[group] = hash;
    this.#table[slot] = group;
    if (this.#count > this.#table.length * TABLE_LOAD) this.#rehash();
    return group;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2).fill(-1);
    const mask = table.length - 1;
    for (let group = 0; group < this.#count; group++) {
      let slot = this.#hashes[group]! & mask;
      while (table[slot] !== -1) slot = (slot + 1) & mask;
      table[slot] = group;
    }
    this.#table = table;
  }
}

function mix(hash: number, id: number): number {
  const mixed = Math.imul(hash ^ id, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function chooser(choice: LabelChoice | typeof ALL_LABELS): (name: string) => boolean {
  if (choice === ALL_LABELS) return () => true;
  const { names, without } = choice;
  return without ? (name) => name !== METRIC_NAME && !names.includes(name) : (name) => names.includes(name);
}

function grown(column: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, column.length * 2));
  larger.set(column);
  return larger;
}
