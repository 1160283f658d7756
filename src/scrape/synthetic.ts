import { METRIC_NAME, withLabel, type Labels } from "../model/index.ts";

/** What a scrape says about itself (SCR-43 to SCR-48). */
export interface ScrapeReport {
  readonly up: boolean;
  readonly durationSeconds: number;
  readonly samplesScraped: number;
  readonly samplesPostRelabeling: number;
  readonly seriesAdded: number;
  readonly timeoutSeconds: number;
  readonly sampleLimit: number;
  readonly bodyBytes: number; // -1 when the body limit was hit.
}

interface SyntheticSeries {
  readonly name: string;
  readonly isExtra: boolean; // Only with extra_scrape_metrics.
  readonly value: (report: ScrapeReport) => number;
}

const SERIES: readonly SyntheticSeries[] = [
  { name: "up", isExtra: false, value: ({ up }) => (up ? 1 : 0) },
  { name: "scrape_duration_seconds", isExtra: false, value: (report) => report.durationSeconds },
  { name: "scrape_samples_scraped", isExtra: false, value: (report) => report.samplesScraped },
  {
    name: "scrape_samples_post_metric_relabeling",
    isExtra: false,
    value: (report) => report.samplesPostRelabeling,
  },
  { name: "scrape_series_added", isExtra: false, value: (report) => report.seriesAdded },
  { name: "scrape_timeout_seconds", isExtra: true, value: (report) => report.timeoutSeconds },
  { name: "scrape_sample_limit", isExtra: true, value: (report) => report.sampleLimit },
  { name: "scrape_body_size_bytes", isExtra: true, value: (report) => report.bodyBytes },
];

const BASIC_SERIES: readonly SyntheticSeries[] = SERIES.filter(({ isExtra }) => !isExtra);

/** The series every target has beside its own. */
export function syntheticSeries(withExtra: boolean): readonly SyntheticSeries[] {
  return withExtra ? SERIES : BASIC_SERIES;
}

/** Labels of a synthetic series: those of the target and a name (SCR-49). */
export function syntheticLabels(series: SyntheticSeries, targetLabels: Labels): Labels {
  return withLabel(targetLabels, METRIC_NAME, series.name);
}
