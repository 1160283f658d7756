import { ByteWriter } from "../base/index.ts";
import { writeMessage } from "./proto-writer.ts";
import { TimeSeriesEncoder } from "./time-series-encode.ts";
import type { ReceivedSeries } from "./write-request.ts";

/**
 * A remote-write 1.0 request, not compressed. Histograms are sent with float counts; NaN values bit for bit.
 * Source: spec RW-22, RW-23, RW-25.
 */
export function encodeWriteRequest(series: readonly ReceivedSeries[]): Uint8Array<ArrayBuffer> {
  const request = new ByteWriter(4096);
  const encoder = new TimeSeriesEncoder();
  for (const { labels, times, values, histograms } of series) {
    encoder.begin(labels);
    encoder.floats(times, values, 0, times.length);
    for (const { time, histogram } of histograms) encoder.histogram(time, histogram);
    writeMessage(request, 0x0a, encoder.message);
  }
  return request.copy();
}
