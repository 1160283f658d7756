import type { ValueType } from "./ast.ts";

/** What the type checker knows of a function (spec PER-13, PER-14; promql.md section 8). */
export interface FunctionSignature {
  readonly name: string;
  /** Types of the arguments in order; when `variadic` is not 0 the last one repeats or may be missing. */
  readonly argTypes: readonly ValueType[];
  /**
   * 0: exactly `argTypes.length` arguments. n > 0: from `argTypes.length - 1` up to n more than that.
   * -1: `argTypes.length - 1` or more.
   */
  readonly variadic: number;
  readonly returnType: ValueType;
  readonly experimental: boolean;
}

const TYPE_LETTERS: Readonly<Record<string, ValueType>> = {
  V: "vector",
  R: "matrix",
  S: "scalar",
  T: "string",
};

// One function a row: name, argument types, return type; `+n` more of the last type, `+*` any number.
const STABLE = `
  abs V V|absent V V|absent_over_time R V|acos V V|acosh V V|asin V V|asinh V V|atan V V|atanh V V
  avg_over_time R V|ceil V V|changes R V|clamp VSS V|clamp_max VS V|clamp_min VS V|cos V V|cosh V V
  count_over_time R V|day_of_month V+1 V|day_of_week V+1 V|day_of_year V+1 V|days_in_month V+1 V|deg V V
  delta R V|deriv R V|exp V V|first_over_time R V|floor V V|histogram_avg V V|histogram_count V V
  histogram_fraction SSV V|histogram_quantile SV V|histogram_stddev V V|histogram_stdvar V V
  histogram_sum V V|hour V+1 V|idelta R V|increase R V|irate R V|label_join VTTT+* V
  label_replace VTTTT V|last_over_time R V|ln V V|log10 V V|log2 V V|max_over_time R V|min_over_time R V
  minute V+1 V|month V+1 V|pi - S|predict_linear RS V|present_over_time R V|quantile_over_time SR V
  rad V V|rate R V|resets R V|round VS+1 V|scalar V S|sgn V V|sin V V|sinh V V|sort V V|sort_desc V V
  sqrt V V|stddev_over_time R V|stdvar_over_time R V|sum_over_time R V|tan V V|tanh V V|time - S
  timestamp V V|vector S V|year V+1 V`;
const EXPERIMENTAL = `
  double_exponential_smoothing RSS V|end - S|histogram_quantiles VTSS+9 V|info VV+1 V|mad_over_time R V
  max_of SS S|min_of SS S|range - S|sort_by_label VT+* V|sort_by_label_desc VT+* V|start - S
  start_timestamp V V|step - S|ts_of_first_over_time R V|ts_of_last_over_time R V|ts_of_max_over_time R V
  ts_of_min_over_time R V`;

/** Every function of the language by name, experimental ones included. */
export const FUNCTIONS: ReadonlyMap<string, FunctionSignature> = new Map([
  ...readTable(STABLE, false),
  ...readTable(EXPERIMENTAL, true),
]);

function readTable(table: string, experimental: boolean): [string, FunctionSignature][] {
  return table
    .trim()
    .split(/\s*[|\n]\s*/)
    .map((row) => {
      const [name, args, result] = row.split(" ") as [string, string, string];
      const [types, more = "0"] = args.split("+") as [string, string?];
      const argTypes = types === "-" ? [] : Array.from(types, (letter) => TYPE_LETTERS[letter]!);
      const variadic = more === "*" ? -1 : Number(more);
      return [name, { name, argTypes, variadic, returnType: TYPE_LETTERS[result]!, experimental }];
    });
}
