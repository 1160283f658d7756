import { ByteWriter } from "../base/index.ts";
import type { Histogram, Labels } from "../model/index.ts";
import { writeMessage } from "./proto-writer.ts";
import { encodeSnappy } from "./snappy.ts";
import { TimeSeriesEncoder } from "./time-series-encode.ts";

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
  readonly #response = new ByteWriter(4096);
  readonly #result = new ByteWriter(4096);
  readonly #series = new TimeSeriesEncoder();

  series(labels: Labels, samples: AnsweredSamples): void {
    const { times, values, histograms, count } = samples;
    this.#series.begin(labels);
    if (histograms === undefined) {
      this.#series.floats(times, values, 0, count);
    } else {
      for (let row = 0; row < count; row++) {
        const histogram = histograms[row];
        if (histogram === undefined) this.#series.floats(times, values, row, row + 1);
        else this.#series.histogram(times[row]!, histogram);
      }
    }
    writeMessage(this.#result, 0x0a, this.#series.message);
  }

  endResult(): void {
    writeMessage(this.#response, 0x0a, this.#result);
    this.#result.reset();
  }

  /** The whole answer, compressed with snappy. */
  finish(): Uint8Array<ArrayBuffer> {
    return encodeSnappy(this.#response.written());
  }
}
