declare const brand: unique symbol;
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Milliseconds since 1970-01-01 UTC; a safe integer, may be negative. */
export type Millis = Brand<number, "Millis">;

/** @throws RangeError when `value` is not a safe integer. */
export function millis(value: number): Millis {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a time in ms: ${value}`);
  return value as Millis;
}

/** Dense number of a series in the store that gave it out; 0 or more, never reused while it is referred to. */
export type SeriesId = Brand<number, "SeriesId">;

export function seriesId(value: number): SeriesId {
  return value as SeriesId;
}

/** Position of a series in one table: 0 ≤ column < columnCount of that table. */
export type ColumnId = Brand<number, "ColumnId">;

export function columnId(value: number): ColumnId {
  return value as ColumnId;
}
