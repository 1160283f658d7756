import { AGGREGATORS } from "../../../src/promql/parse/index.ts";
import { elementsOf, type Answer } from "./answer.ts";
import type { Finding } from "./judge.ts";
import type { FuzzQuery } from "./generate.ts";
import { TWINS } from "./reword.ts";

/** Two answers that differ. */
export interface Case {
  readonly query: FuzzQuery;
  readonly expected: Answer;
  readonly got: Answer;
  readonly finding: Finding;
}

/**
 * A place at which the specification, which is 3.14, differs from the 3.5.3 that is asked, at which neither defines the
 * answer, or at which we differ and know it.
 */
export interface KnownDifference {
  readonly rows: string;
  readonly reason: string;
  readonly applies: (found: Case) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    rows: "BIN-11",
    reason: "a second match is an error also when the filter drops one of them, or their bounds differ",
    applies: ({ query, got, expected }) =>
      /[<>]|[=!]=|nhcb_/.test(query.text) &&
      got.error?.startsWith("multiple matches for labels: ") === true &&
      (expected.status === "success" || /^multiple matches|^found duplicate/.test(expected.error ?? "")),
  },
  {
    rows: "AGG-13, SEM-16",
    reason: "which elements are the first is not defined where the order of the input is not",
    applies: ({ query, finding, expected, got }) =>
      /limitk|topk|bottomk|limit_ratio/i.test(query.text) &&
      hasUndefinedOrder(query) &&
      /^(missing series|extra series|points|value)$/.test(finding.rule) &&
      (query.stepMs !== undefined || elementsOf(expected).length === elementsOf(got).length),
  },
  {
    rows: "SEM-16",
    reason: "the order is not defined, and among equal values not when sorted",
    applies: ({ query, finding, expected, got }) =>
      finding.rule === "order" &&
      (hasUndefinedOrder(query) || !SORTED.test(query.text) || valuesOf(expected) === valuesOf(got)),
  },
  {
    rows: "BIN-10",
    reason: "which of several twins are told hangs on an order that is not defined",
    applies: ({ query, expected, got }) =>
      (hasUndefinedOrder(query) || SORTED.test(query.text)) && isTwinError(expected) && isTwinError(got),
  },
  {
    rows: "PQL-24, ANN-5",
    reason:
      "parentheses around arguments are gone before texts say where something stands, and fewer texts differ",
    applies: ({ query, expected, got, finding }) =>
      /^(warnings|infos)$/.test(finding.rule) &&
      (standsInParens(query.text, expected) || finding.detail.includes("bucket label")) &&
      JSON.stringify(withoutPlaces(expected)) === JSON.stringify(withoutPlaces(got)),
  },
  {
    rows: "AGG-10, AGG-14",
    reason: "a bad parameter is an error also without elements",
    applies: ({ got, expected }) =>
      /^(Ratio|Parameter) value is NaN$|^Scalar value .* (over|under)flows int64$/.test(got.error ?? "") &&
      expected.status === "success",
  },
  {
    rows: "promql.md §10",
    reason: "which ten of more annotations are told is not defined",
    applies: ({ expected, got, finding }) =>
      /^(warnings|infos)$/.test(finding.rule) &&
      omitted(expected) !== "" &&
      (omitted(expected) === omitted(got) || finding.detail.includes("bucket label")),
  },
  {
    rows: "FN-50c",
    reason: "extrapolation to the left stops where a native histogram's count would be zero",
    applies: ({ query, finding }) =>
      /rate|increase/.test(query.text) &&
      /nh_|nhcb_|mixed_kind|__name__/.test(query.text) &&
      isSmaller(finding),
  },
  {
    rows: "BIN-18",
    reason: "what is negative or a difference is a gauge",
    applies: ({ query, finding }) =>
      finding.rule === "warnings" &&
      /[-*/]/.test(query.text) &&
      /this native histogram metric is not a (counter|gauge): /.test(finding.detail),
  },
  {
    rows: "NUM-2",
    reason: "bucket counts are added up with compensation, which shows in their last digit",
    applies: ({ query, finding }) =>
      finding.rule === "histogram sign of zero" ||
      (/count_values/i.test(query.text) &&
        /^(missing|extra) series$/.test(finding.rule) &&
        finding.detail.includes("{count:")),
  },
  {
    rows: "PER-21",
    reason: "Prometheus loses the end of an aggregation in front of the operator; we show the operator",
    applies: ({ query, expected, got }) =>
      /(must not occur in ON and GROUP|must use BOOL|only be used on comparison)/.test(got.error ?? "") &&
      new RegExp(`\\b(${AGGREGATORS.join("|")})\\b`, "i").test(query.text) &&
      withoutColumn(expected) === withoutColumn(got),
  },
  {
    rows: "FN-52",
    reason: "the lower bound may lie in the first bucket",
    applies: ({ query, finding }) =>
      query.text.includes("histogram_fraction") &&
      finding.rule === "value" &&
      finding.detail.includes("expected NaN"),
  },
  {
    rows: "PER-10, PQL-28",
    reason: "durations may be expressions, so that texts name more that may follow",
    applies: ({ expected, got }) =>
      expected.status === "error" &&
      (/number, duration, step\(\)|duration expression|, expected ':'/.test(got.error ?? "") ||
        expected.error!.endsWith("experimental duration expression is not enabled")),
  },
  {
    rows: "NH-5",
    reason: "empty buckets, which its chunks keep where a later sample has a count, become NaN",
    applies: ({ query, expected, finding }) =>
      finding.rule === "histogram buckets" &&
      /[*/]/.test(query.text) &&
      JSON.stringify(expected.data).includes('"NaN"]'),
  },
  {
    rows: "FN-51e",
    reason: "its chunks keep empty buckets, which count when the rank is in the zero bucket",
    applies: ({ query, finding }) =>
      /histogram_(quantile|fraction)/.test(query.text) &&
      /nh_gauge|__name__/.test(query.text) &&
      finding.rule === "value" &&
      /expected \S+, got 0$/.test(finding.detail),
  },
  {
    rows: "NH-4",
    reason: "differing custom bounds are reconciled",
    applies: ({ query, expected, finding }) =>
      (expected.warnings ?? []).some((note) => note.includes("incompatible custom buckets")) ||
      (/nhcb_other_bounds|nhcb\.\*|__name__/.test(query.text) &&
        /[-+]/.test(query.text) &&
        (finding.rule === "extra series" || finding.detail.includes("incompatible bucket layout"))),
  },
  {
    rows: "FN-33",
    reason: "a NaN in the window makes the median deviation NaN",
    applies: ({ query, finding }) =>
      query.text.includes("mad_over_time") &&
      /odd_|__name__/.test(query.text) &&
      /^(value|missing series|extra series)$/.test(finding.rule),
  },
  {
    rows: "FN-53",
    reason: "the info series are those of the time of the first argument, and info series pass unchanged",
    applies: ({ query, finding }) =>
      /\binfo\s*\(/.test(query.text) &&
      /^(missing series|extra series|points|value|warnings|infos|should \w+)$/.test(finding.rule),
  },
  {
    rows: "SEM-14",
    reason: "of two errors the other is found first",
    applies: ({ expected, got }) =>
      [expected, got].every(({ errorType }) => errorType === "execution") &&
      errorKind(expected.error!) !== errorKind(got.error!),
  },
  {
    rows: "SEM-14",
    reason: "series that labels or a minus make equal are one when they never meet",
    applies: ({ query, expected, got }) =>
      /label_(replace|join)|-/.test(query.text) &&
      expected.error === "vector cannot contain metrics with the same labelset" &&
      got.status === "success",
  },
  {
    rows: "SEM-6, FN-10",
    reason: "timestamp() with both @ and offset: Prometheus looks for the sample at @ without the offset",
    applies: ({ query, finding }) =>
      /timestamp\s*\(.*@/s.test(query.text) &&
      query.text.includes("offset") &&
      !finding.rule.startsWith("error"),
  },
  {
    rows: "PTY-5, SEM-11",
    reason: "Prometheus evaluates the parameter only once when the vector is the same at all steps",
    applies: ({ query, finding }) =>
      query.stepMs !== undefined &&
      /\b(quantile|topk|bottomk|limitk|limit_ratio)\b/.test(query.text) &&
      /vector\(|@/.test(query.text) &&
      /^(value|missing series|extra series|points|warnings)$/.test(finding.rule),
  },
  {
    rows: "FN-14",
    reason: "Prometheus puts matchers in order only where data lie in the range",
    applies: ({ query, finding }) =>
      query.text.includes("absent") && /!~|!=/.test(query.text) && finding.rule === "missing series",
  },
  {
    rows: "PER-16, PER-34, PQL-24",
    reason: "3.5.3 crashes",
    applies: ({ expected }) => /unexpected error$|^unexpected number of samples$/.test(expected.error ?? ""),
  },
  {
    rows: "PQL-22",
    reason: "a range may not stand behind @",
    applies: ({ got, expected }) =>
      got.error?.includes("no @ modifiers allowed before range") === true && expected.status === "success",
  },
  {
    rows: "BIN-9",
    reason: "a metric name that a group modifier copies stays also with bool",
    applies: ({ query, finding }) =>
      /bool .*group_(left|right) \([^)]*__name__/.test(query.text) &&
      /^(missing|extra) series$/.test(finding.rule),
  },
  {
    rows: "FN-1, BIN-3",
    reason:
      "another mathematical library, whose last digit is magnified, or which knows no subnormal numbers",
    applies: (found) => isOtherDigit(found),
  },
  {
    rows: "AGG-7, FN-31",
    reason: "of the zeros, which are equal, another comes first",
    applies: ({ query, finding }) => query.text.includes("quantile") && finding.rule === "sign of zero",
  },
  {
    rows: "FN-13",
    reason: "its comparison contradicts itself where a label is missing; we put the missing one first",
    applies: ({ query, finding }) =>
      query.text.includes("sort_by_label") && (finding.rule === "order" || finding.rule === "error text"),
  },
  {
    rows: "ANN-16",
    reason: "we tell of all kinds of pairs that cannot be combined, Prometheus of the last of a step",
    applies: ({ expected, got, finding }) =>
      finding.rule === "infos" &&
      isSubset(expected.infos, got.infos) &&
      finding.detail.includes("sample types"),
  },
  {
    rows: "promql.md §10",
    reason: "of two places with the same text another is named",
    applies: ({ query, expected, got, finding }) =>
      /^(warnings|infos)$/.test(finding.rule) &&
      isRepeated(query.text) &&
      JSON.stringify(withoutPlaces(expected)) === JSON.stringify(withoutPlaces(got)),
  },
];

// The two errors of vector matching count as one kind: an operator that gives the wrong one is a fault.
function errorKind(text: string): string {
  return /^(found duplicate series for the match|multiple matches)/.test(text)
    ? "matching"
    : text.slice(0, 12);
}

const SORTED = /sort|topk|bottomk/i;

const TRANSCENDENTAL =
  /\^|\b(a?(sin|cos|tan)h?|atan2|exp|ln|log2|log10|deg|rad|sqrt|histogram_\w+|stddev\w*|stdvar\w*)\b/;

function isOtherDigit({ query, expected, got, finding }: Case): boolean {
  if (!TRANSCENDENTAL.test(query.text)) return false;
  if (finding.rule === "value") {
    const [, wanted, given] = / expected (\S+), got (\S+)$/.exec(finding.detail) ?? [];
    return /%|\b(a?tanh?|acosh|sin|cos)\b/.test(query.text) || isNearLimits(Number(wanted), Number(given));
  }
  if (/count_values/.test(query.text) && /^(missing|extra) series$/.test(finding.rule)) return true;
  if (finding.rule === "error text") {
    return withoutDigits(expected.error!) === withoutDigits(got.error!);
  }
  return finding.rule === "warnings" && rounded(expected) === rounded(got);
}

// Where one library overflows and the other just not, or knows no subnormal numbers; and what little else is lost.
function isNearLimits(wanted: number, given: number): boolean {
  const sizes = [wanted, given].map(Math.abs);
  if (sizes.some((size) => size > 1e307 || size < 1e-30)) return true;
  if (Math.abs(wanted - given) < 1e-6 * sizes[0]!) return true;
  return sizes[0]! > 300 && sizes[1]! > sizes[0]!; // A logarithm of a subnormal number.
}

function rounded(answer: Answer): string {
  const texts = JSON.stringify(withoutPlaces(answer));
  return texts.replace(/\d\.\d{12,}/g, (digits) => Number(digits).toFixed(11));
}

function withoutDigits(text: string): string {
  return text.replace(/\d\.(\d{11})\d*/g, "$1");
}

function isSubset(part: readonly string[] = [], whole: readonly string[] = []): boolean {
  return part.every((note) => whole.includes(note));
}

// Whether some function or aggregation is there twice.
function isRepeated(text: string): boolean {
  const names = text.match(/\b[a-z_]+(?=\s*\()/g) ?? [];
  return new Set(names).size < names.length;
}

function valuesOf(answer: Answer): string {
  return JSON.stringify(elementsOf(answer).map(({ value }) => (Number(value?.[1]) + 0).toPrecision(9)));
}

function omitted({ warnings = [], infos = [] }: Answer): string {
  return [...warnings, ...infos].filter((note) => note.endsWith(" annotations omitted")).join();
}

function isSmaller({ rule, detail }: Finding): boolean {
  const [, expected, got] = / expected (\S+), got (\S+)$/.exec(detail) ?? [];
  return rule.endsWith("value") && Math.abs(Number(got)) < Math.abs(Number(expected));
}

function withoutColumn({ error = "" }: Answer): string {
  return error.replace(/\d+:\d+: parse error/, "parse error");
}

// Vectors that Prometheus puts together with maps: those of several steps, and some functions' always.
function hasUndefinedOrder({ text, stepMs }: FuzzQuery): boolean {
  return stepMs !== undefined || /\[[^\]]*:|info\s*\(|count_values|limitk|limit_ratio|histogram_/i.test(text);
}

function isTwinError({ error = "" }: Answer): boolean {
  return TWINS.test(error);
}

function standsInParens(text: string, { warnings = [], infos = [] }: Answer): boolean {
  return [...warnings, ...infos].some((note) => {
    const [, line, column] = /\((\d+):(\d+)\)$/.exec(note) ?? [];
    const start = Buffer.from(text.split("\n")[Number(line) - 1] ?? "").subarray(Number(column) - 1);
    return start.toString().startsWith("(");
  });
}

function withoutPlaces({ warnings = [], infos = [] }: Answer): string[] {
  const texts = [...warnings, ...infos].map((note) => note.replace(/ \(\d+:\d+\)$/, ""));
  return [...new Set(texts)].toSorted();
}
