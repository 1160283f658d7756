/** A moment in UTC, with years as far as int64 seconds reach. */
export interface CivilTime {
  readonly year: number;
  readonly month: number; // 1 to 12.
  readonly day: number; // 1 to 31.
  readonly secondOfDay: number; // 0 to 86399.
  readonly daysSinceEpoch: number; // Negative before 1970.
}

const DAY_SECONDS = 86_400;
const ERA_DAYS = 146_097; // 400 years, after which the Gregorian calendar repeats.
// Seconds that int64 cannot hold, and NaN, become its least value in Prometheus, which its calendar takes for this one.
const BEYOND_INT64_SECONDS = 2 ** 63;
const EPOCH_SHIFT_DAYS = 719_468; // From 0000-03-01 to 1970-01-01.

/**
 * What the calendar says at `seconds` after 1970-01-01, truncated to whole seconds. Years are counted from March,
 * so that a leap day is a year's last. Not bound to the range of JavaScript's Date.
 */
export function civilTime(seconds: number): CivilTime {
  const isTime = Math.abs(seconds) < BEYOND_INT64_SECONDS;
  const whole = isTime ? Math.trunc(seconds) : BEYOND_INT64_SECONDS;
  // The rest is exact also where the seconds are too many for a double to count in ones.
  const rest = whole % DAY_SECONDS;
  const secondOfDay = rest < 0 ? rest + DAY_SECONDS : rest + 0; // Never -0.
  const daysSinceEpoch = Math.round((whole - secondOfDay) / DAY_SECONDS);
  const shifted = daysSinceEpoch + EPOCH_SHIFT_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    secondOfDay,
    daysSinceEpoch,
  };
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** 1 to 366. */
export function dayOfYear({ year, month, day }: CivilTime): number {
  let days = day;
  for (let earlier = 1; earlier < month; earlier++) days += daysInMonth(year, earlier);
  return days;
}

/** 0 (Sunday) to 6. */
export function dayOfWeek({ daysSinceEpoch }: CivilTime): number {
  const day = (daysSinceEpoch + 4) % 7; // 1970-01-01 was a Thursday.
  return day < 0 ? day + 7 : day + 0; // Never -0.
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
