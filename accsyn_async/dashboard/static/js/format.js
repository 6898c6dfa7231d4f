// Sizes, speeds, durations and times as people read them; the words are those of the command line.

export const UNKNOWN = "—";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
const DAY = 86_400;
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const COUNT = new Intl.NumberFormat("en");

/** With so many decimals; what is just in the middle goes to the even one, as the command line has it. */
function rounded(value, digits) {
  const scaled = value * 10 ** digits;
  const low = Math.floor(scaled);
  const middle = scaled - low === 0.5 && value === (low + 0.5) / 10 ** digits && Number.isInteger(value * 4);
  return middle ? ((low % 2 ? low + 1 : low) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}

/** Bytes in decimal units. */
export function sizeText(size) {
  if (size === null || size === undefined || !Number.isFinite(size) || size < 0) {
    return UNKNOWN;
  }
  if (size < 999.5) {
    return `${rounded(size, 0)} B`;
  }
  let unit = 1;
  let value = size / 1000;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${rounded(value, 1)} ${UNITS[unit]}`;
}

/** A speed given in MB/s. */
export function speedText(speed) {
  const text = sizeText(speed === null || speed === undefined ? null : speed * 1_000_000);
  return text === UNKNOWN ? text : `${text}/s`;
}

const two = (number) => String(number).padStart(2, "0");

/** Seconds in two units, rounded up to whole seconds. */
export function durationText(seconds) {
  if (seconds === null || seconds === undefined || Number.isNaN(seconds)) {
    return UNKNOWN;
  }
  if (seconds >= 1000 * DAY) {
    return "> 999 d";
  }
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 60) {
    return `${whole} s`;
  }
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  }
  if (whole < DAY) {
    return `${Math.floor(whole / 3600)} h ${two(Math.floor(whole / 60) % 60)} min`;
  }
  return `${Math.floor(whole / DAY)} d ${two(Math.floor(whole / 3600) % 24)} h`;
}

/** A share in percent, rounded down, so that 100 % is said of nothing less. */
export function percentText(progress) {
  return `${Math.trunc(Math.min(Math.max(progress ?? 0, 0), 100))} %`;
}

/** An ISO time in the reader's own words and zone. */
export function timeText(iso) {
  const time = iso ? new Date(iso) : null;
  return time && !Number.isNaN(time.getTime()) ? TIME.format(time) : UNKNOWN;
}

/** `5,000 jobs`. */
export function jobsText(count) {
  return `${COUNT.format(count)} ${count === 1 ? "job" : "jobs"}`;
}

export function countText(count) {
  return COUNT.format(count);
}
