import type { Answer } from "./answer.ts";

// Answers in common words, where 3.14 only says the same in another way than 3.5.3.

/** The error about two series of a match group; of what follows `operation: ` the two are groups 1 and 2. */
export const TWINS: RegExp = /^found duplicate series .* operation: \[(\{.*\}), (\{.*\})\];many-to-many/s;

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
  return { ...rest, warnings: [...new Set(reword(warnings))], infos: [...new Set(reword(infos))] };
}

// ANN-5, ANN-9, ANN-14: with names removed at once, texts about classic buckets name no metric.
function withoutMetricName(note: string): string {
  return /bucket label "le" is missing|mix of classic and native|fixed for monotonicity/.test(note)
    ? note.replace(/ for metric name "(?:[^"\\]|\\.)*"/, "")
    : note;
}

// BIN-10: the two series are told in the order of their texts.
function withSortedTwins(error: string): string {
  const twins = TWINS.exec(error);
  if (twins === null) return error;
  const [, first, second] = twins as unknown as [string, string, string];
  return first <= second ? error : error.replace(`[${first}, ${second}]`, () => `[${second}, ${first}]`);
}
