// The page: its parts, and what each of them says to the others.

import { Actions } from "./actions.js";
import { Announcer } from "./announce.js";
import { Banner } from "./banner.js";
import { Bulk } from "./bulk.js";
import { Detail } from "./detail.js";
import { byId } from "./dom.js";
import { listenToKeys, listenToPointer } from "./keys.js";
import { joinStream } from "./link.js";
import { Model } from "./model.js";
import { SAMPLE_MS } from "./rows.js";
import { Screen } from "./screen.js";
import { Summary } from "./summary.js";
import { Table } from "./table.js";
import { Tools } from "./tools.js";
import { readView } from "./view.js";

const TICK_MS = 1000;

class Page {
  constructor({ csrf, readOnly, version, workspace }) {
    this.view = readView();
    this.announcer = new Announcer();
    this.model = new Model({
      touched: (id) => this.screen.touch(id),
      came: (news) => this.screen.plan(news),
      turned: (row, before) => this.turned(row, before),
      health: (health) => this.banner.setHealth(health),
      link: (link) => this.banner.setLink(link),
    });
    this.actions = new Actions({
      csrf,
      all: this.model.all,
      announcer: this.announcer,
      changed: (id) => this.screen.touch(id),
    });
    const request = (action, ids) => this.actions.request(action, ids);
    const pendingOf = (id) => this.actions.pendingOf(id);
    this.makeParts(readOnly, workspace, request, pendingOf);
    const doing = {
      open: (id, enter) => this.open(id, enter),
      close: () => this.close(),
      act: (action) => request(action, this.table.choice.meant()),
      actOn: (action, id) => request(action, [id]),
      help: () => this.tools.help(),
    };
    const held = listenToPointer(this.table, doing);
    listenToKeys(this.table, readOnly, doing);
    this.screen = new Screen({ ...this, busy: () => this.actions.asks || held(), clear: () => this.clear() });
    this.banner = new Banner(joinStream(version, (message) => this.model.hear(message)));
    setInterval(() => this.sample(), SAMPLE_MS);
    setInterval(() => this.screen.tick(), TICK_MS);
    this.detail.open(this.view.job, undefined, this.model.now());
    this.screen.soon();
  }

  makeParts(readOnly, workspace, request, pendingOf) {
    document.body.classList.toggle("read-only", readOnly);
    if (readOnly) {
      document.querySelectorAll(".acting").forEach((each) => each.remove());
    }
    const columns = byId("head").childElementCount;
    this.table = new Table({ readOnly, columns, pendingOf, moved: () => this.screen?.soon() });
    this.bulk = readOnly ? null : new Bulk(this.table, this.model.all, request);
    const act = (action, id) => request(action, [id]);
    this.detail = new Detail({ readOnly, pendingOf, act, closed: () => this.open("") });
    this.tools = new Tools(this.view, (change) => this.looked(change));
    this.summary = new Summary(workspace, (word) => this.tools.toggleState(word));
  }

  /** A job has another word than before; `undefined` of one that was not known. */
  turned(row, before) {
    this.actions.seen(row);
    if (this.model.live && before !== undefined) {
      this.announcer.changed(row);
    }
  }

  looked(change) {
    this.screen.look(change);
    if ("q" in change) {
      this.announcer.describe(() => this.screen.told());
    }
  }

  sample() {
    this.model.sample();
    this.screen.touchSeen();
  }

  clear() {
    this.tools.look({ q: "" });
    this.table.focus();
  }

  /** Opens a job, and with `enter` goes there; an empty id closes what is open. */
  open(id, enter = true) {
    if (id && !this.model.all.has(id)) {
      return;
    }
    this.tools.look({ job: id });
    this.detail.open(id, this.model.all.get(id), this.model.now());
    if (id) {
      this.table.choice.show(id);
    }
    if (id && (enter || this.detail.covers)) {
      this.detail.title.focus();
    } else if (!id) {
      this.table.focus();
    }
  }

  /** What Escape does: one thing at a time. */
  close() {
    if (this.view.job) {
      this.open("");
    } else if (this.table.choice.selected.size) {
      this.table.choice.selectAll(false);
    } else if (document.activeElement === byId("filter")) {
      this.clear();
    }
  }
}

new Page(JSON.parse(byId("config").textContent));
