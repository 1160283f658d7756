/** A pending timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from, so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, with fractions where the system has them. */
  now(): number;
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  monotonic(): number;
  /** Calls `run` once, not earlier than `delayMs` from now. Does not keep the process alive by itself. */
  after(delayMs: number, run: () => void): Timer;
  /** How often the machine's clock was set so far; clocks that are never set may leave it out. */
  steps?(): number;
}

const MAX_DELAY_MS = 2 ** 31 - 1; // setTimeout fires at once beyond this.

// From this difference on the machine's clock was set, and time is taken from it at once.
const STEP_MS = 1000;
// Smaller differences, above what the two clocks differ by when nothing is wrong, are made up for slowly.
const NOISE_MS = 5;
const SLEW = 0.005; // Milliseconds a millisecond.

/** Where a clock's time comes from, in ms. */
export interface TimeSources {
  /** Since 1970-01-01 UTC; may be set at any time. */
  readonly wall: () => number;
  /** Since some fixed moment; never set. */
  readonly monotonic: () => number;
}

/**
 * Wall time that goes on with the monotonic clock: it neither stands still nor goes back while the machine's clock is
 * adjusted, and follows it at once when it is set by more than a second. Source: spec REL-7.
 */
export function anchorTime({ wall, monotonic }: TimeSources): Pick<Required<Clock>, "now" | "steps"> {
  let anchorMs = monotonic();
  let timeMs = wall(); // At the anchor.
  let steps = 0;
  return {
    now() {
      const now = monotonic();
      const elapsedMs = now - anchorMs;
      timeMs += elapsedMs;
      anchorMs = now;
      const differenceMs = wall() - timeMs;
      if (Math.abs(differenceMs) > STEP_MS) {
        timeMs += differenceMs;
        steps++;
      } else if (Math.abs(differenceMs) > NOISE_MS) {
        const slewMs = SLEW * elapsedMs;
        timeMs += Math.max(-slewMs, Math.min(slewMs, differenceMs));
      }
      return timeMs;
    },
    steps: () => steps,
  };
}

const anchored = anchorTime({
  // Finer than Date.now() where both agree.
  wall: () => {
    const fineMs = performance.timeOrigin + performance.now();
    const coarseMs = Date.now();
    return Math.abs(coarseMs - fineMs) > NOISE_MS ? coarseMs : fineMs;
  },
  monotonic: () => performance.now(),
});

/** The machine's clock. */
export const systemClock: Clock = {
  now: anchored.now,
  steps: anchored.steps,
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Resolves after `delayMs` on `clock`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
