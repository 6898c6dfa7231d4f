// What the stream has told: the jobs, whether all of them are known, and the time that they are of.

import { Rows } from "./rows.js";

export class Model {
  /**
   * `tell` is who hears of it: `touched(id)` when a job has changed, `came(news)` when some did (`news`: there are
   * others now), `turned(row, before)` when one has another word, `health` and `link` with what was said of them.
   */
  constructor(tell) {
    this.tell = tell;
    this.rows = new Rows();
    this.live = false;
    this.frozen = Date.now();
  }

  get all() {
    return this.rows.all;
  }

  get whole() {
    return this.rows.whole;
  }

  /** The time that what is shown is of: it stands still while nothing is heard. */
  now() {
    return this.frozen || Date.now();
  }

  hear(message) {
    switch (message.kind) {
      case "begin":
        this.rows.begin();
        break;
      case "put":
        this.put(message.rows);
        break;
      case "gone":
        this.rows.drop(message.ids);
        message.ids.forEach((id) => this.tell.touched(id));
        this.tell.came(message.ids.length > 0);
        break;
      case "end":
        this.rows.end();
        this.rows.whole = this.live = message.whole;
        this.tell.came(true);
        break;
      case "whole":
        this.rows.whole = this.live = true;
        this.tell.came(true);
        break;
      case "health":
        this.tell.health(message.health);
        break;
      case "link":
        this.frozen = message.link.state === "live" ? 0 : this.frozen || Date.now();
        this.tell.link(message.link);
        break;
    }
  }

  put(changes) {
    const known = this.all.size;
    for (const change of changes) {
      const before = this.all.get(change.id)?.word;
      const [row] = this.rows.put([change]);
      row.line = change.spark ? undefined : row.line;
      row.hay = undefined;
      row.nameKey = "name" in change ? undefined : row.nameKey;
      this.tell.touched(row.id);
      if (before !== row.word) {
        this.tell.turned(row, before);
      }
    }
    this.tell.came(this.all.size > known);
  }

  /** Adds a sample of its speed to every job that runs. */
  sample() {
    this.rows.sample();
    for (const row of this.all.values()) {
      row.line = undefined;
    }
  }
}
