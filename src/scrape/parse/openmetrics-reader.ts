import { ExpositionError } from "./exposition-error.ts";
import { OpenMetricsScanner } from "./openmetrics-scanner.ts";
import { decodeSeries, type ExposedLabels } from "./series-text.ts";
import { TEXT_BYTES_MAX } from "./byte-class.ts";

const LF = 10;
// A sample with the longest accepted name and an exemplar as long, and some room for numbers.
const LINE_BYTES_MAX = 2 * TEXT_BYTES_MAX + 4096;

/** One sample of a file; the object is used again for the next one. */
export interface OpenMetricsSample {
  readonly line: number; // From 1 on.
  /** Name and labels as written, each byte a character; equal texts are the same series. */
  readonly text: string;
  readonly time: number | undefined; // Millis.
  readonly value: number;
  /** The value's bits, low word first. */
  readonly valueBits: Uint32Array;
  /** `__name__`, its value, name, value … */
  labels(): ExposedLabels;
}

/**
 * Reads OpenMetrics text that comes in pieces of any size, in bounded memory. Exemplars are checked and passed over,
 * `_created` lines are samples like others.
 */
export class OpenMetricsReader {
  readonly #onSample: (sample: OpenMetricsSample) => void;
  readonly #scanner = new OpenMetricsScanner();
  readonly #sample: ReadSample;
  #pending: Uint8Array = new Uint8Array(0); // Of a line that has not ended yet.
  #lines = 0; // Before those that are being read.
  #isOpen = false;

  constructor(onSample: (sample: OpenMetricsSample) => void) {
    this.#onSample = onSample;
    this.#sample = new ReadSample(this.#scanner);
  }

  /** @throws ExpositionError naming the line. */
  write(chunk: Uint8Array): void {
    const last = chunk.lastIndexOf(LF);
    const whole = last < 0 ? new Uint8Array(0) : joined(this.#pending, chunk.subarray(0, last + 1));
    // Copied, since the caller may use the piece again.
    const rest = Uint8Array.from(chunk.subarray(last + 1));
    this.#pending = last < 0 ? joined(this.#pending, rest) : rest;
    if (whole.length > 0) this.#read(whole);
    if (this.#pending.length > LINE_BYTES_MAX) {
      throw new ExpositionError(`line ${this.#lines + 1}: longer than ${LINE_BYTES_MAX} bytes`);
    }
  }

  /** To be called after the last piece. @throws ExpositionError, also when the end marker is missing. */
  end(): void {
    if (this.#pending.length > 0) this.#read(this.#pending);
    this.#pending = new Uint8Array(0);
    this.#scanner.end();
  }

  #read(bytes: Uint8Array): void {
    const scanner = this.#scanner;
    scanner.open(bytes, bytes.length, this.#isOpen);
    this.#isOpen = true;
    let countedTo = 0;
    try {
      while (scanner.nextSample()) {
        scanner.finishLine(scanner.position);
        this.#lines += linesIn(bytes, countedTo, scanner.lineStart);
        countedTo = scanner.lineStart;
        this.#sample.take(bytes, this.#lines + 1);
        this.#onSample(this.#sample);
      }
    } catch (error) {
      if (!(error instanceof ExpositionError)) throw error;
      const line = this.#lines + linesIn(bytes, countedTo, scanner.lineStart) + 1;
      throw new ExpositionError(`line ${line}: ${error.message}`, { cause: error });
    }
    this.#lines += linesIn(bytes, countedTo, bytes.length);
  }
}

class ReadSample implements OpenMetricsSample {
  readonly #scanner: OpenMetricsScanner;
  #bytes: Uint8Array = new Uint8Array(0);
  line = 0;

  constructor(scanner: OpenMetricsScanner) {
    this.#scanner = scanner;
  }

  take(bytes: Uint8Array, line: number): void {
    this.#bytes = bytes;
    this.line = line;
  }

  get text(): string {
    const { textStart, textEnd } = this.#scanner;
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + textStart, textEnd - textStart).toString(
      "latin1",
    );
  }

  get time(): number | undefined {
    return this.#scanner.timed ? this.#scanner.time : undefined;
  }

  get value(): number {
    return this.#scanner.value;
  }

  get valueBits(): Uint32Array {
    return this.#scanner.valueBits;
  }

  labels(): ExposedLabels {
    const { textStart, textEnd, type } = this.#scanner;
    return decodeSeries(this.#bytes, textStart, textEnd, type);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function linesIn(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < to; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}
