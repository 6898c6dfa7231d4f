// The page: what the stream tells goes into the rows, and from there, a frame at a time, onto the screen.

import { Actions } from "./actions.js";
import { Announcer } from "./announce.js";
import { Banner } from "./banner.js";
import { Detail } from "./detail.js";
import { button, byId, icon, make, say, textIn } from "./dom.js";
import { countText, jobsText } from "./format.js";
import { listenToKeys, listenToPointer } from "./keys.js";
import { joinStream } from "./link.js";
import { matcher } from "./match.js";
import { GROUPS, SORTS, arrange } from "./order.js";
import { Rows, SAMPLE_MS } from "./rows.js";
import { Summary } from "./summary.js";
import { Table, showEmpty } from "./table.js";
import { totalsOf } from "./totals.js";
import { readView, writeView } from "./view.js";
import { ACTIONS, canDo } from "./words.js";

const NEWS_MS = 500;
const ARRANGE_MS = 2000;
const TOTALS_MS = 500;
const ADDRESS_MS = 250;
const TICK_MS = 1000;

class Page {
  constructor(config) {
    this.config = config;
    this.view = readView();
    this.matches = matcher(this.view.q);
    this.rows = new Rows();
    this.dirty = new Set();
    this.frame = 0;
    this.due = 0;
    this.arrangedAt = 0;
    this.totaledAt = 0;
    this.frozen = Date.now();
    this.asking = false;
    this.live = false;
    this.announcer = new Announcer();
    this.actions = new Actions({
      csrf: config.csrf,
      rows: this.rows,
      announcer: this.announcer,
      changed: (id) => this.touch(id),
      asking: (open) => (this.asking = open),
    });
    const pendingOf = (id) => this.actions.pendingOf(id);
    this.table = new Table({
      readOnly: config.readOnly,
      columns: byId("head").childElementCount,
      pendingOf,
      moved: () => this.soon(),
    });
    this.detail = new Detail({
      readOnly: config.readOnly,
      pendingOf,
      act: (action, id) => this.actions.request(action, [id]),
      closed: () => this.open(""),
    });
    this.summary = new Summary(config.workspace, (word) => this.toggleState(word));
    this.makeTools();
    this.busy = listenToPointer(this.table, {
      open: (id) => this.open(id, false),
      actOn: (action, id) => this.actions.request(action, [id]),
    });
    listenToKeys(this.table, config.readOnly, {
      open: (id) => this.open(id),
      close: () => this.close(),
      act: (action) => this.actions.request(action, this.meant()),
      help: () => byId("help").showModal(),
    });
    const retry = joinStream(config.version, (message) => this.hear(message));
    this.banner = new Banner(retry);
    setInterval(() => this.sample(), SAMPLE_MS);
    setInterval(() => this.tick(), TICK_MS);
    this.saved = 0;
    writeView(this.view);
    this.detail.open(this.view.job, undefined, this.now());
    this.soon();
  }

  /** The jobs that a key means: the selection, or else the one under the cursor. */
  meant() {
    return this.table.selected.size ? [...this.table.selected] : this.table.jobs([{ id: this.table.cursor }]);
  }

