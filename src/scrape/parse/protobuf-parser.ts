import {
  bitsOf,
  checkHistogram,
  createHistogram,
  formatOpenMetricsFloat,
  setNormalNaNAt,
  type Histogram,
} from "../../model/index.ts";
import { MetricFamilyReader, WireError, type SentBuckets } from "../../wire/index.ts";
import type { SentExemplar, SentMetric } from "../../wire/index.ts";
import { ExpositionError, quoteBytes } from "./exposition-error.ts";
import { FAMILY_TYPES, HISTOGRAM_TYPE, SUMMARY_TYPE } from "./family-type.ts";
import { OriginFinder } from "./origin-finder.ts";
import { decodeText, type ExposedLabels } from "./series-text.ts";
import { SkeletonBuilder, type Skeleton } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { SlotText } from "./slot-text.ts";
import type { ParsedBody, ParsedExemplar } from "./text-parser.ts";

const GAUGE_HISTOGRAM_TYPE = 5;
/** By number of the type on the wire: code of the family type. */
const TYPE_CODES: readonly number[] = [1, 2, SUMMARY_TYPE, 0, HISTOGRAM_TYPE, GAUGE_HISTOGRAM_TYPE];

const COUNT: Uint8Array = new Uint8Array(Buffer.from("_count"));
const SUM: Uint8Array = new Uint8Array(Buffer.from("_sum"));
const BUCKET: Uint8Array = new Uint8Array(Buffer.from("_bucket"));
const LE: Uint8Array = new Uint8Array(Buffer.from("le"));
const QUANTILE: Uint8Array = new Uint8Array(Buffer.from("quantile"));
const NOTHING: Uint8Array = new Uint8Array(0);
const TYPE_NAMES: readonly Uint8Array[] = FAMILY_TYPES.map((type) => new Uint8Array(Buffer.from(type)));
const BOUND_TEXTS_MAX = 4096;
const NO_ORIGINS: Int32Array = new Int32Array(0); // Stands for an unchanged skeleton.

/** What a target's histograms are made into. */
export interface HistogramRules {
  /** Take native histograms; else only their classic buckets (PB-6). */
  readonly takesNative: boolean;
  /** Take classic buckets beside a native histogram. */
  readonly keepsClassic: boolean;
}

/** Parses bodies in the delimited protobuf format. Spec PB-1 to PB-9. */
export class ProtobufParser {
  readonly #interner: SkeletonInterner;
  readonly #origins: OriginFinder;
  readonly #keepsExemplars: boolean;
  readonly #builder = new SkeletonBuilder();
  readonly #text = new SlotText();
  readonly #boundTexts = new Map<number, Uint8Array>();
  #values = new Float64Array(64);
  #bits: Uint32Array = bitsOf(this.#values);
  #times = new Float64Array(64);
  #histograms = new Map<number, Histogram>();
  #exemplars: ParsedExemplar[] = [];
  #starts: { slot: number; time: number }[] = [];
  // Of the family and metric being read.
  #reader = new MetricFamilyReader(NOTHING);
  #type = 0;
  #hasHeader = false; // Its metadata are in the skeleton.

  constructor(options: {
    readonly interner: SkeletonInterner;
    readonly hashSeed: number;
    readonly keepsExemplars: boolean;
  }) {
    this.#interner = options.interner;
    this.#origins = new OriginFinder(options.hashSeed);
    this.#keepsExemplars = options.keepsExemplars;
  }

  /** `hint` is the skeleton of the target's last body, or of a similar target; one of another format is no help. */
  parse(bytes: Uint8Array, hint: Skeleton | undefined, rules: HistogramRules): ParsedBody {
    this.#reader = new MetricFamilyReader(bytes);
    this.#builder.reset("protobuf");
    this.#histograms = new Map();
    this.#exemplars = [];
    this.#starts = [];
    const error = this.#readAll(rules);
    const usable = hint?.format === "protobuf" ? hint : undefined;
    const builder = this.#builder;
    if (error === undefined && usable?.repeats === false && builder.equals(usable)) {
      return this.#result(usable, NO_ORIGINS, undefined);
    }
    const { origins, repeats } = this.#origins.find(builder.texts(), usable);
    builder.repeats = repeats;
    const skeleton = error === undefined ? this.#interner.intern(builder) : builder.finish();
    return this.#result(skeleton, skeleton === usable ? NO_ORIGINS : origins, error);
  }

