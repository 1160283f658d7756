import type { TargetGroup } from "../model/index.ts";

/**
 * One running discovery mechanism. It delivers whole target groups, each replacing the earlier one with the
 * same source; a group without targets removes it (SD-4).
 */
export interface Discoverer {
  /** Works until `signal` is aborted, then resolves. Failures are its own to report and to outlive (SD-6). */
  run(deliver: (groups: readonly TargetGroup[]) => void, signal: AbortSignal): Promise<void>;
}