  // What the stream tells.

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
        message.ids.forEach((id) => this.touch(id));
        this.plan(message.ids.length > 0);
        break;
      case "end":
        this.rows.end();
        this.plan(true);
        this.rows.whole = message.whole;
        this.live = message.whole;
        break;
      case "whole":
        this.rows.whole = true;
        this.plan(true);
        this.live = true;
        break;
      case "health":
        this.banner.setHealth(message.health);
        break;
      case "link":
        this.frozen = message.link.state === "live" ? 0 : this.frozen || Date.now();
        this.banner.setLink(message.link);
        break;
    }
    this.soon();
  }

  put(changes) {
    const known = this.rows.all.size;
    for (const change of changes) {
      const before = this.rows.all.get(change.id)?.word;
      const [row] = this.rows.put([change]);
      row.line = change.spark ? undefined : row.line;
      row.hay = undefined;
      row.nameKey = "name" in change ? undefined : row.nameKey;
      this.dirty.add(row.id);
      if (before !== row.word) {
        this.actions.seen(row);
        if (this.live && before !== undefined) {
          this.announcer.changed(row);
        }
      }
    }
    this.plan(this.rows.all.size > known);
  }

  /** Has the rows brought into order before long; what is new comes sooner, unless it would make others jump. */
  plan(news) {
    const { lively } = SORTS[this.view.sort];
    const soon = news && (!lively || this.view.sort === "status");
    const wait = !this.table.items.length ? 0 : soon ? NEWS_MS : ARRANGE_MS;
    this.due = Math.min(this.due, this.arrangedAt + wait);
  }

  sample() {
    this.rows.sample();
    for (const id of this.table.views.keys()) {
      this.touch(id);
    }
    for (const row of this.rows.all.values()) {
      row.line = undefined;
    }
  }

  /** The time that what is shown is of: it stands still while nothing is heard. */
  now() {
    return this.frozen || Date.now();
  }

  tick() {
    this.table.tick(this.now());
    if (this.view.job) {
      this.dirty.add(this.view.job);
    }
    this.soon();
  }

  touch(id) {
    this.dirty.add(id);
    this.soon();
  }

  // What is drawn.

  soon() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const now = performance.now();
    if (now >= this.due && !this.asking && !this.busy()) {
      this.arrange(now, !SORTS[this.view.sort].lively);
    }
    if (now - this.totaledAt >= TOTALS_MS) {
      this.totaledAt = now;
      this.summary.show(totalsOf(this.rows.all.values(), this.now()), this.view.q);
    }
    this.table.render(this.dirty, this.now());
    if (this.dirty.has(this.view.job)) {
      this.detail.show(this.rows.all.get(this.view.job), this.now());
    }
    this.dirty.clear();
    this.showSelection();
  }

  arrange(now, keep) {
    this.due = Infinity;
    this.arrangedAt = now;
    const items = arrange(this.rows.all.values(), this.matches, this.view);
    this.table.arrange(items, keep);
    const shown = this.table.jobs(items).length;
    const all = this.rows.all.size;
    say(byId("count"), this.matches ? `${countText(shown)} of ${jobsText(all)}` : "");
    if (shown) {
      showEmpty("");
    } else if (!this.rows.whole) {
      showEmpty("Starting", "Asking accsyn for its jobs…");
    } else if (all) {
      const clear = button("Clear the filter", "", () => this.look({ q: "" }));
      showEmpty("No job matches", `None of ${jobsText(all)} matches “${this.view.q}”.`, clear);
    } else {
      showEmpty("No jobs", "Transfers appear here as soon as there are some.");
    }
  }

  // What is looked at.

  /** Looks at something else; the address follows. */
  look(change) {
    Object.assign(this.view, change);
    this.matches = matcher(this.view.q);
    if (byId("filter").value !== this.view.q) {
      byId("filter").value = this.view.q;
    }
    this.showTools();
    this.totaledAt = 0;
    if ("q" in change || "sort" in change || "group" in change || "desc" in change) {
      this.arrange(performance.now(), false);
    }
    clearTimeout(this.saved);
    this.saved = setTimeout(() => writeView(this.view), ADDRESS_MS);
    this.soon();
  }

  open(id, enter = true) {
    if (id && !this.rows.all.has(id)) {
      return;
    }
    this.look({ job: id });
    this.detail.open(id, this.rows.all.get(id), this.now());
    if (id && enter) {
      this.detail.title.focus();
    } else if (!id) {
      this.table.list.focus({ preventScroll: true });
    }
  }

  /** What Escape does: one thing at a time. */
  close() {
    if (this.view.job) {
      this.open("");
    } else if (this.table.selected.size) {
      this.table.selectAll(false);
    } else if (document.activeElement === byId("filter")) {
      this.look({ q: "" });
      this.table.list.focus();
    }
  }

  toggleState(word) {
    const words = this.view.q.split(/\s+/).filter(Boolean);
    const rest = words.filter((each) => !each.startsWith("status:"));
    this.look({ q: [...rest, ...(words.includes(`status:${word}`) ? [] : [`status:${word}`])].join(" ") });
  }

  sortBy(sort) {
    const first = sort === "speed" || sort === "progress" || sort === "size" || sort === "created";
    this.look(this.view.sort === sort ? { desc: !this.view.desc } : { sort, desc: first });
  }

  // The tools above and below the list.

  makeTools() {
    const filter = byId("filter");
    filter.value = this.view.q;
    filter.addEventListener("input", () => this.look({ q: filter.value }));
    for (const [name, { title }] of Object.entries(GROUPS)) {
      byId("group").append(new Option(title, name));
    }
    for (const [name, { title }] of Object.entries(SORTS)) {
      byId("sort").append(new Option(title, name));
    }
    byId("group").addEventListener("change", (event) => this.look({ group: event.target.value }));
    byId("sort").addEventListener("change", (event) => this.look({ sort: event.target.value }));
    byId("desc").addEventListener("click", () => this.look({ desc: !this.view.desc }));
    byId("help-button").addEventListener("click", () => byId("help").showModal());
    byId("help-close").addEventListener("click", () => byId("help").close());
    for (const column of byId("head").querySelectorAll("[data-sort]")) {
      column.firstElementChild.addEventListener("click", () => this.sortBy(column.dataset.sort));
    }
    document.body.classList.toggle("read-only", this.config.readOnly);
    if (this.config.readOnly) {
      for (const each of document.querySelectorAll(".acting")) {
        each.remove();
      }
    } else {
      this.makeBulk();
    }
    this.showTools();
  }

  showTools() {
    byId("group").value = this.view.group;
    byId("sort").value = this.view.sort;
    byId("desc").setAttribute("aria-pressed", this.view.desc);
    for (const column of byId("head").querySelectorAll("[data-sort]")) {
      const sorted = column.dataset.sort === this.view.sort;
      column.setAttribute("aria-sort", sorted ? (this.view.desc ? "descending" : "ascending") : "none");
    }
  }

  makeBulk() {
    this.bulk = byId("bulk");
    this.bulkText = textIn("strong");
    this.bulkButtons = new Map();
    const row = make("div", "buttons");
    for (const [action, { title }] of Object.entries(ACTIONS)) {
      const each = button(title, action === "abort" ? "danger" : "", () =>
        this.actions.request(action, [...this.table.selected]),
      );
      each.prepend(icon(action));
      this.bulkButtons.set(action, each);
      row.append(each);
    }
    row.append(button("Clear the selection", "quiet", () => this.table.selectAll(false), icon("close")));
    this.bulk.append(this.bulkText, row);
  }

  showSelection() {
    if (this.config.readOnly) {
      return;
    }
    const { selected } = this.table;
    if (this.bulk.hidden !== (selected.size === 0)) {
      this.bulk.hidden = selected.size === 0;
      this.table.cover(selected.size ? this.bulk.offsetHeight + 24 : 0);
    }
    if (selected.size) {
      say(this.bulkText, `${countText(selected.size)} selected`);
      const rows = [...selected].map((id) => this.rows.all.get(id)).filter(Boolean);
      for (const [action, each] of this.bulkButtons) {
        each.disabled = !rows.some((row) => canDo(action, row));
      }
    }
  }
}

new Page(JSON.parse(byId("config").textContent));