  #result(skeleton: Skeleton, origins: Int32Array, error: ExpositionError | undefined): ParsedBody {
    return {
      slotCount: this.#builder.slotCount,
      values: this.#values,
      bits: this.#bits,
      times: this.#times,
      skeleton,
      changed: origins !== NO_ORIGINS,
      origins,
      lostCount: 0,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      starts: this.#starts,
      error,
    };
  }

  #readAll(rules: HistogramRules): ExpositionError | undefined {
    try {
      while (this.#reader.nextFamily()) this.#readFamily(rules);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof ExpositionError) return thrown;
      if (thrown instanceof WireError) return new ExpositionError(thrown.message, { cause: thrown });
      throw thrown;
    }
  }

  #readFamily(rules: HistogramRules): void {
    const reader = this.#reader;
    if (reader.metricCount === 0) return;
    const code = TYPE_CODES[reader.type];
    if (code === undefined) {
      throw new ExpositionError(`unknown metric type for metric ${quoteBytes(this.#name())}: ${reader.type}`);
    }
    this.#type = code;
    this.#hasHeader = false;
    while (reader.nextMetric()) {
      if (code === SUMMARY_TYPE) this.#addSummary(reader.metric);
      else if (code === HISTOGRAM_TYPE || code === GAUGE_HISTOGRAM_TYPE)
        this.#addHistogram(reader.metric, rules);
      else this.#addNumber(reader.metric);
    }
  }

  #addNumber(metric: SentMetric): void {
    const slot = this.#addSlot(NOTHING, metric.value);
    for (const exemplar of metric.exemplars) this.#addExemplar(slot, exemplar);
  }

  #addSummary(metric: SentMetric): void {
    this.#addSlot(COUNT, metric.count);
    this.#addSlot(SUM, metric.sum);
    metric.bounds.forEach((quantile, i) =>
      this.#addSlot(NOTHING, metric.boundValues[i]!, QUANTILE, quantile),
    );
  }

  #addHistogram(metric: SentMetric, rules: HistogramRules): void {
    if (!rules.takesNative || !isNative(metric)) {
      this.#addClassic(metric);
      return;
    }
    const slot = this.#addSlot(NOTHING, NaN);
    this.#histograms.set(slot, this.#nativeHistogram(metric));
    const exemplars = metric.exemplars.length > 0 ? metric.exemplars : metric.boundExemplars;
    for (const exemplar of exemplars) this.#addExemplar(slot, exemplar);
    if (rules.keepsClassic && metric.bounds.length > 0) this.#addClassic(metric);
  }

  // Buckets up to the one without bound, which is added when it is missing (PB-7).
  #addClassic(metric: SentMetric): void {
    this.#addSlot(COUNT, metric.count);
    this.#addSlot(SUM, metric.sum);
    for (let i = 0; i < metric.bounds.length; i++) {
      const bound = metric.bounds[i]!;
      const slot = this.#addSlot(BUCKET, metric.boundValues[i]!, LE, bound);
      this.#addExemplar(slot, metric.boundExemplars[i]);
      if (bound === Infinity) return;
    }
    this.#addSlot(BUCKET, metric.count, LE, Infinity);
  }

  #nativeHistogram(metric: SentMetric): Histogram {
    const kind = metric.hasFloatCounts ? "float" : "integer";
    const histogram = createHistogram({
      schema: metric.schema,
      resetHint: this.#type === GAUGE_HISTOGRAM_TYPE ? "gauge" : "unknown",
      count: metric.count,
      sum: metric.sum,
      zeroThreshold: metric.zeroThreshold,
      zeroCount: metric.zeroCount,
      positiveSpans: metric.positive.spans.slice(), // The reader uses its own again.
      positiveBuckets: countsOf(metric.positive, kind),
      negativeSpans: metric.negative.spans.slice(),
      negativeBuckets: countsOf(metric.negative, kind),
    });
    const fault = checkHistogram(histogram, kind);
    if (fault === undefined) return histogram;
    const isOfSide = /^(?:positive|negative) side:/.test(fault);
    throw new ExpositionError(isOfSide ? `histogram ${quoteBytes(this.#name())}: ${fault}` : fault);
  }

  // Adds a sample with the labels of the metric; `bound` is the value of a label that the format does not send.
  #addSlot(suffix: Uint8Array, value: number, boundName: Uint8Array = NOTHING, bound = 0): number {
    const text = this.#text;
    const { bytes, metric } = this.#reader;
    const name = this.#name();
    text.begin();
    if (!this.#hasHeader) this.#addHeader(name);
    text.beginText(name, suffix);
    const { labels } = metric;
    for (let i = 0; i < labels.length; i += 4) {
      text.addLabelAt(bytes, labels[i]!, labels[i + 1]!, labels[i + 2]!, labels[i + 3]!);
    }
    if (boundName !== NOTHING) text.addLabel(boundName, this.#boundText(bound));
    text.endText();
    const slot = this.#builder.slotCount;
    this.#builder.addSlot(text.gap, text.textStart, this.#type);
    this.#reserve(slot + 1);
    if (Number.isNaN(value)) setNormalNaNAt(this.#bits, slot);
    else this.#values[slot] = value;
    if (metric.time !== 0) {
      this.#builder.setTimed(slot, true);
      this.#times[slot] = Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, metric.time));
    }
    if (metric.start !== undefined && metric.start !== 0) this.#starts.push({ slot, time: metric.start });
    return slot;
  }

  #addHeader(name: Uint8Array): void {
    const { bytes, helpFrom, helpTo, unitFrom, unitTo } = this.#reader;
    if (name.length === 0) throw new ExpositionError('invalid metric name: ""');
    this.#text.addMetadata("HELP", name, bytes.subarray(helpFrom, helpTo));
    this.#text.addMetadata("TYPE", name, TYPE_NAMES[this.#type]!);
    if (unitTo > unitFrom) this.#text.addMetadata("UNIT", name, bytes.subarray(unitFrom, unitTo));
    this.#hasHeader = true;
  }

  #addExemplar(slot: number, exemplar: SentExemplar | undefined): void {
    if (exemplar === undefined || !this.#keepsExemplars) return;
    const { bytes } = this.#reader;
    const { labels: positions, value, time } = exemplar;
    const labels: string[] = ["__name__", ""];
    for (let i = 0; i < positions.length; i += 2) {
      labels.push(decodeText(bytes.subarray(positions[i], positions[i + 1])));
    }
    this.#exemplars.push({ slot, labels: labels satisfies ExposedLabels, value, time });
  }

  #name(): Uint8Array {
    const { bytes, nameFrom, nameTo } = this.#reader;
    return bytes.subarray(nameFrom, nameTo);
  }

  #boundText(bound: number): Uint8Array {
    const known = this.#boundTexts.get(bound);
    if (known !== undefined) return known;
    if (this.#boundTexts.size >= BOUND_TEXTS_MAX) this.#boundTexts.clear();
    const text = new Uint8Array(Buffer.from(formatOpenMetricsFloat(bound)));
    this.#boundTexts.set(bound, text);
    return text;
  }

  #reserve(rows: number): void {
    if (rows <= this.#values.length) return;
    const size = 2 * rows;
    const values = new Float64Array(size);
    values.set(this.#values);
    const times = new Float64Array(size);
    times.set(this.#times);
    this.#values = values;
    this.#bits = bitsOf(values);
    this.#times = times;
  }
}

// Spec PB-4.
function isNative({ positive, negative, zeroThreshold, zeroCount }: SentMetric): boolean {
  return positive.spans.length > 0 || negative.spans.length > 0 || zeroThreshold > 0 || zeroCount > 0;
}

function countsOf(side: SentBuckets, kind: "integer" | "float"): number[] {
  if (kind === "float") return side.counts.slice();
  let count = 0;
  return side.deltas.map((delta) => (count += delta));
}
