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
import { Permit } from "./permit.js";
import { SAMPLE_MS } from "./rows.js";
import { Screen } from "./screen.js";
import { Summary } from "./summary.js";
import { Table } from "./table.js";
import { Tools } from "./tools.js";
import { readView } from "./view.js";

const TICK_MS = 1000;

class Page {
  constructor({ csrf, allowed, relayed, version, workspace }) {
    this.view = readView();
    this.permit = new Permit(allowed);
    this.relayed = relayed;
    this.announcer = new Announcer();
    this.model = new Model({
      touched: (id) => this.screen.touch(id),
      came: (news) => this.screen.plan(news),
      turned: (row, before) => this.turned(row, before),
      health: (health) => this.hearHealth(health),
      link: (link) => this.banner.setLink(link),
    });
    this.actions = new Actions({
      csrf,
      permit: this.permit,
      all: this.model.all,
      announcer: this.announcer,
      changed: (id) => this.screen.touch(id),
    });
    const request = (action, ids) => this.actions.request(action, ids);
    const pendingOf = (id) => this.actions.pendingOf(id);
    this.makeParts(workspace, request, pendingOf);
    const doing = {
      open: (id, enter) => this.open(id, enter),
      close: () => this.close(),
      act: (action) => request(action, this.table.choice.meant()),
      actOn: (action, id) => request(action, [id]),
      help: () => this.tools.help(),
    };
    const held = listenToPointer(this.table, doing);
    listenToKeys(this.table, this.permit, doing);
    this.screen = new Screen({ ...this, busy: () => this.actions.asks || held(), clear: () => this.clear() });
    this.banner = new Banner(joinStream(version, (message) => this.model.hear(message)), relayed);
    setInterval(() => this.sample(), SAMPLE_MS);
    setInterval(() => this.screen.tick(), TICK_MS);
    this.detail.open(this.view.job, undefined, this.model.now());
    this.screen.soon();
  }

  makeParts(workspace, request, pendingOf) {
    const { permit, relayed } = this;
    this.table = new Table({ permit, pendingOf, moved: () => this.screen?.soon() });
    this.bulk = new Bulk(this.table, permit, this.model.all, request);
    const act = (action, id) => request(action, [id]);
    this.detail = new Detail({ permit, relayed, pendingOf, act, closed: () => this.open("") });
    this.tools = new Tools(this.view, (change) => this.looked(change));
    this.summary = new Summary(workspace, (word) => this.tools.toggleState(word));
    this.tools.offer(permit);
  }

  hearHealth(health) {
    this.banner.setHealth(health);
    const { readOnly } = this.permit;
    if (!health.allowed || !this.permit.allow(health.allowed)) {
      return;
    }
    if (this.permit.readOnly) {
      this.table.choice.selectAll(false);
    }
    if (readOnly !== this.permit.readOnly) {
      this.announcer.tell(readOnly ? "Jobs can be steered from here now." : "Jobs cannot be steered from here any more.");
    }
    this.tools.offer(this.permit);
    this.screen.permitted();
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
