const SHOWN_MAX = 10;

/**
 * At most ten of `texts` and then how many were left out.
 * Source: Prometheus util/annotations, AsStrings; spec promql §10.
 */
export function capAnnotations(texts: readonly string[], kind: "warning" | "info"): readonly string[] {
  if (texts.length <= SHOWN_MAX) return texts;
  const omitted = `${texts.length - SHOWN_MAX} more ${kind} annotations omitted`;
  return [...texts.slice(0, SHOWN_MAX), omitted];
}
