const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TIME_DIGITS = 10;
const NUMBER_DIGITS = 16;

/**
 * A ULID, as clients expect a block to have one: ten digits of a time (0 when it is before 1970) and sixteen of a number
 * that no other block has.
 */
export function ulid(timeMs: number, number: number): string {
  return base32(Math.max(0, timeMs), TIME_DIGITS) + base32(number, NUMBER_DIGITS);
}

// Crockford's alphabet, leading zeros included.
function base32(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = DIGITS[rest % 32]! + text;
  return text;
}
