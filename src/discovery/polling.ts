import { errorText, sleep, type Clock, type Logger } from "../base/index.ts";
import { NO_LABELS, type TargetGroup } from "../model/index.ts";
import { countRefreshFailure, type DiscoveryCounters } from "./counters.ts";
import type { Discoverer } from "./discoverer.ts";

export interface PollingOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counters: DiscoveryCounters;
}

/** What is asked again and again. */
export interface Poll {
  readonly mechanism: string; // E.g. `http`.
  readonly place: string; // Of what is asked, for the log.
  readonly intervalMs: number;
  /** All groups there are now. A failure keeps the last ones. */
  readonly refresh: (signal: AbortSignal) => Promise<readonly TargetGroup[]>;
  /** Ends with the discoverer. */
  readonly close?: () => Promise<void>;
}

/**
 * A discoverer that asks once at once and then on the interval; groups that an answer does not name any more are
 * removed. The log tells of changes between failure and success. Source: spec SD-6.
 */
export function createPollingDiscoverer(poll: Poll, options: PollingOptions): Discoverer {
  const { clock, logger, counters } = options;
  return {
    async run(deliver, signal) {
      let known = new Set<string>();
      let isFailing = false;
      while (!signal.aborted) {
        try {
          const groups = await poll.refresh(signal);
          if (signal.aborted) break;
          const sources = new Set(groups.map(({ source }) => source));
          deliver([...groups, ...emptied(known, sources)]);
          known = sources;
          if (isFailing) logger.info("discovery works again", { discovery: poll.mechanism, at: poll.place });
          isFailing = false;
        } catch (error) {
          if (signal.aborted) break;
          countRefreshFailure(counters, poll.mechanism);
          if (!isFailing) {
            const fields = { discovery: poll.mechanism, at: poll.place, error: errorText(error) };
            logger.error("discovery failed; the last targets stay", fields);
          }
          isFailing = true;
        }
        await sleep(clock, poll.intervalMs, signal).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      }
      await poll.close?.();
    },
  };
}

/** A group without targets for each source that is known and not wanted. */
export function emptied(known: ReadonlySet<string>, wanted: ReadonlySet<string>): TargetGroup[] {
  return [...known]
    .filter((source) => !wanted.has(source))
    .map((source) => ({ source, labels: NO_LABELS, targets: [] }));
}
