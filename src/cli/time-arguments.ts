import { parseDuration } from "../model/index.ts";
import { UsageError } from "./command.ts";

/** Unix seconds from `1700000000.5`, RFC 3339, or an age such as `-1h` (before `nowMs`). */
export function parseTimeArgument(option: string, text: string, nowMs: number): number {
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (/^-[\da-z]+$/.test(text)) return nowMs / 1000 - parseDurationArgument(option, text.slice(1));
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(parsed)) return parsed / 1000;
  throw new UsageError(
    `--${option}: "${text}" is no time; accepted are Unix seconds, RFC 3339 (2026-11-22T07:00:00Z) or an age such as -1h`,
  );
}

/** Seconds from `15s`, `1h30m` or a plain number of seconds. */
export function parseDurationArgument(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  try {
    return parseDuration(text) / 1000;
  } catch (cause) {
    throw new UsageError(
      `--${option}: "${text}" is no duration; accepted are 15s, 1h30m or a number of seconds`,
      {
        cause,
      },
    );
  }
}
