import { civilTime, dayOfWeek, dayOfYear, daysInMonth, type CivilTime } from "./calendar.ts";
import type { ElementwiseFunction, FunctionTable } from "./registry.ts";

/** Parts of the date of a Unix time in UTC (FN-11); without argument, of the evaluation time. */
export const dateFunctions: FunctionTable = {
  year: date(({ year }) => year),
  month: date(({ month }) => month),
  day_of_month: date(({ day }) => day),
  day_of_year: date(dayOfYear),
  day_of_week: date(dayOfWeek),
  hour: date(({ secondOfDay }) => Math.floor(secondOfDay / 3600)),
  minute: date(({ secondOfDay }) => Math.floor(secondOfDay / 60) % 60),
  days_in_month: date(({ year, month }) => daysInMonth(year, month)),
};

function date(part: (time: CivilTime) => number): ElementwiseFunction {
  return {
    kind: "elementwise",
    defaultsToTime: true,
    floats({ values }) {
      for (let step = 0; step < values.length; step++) values[step] = part(civilTime(values[step]!));
    },
  };
}
