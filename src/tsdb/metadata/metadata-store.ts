// What senders of remote write say about their metrics. They say it again every minute or with every sample, so it is
// kept in memory only; what nobody has repeated for longest goes first when there is too much of it.

import { compareText } from "../../model/index.ts";
import type { MetricMetadata } from "../../storage/index.ts";

// Senders of different versions may differ about a metric; more differences than this help nobody.
const ENTRIES_MAX = 8;
const TEXT_MAX_DEFAULT = 16 * 2 ** 20;

/** Metadata by metric, of bounded size. */
export class MetadataStore {
  readonly #textMax: number;
  // Both levels in the order in which they were last repeated.
  readonly #entries = new Map<string, Map<string, MetricMetadata>>();
  #textLength = 0;

  /** Keeps texts of up to `textMax` UTF-16 units together. */
  constructor(textMax: number = TEXT_MAX_DEFAULT) {
    this.#textMax = textMax;
  }

  put(entry: MetricMetadata): void {
    if (entry.metric === "" || lengthOf(entry) > this.#textMax) return;
    const entries = this.#entries.get(entry.metric) ?? new Map<string, MetricMetadata>();
    this.#entries.delete(entry.metric);
    this.#entries.set(entry.metric, entries);
    const key = `${entry.type} ${entry.unit.length} ${entry.unit}${entry.help}`;
    if (entries.delete(key)) this.#textLength -= lengthOf(entry);
    entries.set(key, entry);
    this.#textLength += lengthOf(entry);
    if (entries.size > ENTRIES_MAX) this.#dropOldest(entries);
    while (this.#textLength > this.#textMax) {
      const [metric, oldest] = this.#entries.entries().next().value!;
      this.#dropOldest(oldest);
      if (oldest.size === 0) this.#entries.delete(metric);
    }
  }

  /** Of one metric when it is given, else of all, by name; the last said comes last. */
  entries(metric?: string): MetricMetadata[] {
    if (metric !== undefined) return [...(this.#entries.get(metric)?.values() ?? [])];
    const all: MetricMetadata[] = [];
    for (const name of [...this.#entries.keys()].toSorted(compareText)) {
      all.push(...this.#entries.get(name)!.values());
    }
    return all;
  }

  #dropOldest(entries: Map<string, MetricMetadata>): void {
    const [key, oldest] = entries.entries().next().value!;
    entries.delete(key);
    this.#textLength -= lengthOf(oldest);
  }
}

function lengthOf({ metric, help, unit }: MetricMetadata): number {
  return metric.length + help.length + unit.length;
}
