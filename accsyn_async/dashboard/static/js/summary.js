// The totals at the top of the page; each state is a button that filters by it.

import { button, byId, icon, say, textIn } from "./dom.js";
import { UNKNOWN, countText, durationText, jobsText, sizeText, speedText } from "./format.js";
import { WORDS, knownWord } from "./words.js";

export class Summary {
  /** `filter(word)` is called when the button of a state is pressed. */
  constructor(workspace, filter) {
    this.workspace = workspace;
    byId("workspace").textContent = workspace;
    this.chips = new Map();
    for (const word of WORDS) {
      const count = textIn("b");
      const name = textIn("span");
      const chip = button(word, "chip", () => filter(word), icon(word), count, name);
      chip.removeAttribute("title");
      chip.removeAttribute("aria-label");
      chip.dataset.word = word;
      chip.hidden = true;
      say(name, word);
      this.chips.set(word, { chip, count });
      byId("states").append(chip);
    }
    this.numbers = Object.fromEntries(
      ["jobs", "meant", "speed", "bytes", "seconds", "others"].map((name) => [name, byId(`total-${name}`)]),
    );
  }

  show(totals, q) {
    const counts = new Map();
    for (const [word, number] of totals.counts) {
      counts.set(knownWord(word), (counts.get(knownWord(word)) ?? 0) + number);
    }
    const filters = new Set(q.split(/\s+/));
    for (const [word, { chip, count }] of this.chips) {
      const number = counts.get(word) ?? 0;
      const pressed = filters.has(`status:${word}`);
      if (chip.hidden !== (!number && !pressed)) {
        chip.hidden = !number && !pressed;
      }
      if (chip.getAttribute("aria-pressed") !== String(pressed)) {
        chip.setAttribute("aria-pressed", pressed);
      }
      say(count, countText(number));
    }
    say(this.numbers.jobs, countText(totals.jobs));
    say(this.numbers.meant, q.trim() ? `of ${jobsText(totals.all)} shown` : "Jobs");
    say(this.numbers.speed, totals.running ? speedText(totals.speed) : UNKNOWN);
    say(this.numbers.bytes, totals.running ? sizeText(totals.bytes) : UNKNOWN);
    say(this.numbers.others, totals.others ? sizeText(totals.others) : UNKNOWN);
    say(this.numbers.seconds, durationText(totals.seconds));
    const running = totals.running ? `${countText(totals.running)} running` : jobsText(totals.jobs);
    const title = `${running} · ${this.workspace}`;
    if (document.title !== title) {
      document.title = title;
    }
  }
}
