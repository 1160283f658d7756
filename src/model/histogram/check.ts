// Checks of histograms from outside, with upstream's texts. Source: Prometheus model/histogram, Validate of both
// kinds; spec RCV-9, NH-1, NH-2.

import { formatFloatG, formatFloatPlain } from "../number-text.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "./histogram.ts";

const EXPONENTIAL_SCHEMA_MIN = -4;
export const EXPONENTIAL_SCHEMA_MAX = 8;

const FEW_BOUNDS = "histogram custom bounds are too few";
const INFINITE_BOUND = "histogram custom bounds must be finite";
const NAN_BOUND = "histogram custom bounds must not be NaN";
const NEGATIVE_BUCKET = "histogram has a bucket whose observation count is negative";
const NEGATIVE_COUNT = "histogram's observation count is negative";
const NEGATIVE_OFFSET = "histogram has a span whose offset is negative";
const SPANS_MISMATCH = "histogram spans specify different number of buckets than provided";
const UNSORTED_BOUNDS = "histogram custom bounds must be in strictly increasing order";
const COUNT_MISMATCH =
  "histogram's observation count should equal the number of observations found in the buckets (in absence of NaN)";
const COUNT_TOO_SMALL =
  "histogram's observation count should be at least the number of observations found in the buckets";
const INVALID_SCHEMA =
  "histogram has an invalid schema, which must be between -4 and 8 for exponential buckets, or -53 for custom buckets";

/**
 * What is wrong with a histogram, or undefined. `kind` says whether the sender gave integer counts: those have to add
 * up, floats need not. The staleness marker is fine.
 */
export function checkHistogram(histogram: Histogram, kind: "integer" | "float"): string | undefined {
  if (histogram.stale) return undefined;
  const { schema } = histogram;
  const isExponential =
    Number.isInteger(schema) && schema >= EXPONENTIAL_SCHEMA_MIN && schema <= EXPONENTIAL_SCHEMA_MAX;
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const fault = checkCustom(histogram);
    if (fault !== undefined) return fault;
  } else if (isExponential) {
    const fault = checkExponential(histogram);
    if (fault !== undefined) return fault;
  } else {
    return `${INVALID_SCHEMA}, got schema ${schema}`;
  }
  if (histogram.count < 0) return `observation count is  ${formatFloatG(histogram.count)}: ${NEGATIVE_COUNT}`;
  return (
    checkCounts("positive", histogram.positiveBuckets) ??
    (kind === "integer" ? checkTotal(histogram) : undefined)
  );
}

function checkCustom(histogram: Histogram): string | undefined {
  const fault =
    checkBounds(histogram.customBounds) ??
    checkSpans(histogram.positiveSpans, histogram.positiveBuckets.length, true) ??
    checkReach(histogram.positiveSpans, histogram.customBounds.length);
  if (fault !== undefined) return `custom buckets: ${fault}`;
  if (histogram.zeroCount !== 0) return "custom buckets: must have zero count of 0";
  if (histogram.zeroThreshold !== 0) return "custom buckets: must have zero threshold of 0";
  if (histogram.negativeSpans.length > 0) return "custom buckets: must not have negative spans";
  if (histogram.negativeBuckets.length > 0) return "custom buckets: must not have negative buckets";
  return undefined;
}

function checkExponential(histogram: Histogram): string | undefined {
  const positive = checkSpans(histogram.positiveSpans, histogram.positiveBuckets.length, false);
  if (positive !== undefined) return `positive side: ${positive}`;
  const negative = checkSpans(histogram.negativeSpans, histogram.negativeBuckets.length, false);
  if (negative !== undefined) return `negative side: ${negative}`;
  const fault = checkCounts("negative", histogram.negativeBuckets);
  if (fault !== undefined) return fault;
  if (histogram.zeroCount < 0) {
    return `zero bucket has observation count of ${formatFloatG(histogram.zeroCount)}: ${NEGATIVE_BUCKET}`;
  }
  // Upstream would look for a common zero bucket for ever.
  if (Number.isNaN(histogram.zeroThreshold)) return "zero threshold must not be NaN";
  if (histogram.customBounds.length > 0)
    return "histogram with exponential schema must not have custom bounds";
  return undefined;
}

function checkBounds(bounds: readonly number[]): string | undefined {
  for (let i = 0; i < bounds.length; i++) {
    const bound = bounds[i]!;
    if (Number.isNaN(bound)) return NAN_BOUND;
    if (i > 0 && bound <= bounds[i - 1]!) {
      return `previous bound is ${sixDecimals(bounds[i - 1]!)} and current is ${sixDecimals(bound)}: ${UNSORTED_BOUNDS}`;
    }
  }
  if (bounds[bounds.length - 1] !== Infinity) return undefined;
  return `last +Inf bound must not be explicitly defined: ${INFINITE_BOUND}`;
}

function checkSpans(spans: readonly Span[], bucketCount: number, firstToo: boolean): string | undefined {
  let needed = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, length } = spans[i]!;
    if (offset < 0 && (i > 0 || firstToo))
      return `span number ${i + 1} with offset ${offset}: ${NEGATIVE_OFFSET}`;
    needed += length;
  }
  if (needed === bucketCount) return undefined;
  return `spans need ${needed} buckets, have ${bucketCount} buckets: ${SPANS_MISMATCH}`;
}

function checkReach(spans: readonly Span[], boundCount: number): string | undefined {
  let reach = 0;
  for (const { offset, length } of spans) reach += offset + length;
  if (reach <= boundCount + 1) return undefined;
  return `only ${boundCount} custom bounds defined which is insufficient to cover total span length of ${reach}: ${FEW_BOUNDS}`;
}

function checkCounts(side: string, counts: readonly number[]): string | undefined {
  const at = counts.findIndex((count) => count < 0);
  if (at === -1) return undefined;
  const count = formatFloatG(counts[at]!);
  return `${side} side: bucket number ${at + 1} has observation count of ${count}: ${NEGATIVE_BUCKET}`;
}

function checkTotal(histogram: Histogram): string | undefined {
  let found = histogram.zeroCount;
  for (const count of histogram.positiveBuckets) found += count;
  for (const count of histogram.negativeBuckets) found += count;
  const mismatch = `${found} observations found in buckets, but the Count field is ${histogram.count}`;
  if (Number.isNaN(histogram.sum))
    return found > histogram.count ? `${mismatch}: ${COUNT_TOO_SMALL}` : undefined;
  return found === histogram.count ? undefined : `${mismatch}: ${COUNT_MISMATCH}`;
}

function sixDecimals(value: number): string {
  if (Math.abs(value) < 1e21) return value.toFixed(6);
  return Number.isFinite(value) ? `${formatFloatPlain(value)}.000000` : formatFloatPlain(value);
}
