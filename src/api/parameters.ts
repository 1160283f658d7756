import { goQuote, type Matcher, type Millis } from "../model/index.ts";
import { parseSelector, selectsSomething } from "../promql/parse/index.ts";
import { ApiError, badParameter } from "./errors.ts";
import { formValue, formValues, type Form } from "./form.ts";
import { EARLIEST, LATEST, lookupMillis, parseTime, type ApiTime } from "./time-parameters.ts";

const INTEGER = /^[+-]?[0-9]+$/;
const INT64_MAX = 9_223_372_036_854_775_807n;
const TRUE_TEXTS = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE_TEXTS = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** The time range of a look-up; closed. */
export interface LookupRange {
  readonly from: Millis;
  readonly to: Millis;
}

/**
 * An integer as Go's `strconv` reads it.
 * @throws Error as `strconv.Atoi: parsing "x": invalid syntax`, with the given function's name.
 */
export function parseInteger(text: string, goFunction: "Atoi" | "ParseInt" = "Atoi"): number {
  if (!INTEGER.test(text)) throw new Error(`strconv.${goFunction}: parsing ${goQuote(text)}: invalid syntax`);
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  if (value > INT64_MAX || value < -INT64_MAX - 1n) {
    throw new Error(`strconv.${goFunction}: parsing ${goQuote(text)}: value out of range`);
  }
  return Number(value);
}

/** An integer of 64 bits, or undefined when `text` is none. */
export function integerOf(text: string): number | undefined {
  try {
    return parseInteger(text);
  } catch {
    return undefined;
  }
}

/** @throws Error as `strconv.ParseBool: parsing "x": invalid syntax`. Source: spec API-26. */
export function parseBoolean(text: string): boolean {
  if (TRUE_TEXTS.has(text)) return true;
  if (FALSE_TEXTS.has(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
}

/** The `limit` parameter; 0: none. Source: spec API-24. */
export function limitParameter(form: Form): number {
  const text = formValue(form, "limit");
  if (text === "") return 0;
  const limit = reading("limit", () => parseInteger(text));
  if (limit < 0) throw badParameter("limit", "limit must be non-negative");
  return limit;
}

/** A time parameter that may be missing. Source: spec API-22. */
export function optionalTime(form: Form, name: string): ApiTime | undefined {
  const text = formValue(form, name);
  if (text === "") return undefined;
  return reading(name, () => {
    try {
      return parseTime(text);
    } catch (error) {
      throw new Error(`invalid time value for '${name}'`, { cause: error });
    }
  });
}

/** `start` and `end` of a look-up, all time when they are missing. */
export function lookupRange(form: Form): LookupRange {
  const start = optionalTime(form, "start");
  const end = optionalTime(form, "end");
  return {
    from: start === undefined ? EARLIEST : lookupMillis(start),
    to: end === undefined ? LATEST : lookupMillis(end),
  };
}

/** Runs `read` and turns what it throws into an error about parameter `name`. */
export function reading<Value>(name: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw badParameter(name, error);
  }
}

/**
 * The selectors in `match[]`, each of which must hold a matcher that refuses the empty value. Source: spec API-25.
 * @throws NarthexError (bad_data) without the prefix that names the parameter.
 */
export function matcherSets(form: Form): (readonly Matcher[])[] {
  const sets = formValues(form, "match[]").map((text) => parseSelector(text));
  for (const set of sets) {
    if (!selectsSomething(set)) {
      throw new ApiError("bad_data", "match[] must contain at least one non-empty matcher");
    }
  }
  return sets;
}

/** `match[]` must be there at least once. Source: spec API-39, API-64. */
export function requireMatch(form: Form): void {
  if (form.problem !== undefined) {
    throw new ApiError("bad_data", `error parsing form values: ${form.problem}`);
  }
  if (formValues(form, "match[]").length === 0) {
    throw new ApiError("bad_data", "no match[] parameter provided");
  }
}
