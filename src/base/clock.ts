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
}

const MAX_DELAY_MS = 2 ** 31 - 1; // setTimeout fires at once beyond this.

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now() + clockDriftMs(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_DELAY_MS));
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

// performance.timeOrigin is fixed at start; when NTP or an operator moves the wall clock by more
// than a few milliseconds, wall time follows Date.now().
function clockDriftMs(): number {
  const drift = Date.now() - (performance.timeOrigin + performance.now());
  return Math.abs(drift) > 5 ? drift : 0;
}

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
