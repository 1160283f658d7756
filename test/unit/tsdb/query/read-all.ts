import { createSeriesSamples, type Selection } from "../../../../src/storage/index.ts";

/** All that a selection says, values bit for bit, one text a series. */
export function readAll(selection: Selection): string[] {
  const samples = createSeriesSamples();
  return Array.from({ length: selection.seriesCount }, (_, i) => {
    selection.read(i, samples);
    const { count, times, values, histograms, hasStale } = samples;
    const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * count);
    const name = selection.labelValue?.(i, "__name__");
    return JSON.stringify({
      name,
      labels: selection.labels(i),
      times: [...times.subarray(0, count)],
      bits: [...bits],
      hasStale,
      histograms: histograms?.slice(0, count),
    });
  });
}
