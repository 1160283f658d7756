/** A query that 3.14 answers in another way than 3.5.3, of which the answers were recorded. */
export interface Change {
  readonly query: string;
  readonly why: string; // The row of the spec that says so.
  readonly format?: string;
  readonly error?: string;
}

const OFFSET_STARTS = "in offset, expected number, duration, step(), or range()";
const WINDOW_STARTS = "in subquery or range selector, expected number, duration, step(), or range()";
const STEP_STARTS = 'in subquery selector, expected number, duration, step(), range(), or "]"';

/** Where 3.14 differs from 3.5.3. */
export const CHANGES: readonly Change[] = [
  // Computed durations are kept as written.
  { query: "foo[(5m)]", why: "PQL-28", format: "foo[(5m)]" },
  { query: "foo[-(-5m)]", why: "PQL-28", format: "foo[-(-5m)]" },
  { query: "foo offset (-5m)", why: "PQL-28", format: "foo offset (-5m)" },
  { query: "foo offset (5m)", why: "PQL-28", format: "foo offset (5m)" },
  { query: "foo offset -(5m)", why: "PQL-28", format: "foo offset -(5m)" },
  // Printing no longer loses anything.
  {
    query: "foo + ignoring() group_left bar",
    why: "PQL-33",
    format: "foo + ignoring () group_left () bar",
  },
  {
    query: 'foo + on("a b") group_left("c d") bar',
    why: "PQL-33",
    format: 'foo + on ("a b") group_left ("c d") bar',
  },
  { query: "foo + on(a:b) bar", why: "PQL-33", format: 'foo + on ("a:b") bar' },
  { query: "first_over_time(foo[5m])", why: "FN-30", format: "first_over_time(foo[5m])" },
  // More may stand where a duration is wanted.
  { query: "foo[(5m]", why: "PER-10", error: `1:8: parse error: unexpected "]" ${WINDOW_STARTS}` },
  {
    query: "foo offset",
    why: "PER-10",
    error: `1:11: parse error: unexpected end of input ${OFFSET_STARTS}`,
  },
  {
    query: "foo offset bar",
    why: "PER-10",
    error: `1:12: parse error: unexpected identifier "bar" ${OFFSET_STARTS}`,
  },
  {
    query: 'foo offset "5m"',
    why: "PER-10",
    error: `1:12: parse error: unexpected string "\\"5m\\"" ${OFFSET_STARTS}`,
  },
  {
    query: "foo offset -",
    why: "PER-10",
    error: `1:13: parse error: unexpected end of input ${OFFSET_STARTS}`,
  },
  {
    query: "foo offset offset",
    why: "PER-10",
    error: `1:12: parse error: unexpected <offset> ${OFFSET_STARTS}`,
  },
  { query: "foo[5m + ]", why: "PER-10", error: `1:10: parse error: unexpected "]" ${WINDOW_STARTS}` },
  { query: "foo[*]", why: "PER-10", error: `1:5: parse error: unexpected <op:*> ${WINDOW_STARTS}` },
  { query: "foo[5m:*]", why: "PER-10", error: `1:8: parse error: unexpected <op:*> ${STEP_STARTS}` },
  { query: "foo[5m:1m*]", why: "PER-10", error: `1:11: parse error: unexpected "]" ${STEP_STARTS}` },
  { query: "foo[]", why: "PER-10", error: `1:5: parse error: unexpected "]" ${WINDOW_STARTS}` },
  { query: "foo[ ]", why: "PER-10", error: `1:6: parse error: unexpected "]" ${WINDOW_STARTS}` },
  {
    query: "foo[(5m 1m)]",
    why: "PER-10",
    error: `1:9: parse error: unexpected duration "1m" ${WINDOW_STARTS}`,
  },
  {
    query: "foo @ start()[5m]",
    why: "PQL-22",
    error: "1:14: parse error: no @ modifiers allowed before range",
  },
  {
    query: "info(foo, foo + bar)",
    why: "PER-34; 3.5.3 crashes",
    error: "1:11: parse error: expected label selectors only",
  },
];
