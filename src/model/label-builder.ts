import { labelEntries, labelsFromEntries, labelValue, type Labels } from "./labels.ts";

/**
 * A label set under change. Labels set later come after those of the base when iterated, in the order they were
 * first set; upstream's results for rules that map two labels to one name depend on this order.
 * Source: Prometheus model/labels, Builder.
 */
export class LabelBuilder {
  readonly #base: Labels;
  readonly #set: Map<string, string>;
  readonly #removed: Set<string>;

  constructor(base: Labels) {
    this.#base = base;
    this.#set = new Map();
    this.#removed = new Set();
  }

  /** Value of a label, "" when there is none. */
  get(name: string): string {
    const value = this.#set.get(name);
    if (value !== undefined) return value;
    return this.#removed.has(name) ? "" : labelValue(this.#base, name);
  }

  /** Sets a label; an empty value removes it. */
  set(name: string, value: string): void {
    if (value === "") this.delete(name);
    else this.#set.set(name, value);
  }

  delete(name: string): void {
    this.#set.delete(name);
    this.#removed.add(name);
  }

  /** The pairs as they are now; later changes don't show. */
  entries(): [string, string][] {
    const entries: [string, string][] = [];
    for (const entry of labelEntries(this.#base)) {
      if (!this.#set.has(entry[0]) && !this.#removed.has(entry[0])) entries.push(entry);
    }
    return [...entries, ...this.#set];
  }

  build(): Labels {
    const untouched = this.#set.size === 0 && this.#removed.size === 0;
    return untouched ? this.#base : labelsFromEntries(this.entries());
  }
}
