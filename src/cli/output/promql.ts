import type { QueryJson, SeriesJson } from "../client.ts";
import { histogramText, metricText } from "./series-text.ts";

/** A query's answer as promtool prints it. Source: spec CLI-81. */
export function promqlOutput(data: QueryJson): string {
  switch (data.resultType) {
    case "scalar":
      return `scalar: ${data.result[1]} @[${data.result[0]}]\n`;
    case "string":
      return `${data.result[1]}\n`;
    case "vector":
      return data.result
        .map((series) => `${metricText(series.metric)} => ${instantPoint(series)}\n`)
        .join("");
    case "matrix":
      return data.result
        .map((series) => [`${metricText(series.metric)} =>`, ...rangePoints(series), ""].join("\n"))
        .join("");
  }
}

function instantPoint(series: SeriesJson): string {
  if (series.histogram !== undefined)
    return `${histogramText(series.histogram[1])} @[${series.histogram[0]}]`;
  const [time, value] = series.value ?? [NaN, ""];
  return `${value} @[${time}]`;
}

function rangePoints(series: SeriesJson): string[] {
  return [
    ...(series.values ?? []).map(([time, value]) => `${value} @[${time}]`),
    ...(series.histograms ?? []).map(([time, histogram]) => `${histogramText(histogram)} @[${time}]`),
  ];
}
