// The jobs that are known, by id: kept alike by the script that holds the stream and by each page.

const SAMPLES = 60;

export const SAMPLE_MS = 5000;

/** Seconds that a job still takes: what was told, run down since; `null` when that is unknown. */
export function secondsLeft(row, now) {
  return typeof row.eta_s === "number" ? Math.max(0, row.eta_s - (now - row.etaAt) / 1000) : null;
}

export class Rows {
  constructor() {
    this.all = new Map();
    this.whole = false;
    this.suspects = null;
  }

  /** A snapshot begins: a job that is not put before it ends is gone. */
  begin() {
    this.suspects = new Set(this.all.keys());
  }

  /** Takes new rows and changes of known ones; returns the rows as they are now. */
  put(changes) {
    return changes.map((change) => {
      let row = this.all.get(change.id);
      if (row === undefined) {
        row = { spark: [] };
        this.all.set(change.id, row);
      }
      this.suspects?.delete(change.id);
      if ("eta_s" in change) {
        row.etaAt = Date.now();
      }
      return Object.assign(row, change);
    });
  }

  /** The snapshot is whole; returns the ids of the jobs that were not in it. */
  end() {
    const gone = [...(this.suspects ?? [])];
    this.suspects = null;
    this.whole = true;
    this.drop(gone);
    return gone;
  }

  /** The snapshot was cut off: what is known stays. */
  breakOff() {
    this.suspects = null;
  }

  drop(ids) {
    for (const id of ids) {
      this.all.delete(id);
    }
  }

  /** Adds a sample of its speed to every job that runs. */
  sample() {
    for (const row of this.all.values()) {
      if (row.word === "running" || row.word === "stalled") {
        row.spark.push(row.speed ?? 0);
        if (row.spark.length > SAMPLES) {
          row.spark.shift();
        }
      }
    }
  }
}
