import { createHistogram, millis, type Millis } from "../../../../src/model/index.ts";
import type { Store } from "../../../../src/storage/index.ts";
import { batchOf, HandClock, T0, testStore } from "../model.ts";

export const HOUR = 3_600_000;

/** A store with blocks and a head: rows a minute apart over `hours`. */
export async function filledStore(
  directory: string,
  hours: number,
): Promise<{ readonly store: Store; readonly clock: HandClock }> {
  const clock = new HandClock(T0);
  const store = await testStore({ directory, clock });
  for (let hour = 0; hour < hours; hour++) {
    await appendHour(store, clock, hour);
    await store.maintain();
  }
  return { store, clock };
}

/** Sixty rows of a few series from T0 + `hour` hours on. */
export async function appendHour(store: Store, clock: HandClock, hour: number): Promise<void> {
  const times = Array.from({ length: 60 }, (_, i) => T0 + hour * HOUR + i * 60_000);
  clock.time = times.at(-1)!;
  const series = ["a", "b", "c"].map((name, s) =>
    batchOf(
      { __name__: name, job: "j" },
      times.map((time, i) => [time, s * 1000 + hour * 60 + i]),
    ),
  );
  const histograms = times.map(
    (time, i): { time: Millis; histogram: ReturnType<typeof createHistogram> } => ({
      time: millis(time),
      histogram: createHistogram({ count: i, sum: i / 7 }),
    }),
  );
  const batch = [...series, { ...batchOf({ __name__: "h" }, []), histograms }];
  await store.appendBatch(batch, "all-or-nothing");
}
