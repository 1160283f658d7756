/** Fails loudly when the programmer was wrong. Never used for input from users, disk or network. */
export function assert(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: expected ${expected}`);
}

/** For the end of an exhaustive `switch`: a value that the types say cannot be. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unexpected ${JSON.stringify(value)}`);
}
