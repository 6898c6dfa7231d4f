// What all jobs come to.

import { secondsLeft } from "./rows.js";
import { hasEnded, isRunning } from "./words.js";

/**
 * Counts by word, the combined speed (MB/s), the bytes left of all that has not ended, and the seconds until the
 * last of the running jobs is done, of those of which that is known: `null` when there is none.
 */
export function totalsOf(rows, now) {
  const counts = new Map();
  let [jobs, speed, bytes, running] = [0, 0, 0, 0];
  let seconds = null;
  for (const row of rows) {
    jobs += 1;
    counts.set(row.word, (counts.get(row.word) ?? 0) + 1);
    if (isRunning(row)) {
      running += 1;
      speed += row.speed ?? 0;
      const left = secondsLeft(row, now);
      seconds = left === null ? seconds : Math.max(seconds ?? 0, left);
    }
    if (!hasEnded(row) && row.size) {
      bytes += row.size * (1 - Math.min(Math.max(row.progress ?? 0, 0), 100) / 100);
    }
  }
  return { counts, jobs, running, speed, bytes, seconds };
}
