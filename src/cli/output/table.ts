import type { QueryJson } from "../client.ts";
import { histogramText, metricText } from "./series-text.ts";

/** Rows under a head line, columns padded to their widest cell; numeric columns to the right. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const numeric = head.map((_, column) =>
    rows.every((row) => row[column] === "" || !Number.isNaN(Number(row[column]))),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        numeric[column]! ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n");
}

/**
 * A query's answer as a table: for a vector one row a series with a column for each label; for a matrix one row
 * a time with a column for each series.
 */
export function tableOutput(data: QueryJson): string {
  switch (data.resultType) {
    case "scalar":
    case "string":
      return tableText(["time", "value"], [[timeText(data.result[0]), data.result[1]]]);
    case "vector": {
      const names = [...new Set(data.result.flatMap(({ metric }) => Object.keys(metric)))].toSorted();
      const rows = data.result.map((series) => [
        ...names.map((name) => series.metric[name] ?? ""),
        series.value?.[1] ?? (series.histogram === undefined ? "" : histogramText(series.histogram[1])),
      ]);
      return tableText([...names.map((name) => (name === "__name__" ? "metric" : name)), "value"], rows);
    }
    case "matrix": {
      const cells = new Map<number, string[]>();
      const put = (time: number, column: number, text: string): void => {
        const row = cells.get(time) ?? data.result.map(() => "");
        row[column] = text;
        cells.set(time, row);
      };
      for (const [column, series] of data.result.entries()) {
        for (const [time, value] of series.values ?? []) put(time, column, value);
        for (const [time, histogram] of series.histograms ?? []) put(time, column, histogramText(histogram));
      }
      const rows = [...cells]
        .toSorted(([a], [b]) => a - b)
        .map(([time, row]) => [timeText(time)].concat(row));
      return tableText(["time", ...data.result.map(({ metric }) => metricText(metric))], rows);
    }
  }
}

/** `2026-11-22T06:59:40Z`, with milliseconds only where there are any. */
export function timeText(seconds: number): string {
  return new Date(Math.round(seconds * 1000)).toISOString().replace(".000Z", "Z");
}
