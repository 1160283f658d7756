import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "./histogram.ts";

const EXPONENT_LAST = 1024; // 2^1024 is the first power of two beyond all floats.

// How many steps of 2^-53 upstream's table of the bounds 2^(i/256 - 1) lies below the nearest float, plus one.
// Answers show these bounds, so they have to agree to the last digit.
const STEPS_BELOW =
  "1111112111211111112311222222222211211121122211221122102211221122" +
  "1111112222332132112111211112111111121011213311221222112121332222" +
  "2121223322322122222222323233323311221121223321332233212232332232" +
  "2243223233433343333333444455435422322333324422333243223333543344";
const FRACTIONS = Float64Array.from(
  STEPS_BELOW,
  (steps, i) => 2 ** (i / 256 - 1) + (1 - Number(steps)) * 2 ** -53,
);

/**
 * Upper bound of the positive exponential bucket `index` in a schema of -4 to 8: 2^(index × 2^-schema). The bound
 * 2^1024 comes out as the largest float, so that the next bucket is the one for infinities.
 * Source: Prometheus model/histogram, getBoundExponential; spec NH-1.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) {
    const exponent = index * 2 ** -schema;
    return exponent === EXPONENT_LAST ? Number.MAX_VALUE : 2 ** exponent;
  }
  const perDoubling = 2 ** schema;
  const exponent = Math.floor(index / perDoubling);
  const fraction = FRACTIONS[(index - exponent * perDoubling) * (256 / perDoubling)]!;
  if (exponent === EXPONENT_LAST && fraction === 0.5) return Number.MAX_VALUE;
  // 2^(exponent + 1) alone may overflow or be too small where the product is not.
  return exponent >= 0 ? fraction * 2 * 2 ** exponent : fraction * 2 ** (exponent + 1);
}

/** Upper bound of bucket `index` on the positive side, whatever the schema; -1 gives the lower end of the first custom bucket. */
export function bucketBound(histogram: Histogram, index: number): number {
  if (histogram.schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, histogram.schema);
  if (index < 0) return -Infinity;
  return histogram.customBounds[index] ?? Infinity;
}
