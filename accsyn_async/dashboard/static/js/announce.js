// What is told to who does not see the page: ends, failures and answers, gathered so that they do not flood.

import { byId } from "./dom.js";
import { jobsText } from "./format.js";

const AT_ONCE_MS = 100;
const APART_MS = 2500;
const TYPING_MS = 700;
const NAMED = 3;
const TOLD = new Set(["failed", "done", "aborted", "stalled", "removed"]);

export class Announcer {
  constructor() {
    this.region = byId("live");
    this.ends = new Map();
    this.sentences = [];
    this.timer = 0;
    this.spokeAt = -Infinity;
    this.describing = 0;
  }

  /** A job has come into another state: told at once, unless something was just told. */
  changed(row) {
    if (TOLD.has(row.word)) {
      const names = this.ends.get(row.word) ?? [];
      this.ends.set(row.word, names);
      names.push(row.name);
      this.timer ||= this.later(Math.max(AT_ONCE_MS, this.spokeAt + APART_MS - performance.now()));
    }
  }

  /** Something to be said in these words, with all that waits to be told. */
  tell(sentence) {
    this.sentences.push(sentence);
    clearTimeout(this.timer);
    this.timer = this.later(AT_ONCE_MS);
  }

  /** Tells what `sentence()` says then, once who types has stopped. */
  describe(sentence) {
    clearTimeout(this.describing);
    this.describing = setTimeout(() => this.tell(sentence()), TYPING_MS);
  }

  later(wait) {
    return setTimeout(() => this.speak(), wait);
  }

  speak() {
    const ends = [...this.ends].map(([word, names]) =>
      names.length > NAMED ? `${jobsText(names.length)} ${word}.` : `${names.join(", ")}: ${word}.`,
    );
    this.region.textContent = [...this.sentences, ...ends].join(" ");
    this.ends.clear();
    this.sentences = [];
    this.timer = 0;
    this.spokeAt = performance.now();
  }
}
