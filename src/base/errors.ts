/** Kinds of failure that clients tell apart. The HTTP status for each is chosen in api/errors.ts only. */
export type ErrorType =
  | "bad_data"
  | "execution"
  | "timeout"
  | "canceled"
  | "internal"
  | "unavailable"
  | "not_found"
  | "not_acceptable";

/** Everything that is the user's or the world's fault. Programmer's faults are `assert`s. */
export abstract class NarthexError extends Error {
  abstract readonly errorType: ErrorType;
}

/** Text of anything thrown, with its chain of causes: `outer: inner`. */
export function errorText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? "" : errorText(thrown.cause);
  return cause === "" || thrown.message.includes(cause) ? thrown.message : `${thrown.message}: ${cause}`;
}
