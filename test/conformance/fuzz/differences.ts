import type { Answer } from "./answer.ts";
import type { Finding } from "./judge.ts";
import type { FuzzQuery } from "./generate.ts";

/** Two answers that differ. */
export interface Case {
  readonly query: FuzzQuery;
  readonly expected: Answer;
  readonly got: Answer;
  readonly finding: Finding;
}

/** A place at which the specification, which is 3.14, differs from the 3.5.3 that is asked. */
export interface KnownDifference {
  readonly rows: string;
  readonly reason: string;
  readonly applies: (found: Case) => boolean;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    rows: "BIN-11",
    reason: "a second match is an error also when the filter drops one of them",
    applies: ({ query, got, expected }) =>
      /[<>]|[=!]=/.test(query.text) &&
      /^multiple matches for labels: /.test(got.error ?? "") &&
      (expected.status === "success" || /^multiple matches|^found duplicate/.test(expected.error ?? "")),
  },
  {
    rows: "PER-10, PQL-28",
    reason: "durations may be expressions, so that texts name more that may follow",
    applies: ({ expected, got }) =>
      /step\(\), or range\(\)|duration expression|, expected ':'/.test(got.error ?? "") &&
      expected.status === "error",
  },
];

/** Texts that 3.14 has and 3.5.3 has not, or with less detail. */
const NEW_NOTES: readonly RegExp[] = [
  /^PromQL warning: sort is ineffective for range queries/, // ANN-10
  /^PromQL warning: conflicting counter resets during histogram /, // ANN-22
  /^PromQL info: mismatched custom buckets were reconciled during /, // ANN-23
];
const NEW_DETAILS = /(?<=functions\/#histogram_quantile\)), from buckets .*(?= \(\d+:\d+\)$)/; // ANN-14

/** Our answer without what 3.5.3 does not say. */
export function rewordOurs(answer: Answer): Answer {
  return rewordNotes(answer, (notes) =>
    notes
      .filter((note) => !NEW_NOTES.some((pattern) => pattern.test(note)))
      .map((note) => note.replace(NEW_DETAILS, "")),
  );
}

/** The answer of 3.5.3 in the words of 3.14. */
export function rewordReference(answer: Answer): Answer {
  const reworded = rewordNotes(answer, (notes) => notes.map(withoutMetricName));
  if (answer.error === undefined) return reworded;
  const error = withSortedTwins(answer.error)
    .replace(/^Ratio value NaN is NaN$/, "Ratio value is NaN") // AGG-14
    .replace(/^Scalar value NaN overflows int64$/, "Parameter value is NaN") // AGG-10
    .replace(/unexpected "<Item \d+>" (<op:)/, "unexpected $1"); // PER-9
  return { ...reworded, error };
}

function rewordNotes(answer: Answer, reword: (notes: readonly string[]) => readonly string[]): Answer {
  const { warnings = [], infos = [], ...rest } = answer;
  return { ...rest, warnings: reword(warnings), infos: reword(infos) };
}

// ANN-5, ANN-9, ANN-14: with names removed at once, texts about classic buckets name no metric.
function withoutMetricName(note: string): string {
  return /bucket label "le" is missing|mix of classic and native|fixed for monotonicity/.test(note)
    ? note.replace(/ for metric name "(?:[^"\\]|\\.)*"/, "")
    : note;
}

// BIN-10: the two series are told in the order of their texts.
function withSortedTwins(error: string): string {
  const twins = /^found duplicate series .* operation: \[(\{.*\}), (\{.*\})\];many-to-many/s.exec(error);
  if (twins === null) return error;
  const [, first, second] = twins as unknown as [string, string, string];
  return first <= second ? error : error.replace(`[${first}, ${second}]`, () => `[${second}, ${first}]`);
}
