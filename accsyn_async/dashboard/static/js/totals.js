// What all jobs come to.

import { hasEnded, isRunning } from "./words.js";

/**
 * Counts by word, the combined speed (MB/s), the bytes left of all that has not ended, and the seconds until the
 * last of the running jobs is done: `null` when one of them does not tell.
 */
export function totalsOf(rows) {
  const counts = new Map();
  let [jobs, speed, bytes, seconds, running] = [0, 0, 0, 0, 0];
  for (const row of rows) {
    jobs += 1;
    counts.set(row.word, (counts.get(row.word) ?? 0) + 1);
    if (isRunning(row)) {
      running += 1;
      speed += row.speed ?? 0;
      seconds = seconds === null || row.eta_s === null ? null : Math.max(seconds, row.eta_s);
    }
    if (!hasEnded(row) && row.size) {
      bytes += row.size * (1 - Math.min(Math.max(row.progress ?? 0, 0), 100) / 100);
    }
  }
  return { counts, jobs, running, speed, bytes, seconds: running ? seconds : null };
}
