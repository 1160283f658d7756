import type { Clock } from "../base/index.ts";

/** How long work may go on before others get their turn. */
const TURN_MS = 10;

/**
 * Runs steps to their end and gives what they return; when they take longer than a turn, all else that waits gets
 * its turn in between. Undefined when `isEnded` said so after such a pause: the rest is not run.
 */
export async function runInTurns<Result>(
  steps: Generator<undefined, Result>,
  clock: Pick<Clock, "monotonic">,
  isEnded: () => boolean,
): Promise<Result | undefined> {
  let turnEndMs = clock.monotonic() + TURN_MS;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (clock.monotonic() < turnEndMs) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (isEnded()) return undefined;
    turnEndMs = clock.monotonic() + TURN_MS;
  }
}
