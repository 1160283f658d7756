import { toPoint, readJsonLines } from "../golden/load.ts";
import type { Point } from "../../unit/promql/memory-queryable.ts";

type StoredValue = Parameters<typeof toPoint>[0];

/** One series of the recorded data set. */
export interface DatasetSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[]; // Millis, ascending.
  readonly points: readonly Point[];
}

/** A metric name with the values that its labels have. */
export interface Metric {
  readonly name: string;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly seriesCount: number;
}

/** Length of the pieces in which the data are sent to the reference, which creates series as they appear. */
export const WINDOW_MS = 600_000;

/** The series in the order in which a server that gets them in pieces of `WINDOW_MS` creates them. */
export function readDataset(path: string): DatasetSeries[] {
  const stored = readJsonLines(path) as readonly {
    readonly l: Readonly<Record<string, string>>;
    readonly t: readonly number[];
    readonly v: readonly StoredValue[];
  }[];
  const series = stored.map(({ l, t, v }) => {
    let now = 0;
    return { labels: l, times: t.map((delta) => (now += delta)), points: v.map(toPoint) };
  });
  const first = Math.min(...series.map(({ times }) => times[0]!));
  const windowOf = ({ times }: DatasetSeries): number => Math.floor((times[0]! - first) / WINDOW_MS);
  return series.toSorted((a, b) => windowOf(a) - windowOf(b));
}

export function metricsOf(dataset: readonly DatasetSeries[]): Metric[] {
  const byName = Map.groupBy(dataset, ({ labels }) => labels["__name__"]!);
  return [...byName].map(([name, series]) => {
    const labels = new Map<string, string[]>();
    for (const { labels: set } of series) {
      for (const [label, value] of Object.entries(set)) {
        if (label === "__name__") continue;
        const values = labels.get(label) ?? [];
        if (!values.includes(value)) values.push(value);
        labels.set(label, values);
      }
    }
    return { name, labels, seriesCount: series.length };
  });
}
