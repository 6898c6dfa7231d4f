// What jobs come to.

import { secondsLeft } from "./rows.js";
import { hasEnded, isRunning } from "./words.js";

/**
 * Counts by word of all jobs, and of those that are meant (`matches`, `null` for all) their number, how many of them
 * run, the combined speed of those (MB/s), the bytes left in them and the seconds until the last of them is done, as
 * far as that is known (`null` when of none); and the bytes left in others that have not ended.
 */
export function totalsOf(rows, matches, now) {
  const counts = new Map();
  let [all, jobs, running, speed, bytes, others] = [0, 0, 0, 0, 0, 0];
  let seconds = null;
  for (const row of rows) {
    all += 1;
    counts.set(row.word, (counts.get(row.word) ?? 0) + 1);
    if (matches !== null && !matches(row)) {
      continue;
    }
    jobs += 1;
    const left = (row.size ?? 0) * (1 - Math.min(Math.max(row.progress ?? 0, 0), 100) / 100);
    if (isRunning(row)) {
      running += 1;
      speed += row.speed ?? 0;
      bytes += left;
      const wait = secondsLeft(row, now);
      seconds = wait === null ? seconds : Math.max(seconds ?? 0, wait);
    } else if (!hasEnded(row)) {
      others += left;
    }
  }
  return { counts, all, jobs, running, speed, bytes, seconds, others };
}
