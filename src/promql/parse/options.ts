/** Parts of the language that Prometheus has behind feature flags; all off by default, as there. */
export interface ParseFeatures {
  /** `promql-experimental-functions`: functions marked experimental, limitk and limit_ratio. */
  readonly experimentalFunctions?: boolean;
  /** `promql-extended-range-selectors`: `anchored` and `smoothed`. */
  readonly extendedRangeSelectors?: boolean;
  /** `promql-binop-fill-modifiers`: `fill`, `fill_left`, `fill_right`. */
  readonly binopFillModifiers?: boolean;
}

export interface ParseOptions {
  readonly features?: ParseFeatures;
  /** Longest query taken, in bytes of UTF-8; default 64 KiB. */
  readonly lengthMaxBytes?: number;
}

export const DEFAULT_LENGTH_MAX_BYTES: number = 64 * 1024;

/** Deepest syntax tree taken; keeps every recursive walk over it far from the end of the stack. */
export const DEPTH_MAX = 500;

/** Every feature on; for tests and for tools that only format. */
export const ALL_FEATURES: ParseFeatures = {
  experimentalFunctions: true,
  extendedRangeSelectors: true,
  binopFillModifiers: true,
};
