/** An answer of the query API, as both sides give it. */
export interface Answer {
  readonly status: "success" | "error";
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: AnswerData;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

export interface AnswerData {
  readonly resultType: string;
  readonly result: readonly AnswerElement[] | readonly [number, string];
}

export interface AnswerElement {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly histogram?: readonly [number, AnswerHistogram];
  readonly values?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, AnswerHistogram])[];
}

export interface AnswerHistogram {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [rule: number, lower: string, upper: string, count: string])[];
}

export function elementsOf(answer: Answer): readonly AnswerElement[] {
  const { data } = answer;
  if (data === undefined || data.resultType === "scalar" || data.resultType === "string") return [];
  return data.result as readonly AnswerElement[];
}
