import type { ExemplarStats, StoreStats } from "../../storage/index.ts";
import type { LabelledReading, MetricSources, Reading } from "./sources.ts";

/** Samples that came out of order, and the clock they are judged by. Source: spec TSDB-56, REL-7. */
export function orderReadings(sources: MetricSources): readonly Reading[] {
  return [
    {
      name: "prometheus_tsdb_head_out_of_order_samples_appended_total",
      help: "Samples that came out of order and were taken all the same.",
      type: "counter",
      read: () => sources.store()?.lateAppended ?? 0,
    },
    {
      name: "narthex_clock_steps_total",
      help: "How often the machine's clock was set by more than a second.",
      type: "counter",
      read: () => sources.clockSteps(),
    },
  ];
}

/** Refused samples by their type. Source: spec TSDB-56. */
export function refusalReadings(sources: MetricSources): readonly LabelledReading[] {
  const refusal = (
    name: string,
    help: string,
    key: "outOfOrder" | "outOfBounds" | "tooOld",
  ): LabelledReading => ({
    name: `prometheus_tsdb_${name}_samples_total`,
    help,
    type: "counter",
    label: "type",
    read: () => byType(sources.store(), key),
  });
  return [
    refusal("out_of_order", "Samples refused for being older than their series' newest.", "outOfOrder"),
    refusal("out_of_bound", "Samples refused for lying outside the head's time range.", "outOfBounds"),
    refusal("too_old", "Samples refused for lying outside the out-of-order window.", "tooOld"),
  ];
}

function byType(
  stats: StoreStats | undefined,
  key: "outOfOrder" | "outOfBounds" | "tooOld",
): ReadonlyMap<string, number> {
  const all = stats?.[key] ?? 0;
  const histograms = stats?.refusedHistograms?.[key] ?? 0;
  return new Map([
    ["float", all - histograms],
    ["histogram", histograms],
  ]);
}

/** Fill and flow of the exemplar store. Source: spec TSDB-63. */
export function exemplarReadings(sources: MetricSources): readonly Reading[] {
  const reading = (
    type: Reading["type"],
    name: string,
    help: string,
    pick: (stats: ExemplarStats) => number,
  ): Reading => ({
    name: `prometheus_tsdb_exemplar_${name}`,
    help,
    type,
    read: () => {
      const stats = sources.store()?.exemplars;
      return stats === undefined ? 0 : pick(stats);
    },
  });
  return [
    reading("counter", "exemplars_appended_total", "Exemplars appended.", (s) => s.appended),
    reading("gauge", "exemplars_in_storage", "Exemplars kept.", (s) => s.stored),
    reading("gauge", "series_with_exemplars_in_storage", "Series with exemplars.", (s) => s.series),
    reading(
      "gauge",
      "last_exemplars_timestamp_seconds",
      "Time of the exemplar that is overwritten next.",
      (s) => s.oldestMs / 1000,
    ),
    reading("gauge", "max_exemplars", "Exemplars kept at most.", (s) => s.storedMax),
    reading(
      "counter",
      "out_of_order_exemplars_total",
      "Exemplars refused as out of order.",
      (s) => s.outOfOrder,
    ),
  ];
}
