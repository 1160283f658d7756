// Where a number or duration literal ends. Prometheus reports what it had read when it gave up, so the
// scan follows its order of tests step by step (spec PQL-10, PER-6).

const CODE_0 = 0x30;
const CODE_9 = 0x39;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

/** Result of a scan: `end` is the UTF-16 offset behind what was read, also when it is not a literal. */
export interface NumberScan {
  readonly kind: "number" | "duration" | "bad";
  readonly end: number;
}

export function isDigitCode(code: number): boolean {
  return code >= CODE_0 && code <= CODE_9;
}

/** ASCII letters and `_`. */
export function isAlphaCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === UNDERSCORE;
}

export function isAlphaNumericCode(code: number): boolean {
  return isAlphaCode(code) || isDigitCode(code);
}

/** Reads a number or, when it is followed by a unit, a duration starting at `start`. */
export function scanNumberOrDuration(text: string, start: number): NumberScan {
  const number = scanNumber(text, start, true);
  if (number.kind === "number") return number;
  return scanUnits(text, number.end);
}

/**
 * Reads a number. Series descriptions (`isExpression` false) have no hexadecimal numbers and may go on
 * with the `x` of a repetition.
 */
export function scanNumber(text: string, start: number, isExpression: boolean): NumberScan {
  let pos = start;
  let isHex = false;
  if (isExpression && text[pos] === "0") {
    pos++;
    if (text[pos] === "x" || text[pos] === "X") {
      pos++;
      isHex = true;
      if (text.charCodeAt(pos) === UNDERSCORE) pos++;
    }
  }
  if (text.charCodeAt(pos) === DOT) pos++;
  if (isDigitOf(text.charCodeAt(pos), isHex)) pos++;
  const body = scanNumberBody(text, pos, isHex);
  if (body.kind === "bad" || body.end === start) return { kind: "bad", end: body.end };
  const next = text.charCodeAt(body.end);
  const mayEnd = !isAlphaNumericCode(next) || (!isExpression && text[body.end] === "x");
  return { kind: mayEnd ? "number" : "bad", end: body.end };
}

// Digits, dots, exponents and underscores behind the first digit, with what may not follow each.
function scanNumberBody(text: string, start: number, isHex: boolean): NumberScan {
  let pos = start;
  let hasDot = false;
  let hasExponent = false;
  for (;;) {
    const code = text.charCodeAt(pos);
    if (code === DOT) {
      pos++;
      if (hasDot) return { kind: "bad", end: pos };
      hasDot = true;
      const next = text.charCodeAt(pos);
      if (next === DOT || next === UNDERSCORE) return { kind: "bad", end: pos + 1 };
      if (isHex) return { kind: "bad", end: pos };
    } else if (isExponentCode(code)) {
      pos++;
      if (hasExponent) return { kind: "bad", end: pos };
      hasExponent = true;
      if (text[pos] === "+" || text[pos] === "-") pos++;
      if (endsBadly(text, pos)) return { kind: "bad", end: Math.min(pos + 1, text.length) };
    } else if (code === UNDERSCORE) {
      pos++;
      if (endsBadly(text, pos)) return { kind: "bad", end: Math.min(pos + 1, text.length) };
    } else if (isDigitOf(code, isHex)) {
      while (isDigitOf(text.charCodeAt(pos), isHex)) pos++;
    } else {
      return { kind: "number", end: pos };
    }
  }
}

// What may not stand behind an exponent or an underscore: nothing at all, or another sign of its kind.
function endsBadly(text: string, pos: number): boolean {
  const code = text.charCodeAt(pos);
  return pos >= text.length || code === DOT || code === UNDERSCORE || isExponentCode(code);
}

// A number was read up to `start`; takes the units and further numbers of a duration.
function scanUnits(text: string, start: number): NumberScan {
  let pos = start;
  for (let isFirst = true; ; isFirst = false) {
    // Years come only first; bad order and repetition are found when the duration is read.
    if (pos >= text.length || !(isFirst ? "smhdwy" : "smhdw").includes(text[pos]!)) {
      return { kind: "bad", end: pos };
    }
    pos++;
    if (text[pos] === "s") pos++; // As in `ms`; `hs` is found when the duration is read.
    if (!isDigitCode(text.charCodeAt(pos))) break;
    while (isDigitCode(text.charCodeAt(pos))) pos++;
  }
  if (isAlphaNumericCode(text.charCodeAt(pos))) return { kind: "bad", end: pos + 1 };
  return { kind: "duration", end: pos };
}

function isDigitOf(code: number, isHex: boolean): boolean {
  if (isDigitCode(code)) return true;
  return isHex && ((code >= 0x61 && code <= 0x66) || (code >= 0x41 && code <= 0x46));
}

function isExponentCode(code: number): boolean {
  return code === 0x65 || code === 0x45;
}
