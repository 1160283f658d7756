import {
  compileMatcher,
  labelsFromRecord,
  labelValue,
  type Labels,
  type Matcher,
} from "../../src/model/index.ts";
import type { Queryable, Selection, SelectRequest, SeriesSamples } from "../../src/storage/index.ts";

/** Series that share their times and lie there as the engine wants them, so that only the engine is measured. */
export class ColumnQueryable implements Queryable {
  readonly #times: Float64Array;
  readonly #series: { readonly labels: Labels; readonly values: Float64Array }[] = [];

  constructor(times: Float64Array) {
    this.#times = times;
  }

  add(labels: Readonly<Record<string, string>>, values: Float64Array): void {
    this.#series.push({ labels: labelsFromRecord(labels), values });
  }

  select({ matchers, from, to }: SelectRequest): Selection {
    const found = this.#matching(matchers);
    const first = this.#times.findIndex((time) => time >= from);
    const last = this.#times.findLastIndex((time) => time <= to);
    const times = this.#times.subarray(first, last + 1);
    return {
      seriesCount: found.length,
      labels: (index) => found[index]!.labels,
      read(index: number, into: SeriesSamples) {
        into.count = times.length;
        into.times = times;
        into.values = found[index]!.values.subarray(first, last + 1);
        into.timeline = 0;
        into.hasStale = false;
        into.histograms = undefined;
      },
      close: () => {},
    };
  }

  #matching(matchers: readonly Matcher[]): { labels: Labels; values: Float64Array }[] {
    const compiled = matchers.map(compileMatcher);
    return this.#series.filter(({ labels }) =>
      compiled.every((matcher) => matcher.matches(labelValue(labels, matcher.matcher.name))),
    );
  }

  series(): Labels[] {
    return this.#series.map(({ labels }) => labels);
  }

  labelNames(): string[] {
    return [];
  }

  labelValues(): string[] {
    return [];
  }
}
