export { assert, unreachable } from "./assert.ts";
export { ByteCursor, ByteReader, ByteWriter, MalformedBytesError } from "./bytes.ts";
export { anchorTime, systemClock, sleep, type Clock, type Timer, type TimeSources } from "./clock.ts";
export { errorText, NarthexError, type ErrorType } from "./errors.ts";
export { createLogger, LOG_LEVELS, silentLogger } from "./log.ts";
export type { Logger, LogLevel } from "./log.ts";
