import { TimeSeriesEncoder } from "./time-series-encode.ts";
import type { ReceivedSeries } from "./write-request.ts";

/**
 * A remote-write 1.0 request, not compressed. Histograms are sent with float counts; NaN values bit for bit.
 * Source: spec RW-22, RW-23, RW-25.
 */
export function encodeWriteRequest(series: readonly ReceivedSeries[]): Uint8Array<ArrayBuffer> {
  const parts = series.flatMap(({ labels, times, values, histograms }) => {
    const encoder = new TimeSeriesEncoder(labels);
    encoder.floats(times, values, 0, times.length);
    for (const { time, histogram } of histograms) encoder.histogram(time, histogram);
    return encoder.finish();
  });
  return Buffer.concat(parts);
}
