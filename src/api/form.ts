const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/**
 * Parameters of a request, by name in the order given. `problem` tells what was wrong with pairs that had to be
 * left out, in the words of Go's net/url, or is undefined.
 */
export interface Form {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly problem: string | undefined;
}

/** First value of a parameter, or "" when it is missing. */
export function formValue(form: Form, name: string): string {
  return form.values.get(name)?.[0] ?? "";
}

/** All values of a repeated parameter. */
export function formValues(form: Form, name: string): readonly string[] {
  return form.values.get(name) ?? [];
}

/**
 * Reads `application/x-www-form-urlencoded` texts; values of earlier texts come first, so the body goes before
 * the query string (API-6). Pairs with a bad percent escape or a semicolon are left out.
 */
export function parseForm(...texts: readonly string[]): Form {
  const values = new Map<string, string[]>();
  let problem: string | undefined;
  for (const text of texts) {
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      problem ??= pairProblem(pair);
      if (pairProblem(pair) !== undefined) continue;
      const equals = pair.indexOf("=");
      const name = decodeForm(equals === -1 ? pair : pair.slice(0, equals));
      const value = equals === -1 ? "" : decodeForm(pair.slice(equals + 1));
      const list = values.get(name);
      if (list === undefined) values.set(name, [value]);
      else list.push(value);
    }
  }
  return { values, problem };
}

/** Decodes percent escapes; bytes that are no UTF-8 become U+FFFD. Needs sound escapes. */
function decodePercent(text: string): string {
  if (!text.includes("%")) return text;
  return percentBytes(text).toString("utf8");
}

/** The bytes that a percent-encoded text stands for. Needs sound escapes. */
export function percentBytes(text: string): Buffer {
  const raw = Buffer.from(text, "utf8");
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    if (raw[i] === 0x25) {
      raw[length++] = Number.parseInt(raw.toString("latin1", i + 1, i + 3), 16);
      i += 2;
    } else {
      raw[length++] = raw[i]!;
    }
  }
  return raw.subarray(0, length);
}

function decodeForm(text: string): string {
  return decodePercent(text.includes("+") ? text.replaceAll("+", " ") : text);
}

function pairProblem(pair: string): string | undefined {
  if (pair.includes(";")) return "invalid semicolon separator in query";
  const bad = BAD_ESCAPE.exec(pair);
  return bad === null ? undefined : `invalid URL escape "${pair.slice(bad.index, bad.index + 3)}"`;
}
