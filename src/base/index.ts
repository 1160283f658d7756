export { assert, unreachable } from "./assert.ts";
export { ByteReader, ByteWriter, MalformedBytesError } from "./bytes.ts";
export { systemClock, sleep, type Clock, type Timer } from "./clock.ts";
export { errorText, NarthexError, type ErrorType } from "./errors.ts";
export { createLogger, LOG_LEVELS, silentLogger } from "./log.ts";
export type { Logger, LogLevel } from "./log.ts";
