// What is drawn, a frame at a time: the list in its order, the totals, and the open job.

import { button, byId, say } from "./dom.js";
import { countText, jobsText } from "./format.js";
import { matcher } from "./match.js";
import { SORTS, arrange } from "./order.js";
import { showEmpty } from "./table.js";
import { totalsOf } from "./totals.js";

const NEWS_MS = 500;
const ARRANGE_MS = 2000;
const TOTALS_MS = 500;

export class Screen {
  /** `busy()` says whether the order must not change now; `clear()` is called to have the filter emptied. */
  constructor({ model, view, table, detail, summary, bulk, relayed, busy, clear }) {
    Object.assign(this, { model, view, table, detail, summary, bulk, relayed, busy, clear });
    this.matches = matcher(view.q);
    this.dirty = new Set();
    this.frame = 0;
    this.due = 0;
    this.arrangedAt = 0;
    this.totaledAt = -Infinity;
  }

  /** Has the rows brought into order before long; what is new comes sooner, unless it would make others jump. */
  plan(news) {
    const { lively } = SORTS[this.view.sort];
    const soon = news && (!lively || this.view.sort === "status");
    this.totaledAt = this.table.items.length ? this.totaledAt : -Infinity;
    const wait = !this.table.items.length ? 0 : soon ? NEWS_MS : ARRANGE_MS;
    this.due = Math.min(this.due, this.arrangedAt + wait);
    this.soon();
  }

  touch(id) {
    this.dirty.add(id);
    this.soon();
  }

  /** The speeds have another sample. */
  touchSeen() {
    for (const id of this.table.views.keys()) {
      this.touch(id);
    }
  }

  /** Something else can be done to jobs. */
  permitted() {
    this.touchSeen();
    this.touch(this.view.job);
  }

  tick() {
    this.table.tick(this.model.now());
    this.touch(this.view.job);
  }

  soon() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Something else is looked at. */
  look(change) {
    this.matches = matcher(this.view.q);
    this.totaledAt = -Infinity;
    if ("q" in change || "sort" in change || "group" in change || "desc" in change) {
      this.arrange(performance.now(), false);
    }
    this.soon();
  }

  draw() {
    this.frame = 0;
    const now = performance.now();
    if (now >= this.due && !this.busy()) {
      this.arrange(now, !SORTS[this.view.sort].lively);
    }
    if (now - this.totaledAt >= TOTALS_MS) {
      this.totaledAt = now;
      this.summary.show(totalsOf(this.model.all.values(), this.matches, this.model.now()), this.view.q);
    }
    this.table.render(this.dirty, this.model.now());
    if (this.dirty.has(this.view.job)) {
      this.detail.show(this.model.all.get(this.view.job), this.model.now());
    }
    this.dirty.clear();
    this.bulk.show();
  }

  arrange(now, keep) {
    this.due = Infinity;
    this.arrangedAt = now;
    const items = arrange(this.model.all.values(), this.matches, this.view);
    this.table.arrange(items, keep);
    const all = this.model.all.size;
    const shown = this.table.jobs(items).length;
    say(byId("count"), this.matches ? `${countText(shown)} of ${jobsText(all)}` : "");
    if (shown) {
      showEmpty("");
    } else if (!this.model.whole) {
      showEmpty("Starting", `Asking ${this.relayed ? "the relay" : "accsyn"} for its jobs…`);
    } else if (all) {
      const clear = button("Clear the filter", "", this.clear);
      showEmpty("No job matches", `None of ${jobsText(all)} matches “${this.view.q}”.`, clear);
    } else {
      showEmpty("No jobs", "Transfers appear here as soon as there are some.");
    }
  }

  /** How many jobs are listed, in a sentence. */
  told() {
    const shown = this.table.jobs(this.table.items).length;
    if (!this.matches) {
      return `${jobsText(shown)} shown.`;
    }
    return shown ? `${countText(shown)} of ${jobsText(this.model.all.size)} shown.` : "No job matches.";
  }
}
