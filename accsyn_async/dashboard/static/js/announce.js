// What is told to who does not see the page: ends and failures, gathered so that they do not flood.

import { byId } from "./dom.js";
import { jobsText } from "./format.js";

const GATHER_MS = 2500;
const NAMED = 3;
const TOLD = new Set(["failed", "done", "aborted", "stalled", "removed"]);

export class Announcer {
  constructor() {
    this.region = byId("live");
    this.waiting = new Map();
    this.sentences = [];
    this.timer = 0;
  }

  /** A job has come into another state. */
  changed(row) {
    if (TOLD.has(row.word)) {
      const names = this.waiting.get(row.word) ?? [];
      this.waiting.set(row.word, names);
      names.push(row.name);
      this.soon();
    }
  }

  /** Something to be said in these words. */
  tell(sentence) {
    this.sentences.push(sentence);
    this.soon();
  }

  soon() {
    this.timer ||= setTimeout(() => this.speak(), this.sentences.length ? 100 : GATHER_MS);
  }

  speak() {
    const ends = [...this.waiting].map(([word, names]) =>
      names.length > NAMED ? `${jobsText(names.length)} ${word}.` : `${names.join(", ")}: ${word}.`,
    );
    this.region.textContent = [...this.sentences, ...ends].join(" ");
    this.waiting.clear();
    this.sentences = [];
    this.timer = 0;
  }
}
