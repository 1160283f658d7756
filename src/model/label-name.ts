/** Which names are allowed: any valid UTF-8, or only those of Prometheus before version 3. Spec CFG-21. */
export type NameScheme = "utf8" | "legacy";

const LEGACY_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const LEGACY_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/** Whether `name` may name a label; a lone surrogate, which has no UTF-8 form, never may. */
export function isValidLabelName(name: string, scheme: NameScheme = "utf8"): boolean {
  return scheme === "legacy" ? LEGACY_LABEL.test(name) : name !== "" && name.isWellFormed();
}

/** Whether `name` may be the value of `__name__`. */
export function isValidMetricName(name: string, scheme: NameScheme = "utf8"): boolean {
  return scheme === "legacy" ? LEGACY_METRIC.test(name) : name !== "" && name.isWellFormed();
}
