import type { Histogram, Labels } from "../model/index.ts";
import { encodeSnappy } from "./snappy.ts";
import { asFirstField, TimeSeriesEncoder } from "./time-series-encode.ts";

/** Samples of one series of an answer; row `i < count` of each column is one sample, times ascending. */
interface AnsweredSamples {
  readonly count: number;
  readonly times: Float64Array; // Millis.
  readonly values: Float64Array; // NaN payloads are kept bit for bit; not looked at where a histogram is.
  readonly histograms: readonly (Histogram | undefined)[] | undefined;
}

/**
 * Builds the answer to a remote read in the form of samples: `series` for each series of a result, `endResult` after the
 * last series of each query, then `finish`. Source: spec RR-4.
 */
export class ReadResponseEncoder {
  readonly #response: Uint8Array[] = [];
  #result: Uint8Array[] = [];

  series(labels: Labels, samples: AnsweredSamples): void {
    const { times, values, histograms, count } = samples;
    const encoder = new TimeSeriesEncoder(labels);
    if (histograms === undefined) {
      encoder.floats(times, values, 0, count);
    } else {
      for (let row = 0; row < count; row++) {
        const histogram = histograms[row];
        if (histogram === undefined) encoder.floats(times, values, row, row + 1);
        else encoder.histogram(times[row]!, histogram);
      }
    }
    for (const part of encoder.finish()) this.#result.push(part);
  }

  endResult(): void {
    for (const part of asFirstField(this.#result)) this.#response.push(part);
    this.#result = [];
  }

  /** The whole answer, compressed with snappy. */
  finish(): Uint8Array<ArrayBuffer> {
    return encodeSnappy(Buffer.concat(this.#response));
  }
}
