import type { Labels } from "./labels.ts";

/**
 * Targets found together by one discovery block. A later group with the same `source` replaces the earlier one;
 * one without targets removes it. Spec SCR-1.
 */
export interface TargetGroup {
  readonly source: string; // Unique within one job.
  readonly labels: Labels; // For every target that does not set the label itself.
  readonly targets: readonly Labels[]; // Each with at least `__address__`.
}
