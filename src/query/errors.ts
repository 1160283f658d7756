import { NarthexError } from "../base/index.ts";

/** The time allowed for the query was over before it got its turn. Source: spec LIM-2. */
export class QueryExpiredError extends NarthexError {
  override readonly name = "QueryExpiredError";
  readonly errorType = "bad_data";
  constructor() {
    super("context deadline exceeded");
  }
}

/** More queries wait than the server is willing to hold. */
export class QueryQueueFullError extends NarthexError {
  override readonly name = "QueryQueueFullError";
  readonly errorType = "timeout";
  constructor(running: number, waiting: number) {
    super(
      `too many queries: ${running} are running and ${waiting} are waiting; ` +
        "try again later or raise --query.max-concurrency",
    );
  }
}

/** The client went away while its query was waiting. Source: spec API-17. */
export class QueryAbandonedError extends NarthexError {
  override readonly name = "QueryAbandonedError";
  readonly errorType = "canceled";
  constructor() {
    super("context canceled");
  }
}
