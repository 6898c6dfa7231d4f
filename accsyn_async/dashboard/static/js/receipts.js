// What has come of an action, job by job.

import { button, byId, icon, make, say, setIcon, textIn } from "./dom.js";
import { countText, jobsText } from "./format.js";
import { ACTIONS } from "./words.js";

const LINGER_MS = 6000;
const ONE_BY_ONE = 20;
const LINES_A_FRAME = 100;

/** What is said of a job in each state, of how many there are, and the drawing beside it. */
const STATES = {
  refused: { icon: "failed", text: (error) => `refused: ${error}`, bad: true },
  unsent: { icon: "removed", text: (why) => `not sent: ${why}`, sum: "not sent", bad: true },
  unknown: {
    icon: "unknown",
    text: () => "outcome unknown; waiting for the next poll",
    sum: "with unknown outcome",
    bad: true,
    waits: true,
  },
  late: { icon: "late", text: () => "not confirmed after 30 s", sum: "not confirmed", bad: true },
  overtaken: { icon: "unknown", text: (word) => `is ${word} by now`, bad: true },
  confirmed: { icon: "done", text: (word) => word },
  accepted: { icon: "sent", text: () => "accepted, not confirmed yet", waits: true },
  sent: { icon: "sent", text: () => "sent", waits: true },
  waiting: { icon: "waiting", text: () => "still to be sent", sum: "still to be sent", waits: true },
};

/** Shown for several jobs, and for one when something is wrong with it. */
export class Receipt {
  constructor(action, rows) {
    this.action = action;
    this.names = new Map(rows.map((row) => [row.id, row.name]));
    this.states = new Map(rows.map((row) => [row.id, { state: "waiting", text: "" }]));
    this.counts = new Map([["waiting", rows.length]]);
    this.element = null;
    this.lines = new Map();
    this.fresh = new Set(this.names.keys());
    this.frame = 0;
    this.concluded = false;
    if (rows.length > 1) {
      this.open();
    }
  }

  /** Whether a job is still to be sent. */
  waits(id) {
    return this.states.get(id).state === "waiting";
  }

  /** How many of the jobs are in which state, in words. */
  summary() {
    const said = Object.entries(STATES)
      .filter(([state]) => this.counts.get(state))
      .map(([state, { sum }]) => `${countText(this.counts.get(state))} ${sum ?? state}`);
    return `${ACTIONS[this.action].title} ${jobsText(this.states.size)}: ${said.join(", ")}`;
  }

  /** What is to be told when nothing is waited for any longer: once, and `null` otherwise. */
  conclusion() {
    if (this.concluded || Object.entries(STATES).some(([state, { waits }]) => waits && this.counts.get(state))) {
      return null;
    }
    this.concluded = true;
    if (this.states.size > 1) {
      return `${this.summary()}.`;
    }
    const [{ state, text }] = this.states.values();
    return `${[...this.names.values()][0]}: ${STATES[state].text(text)}.`;
  }

  set(id, state, text = "") {
    const before = this.states.get(id).state;
    this.counts.set(before, this.counts.get(before) - 1);
    this.counts.set(state, (this.counts.get(state) ?? 0) + 1);
    this.states.set(id, { state, text });
    this.fresh.add(id);
    if (STATES[state].bad) {
      this.open();
    }
    this.soon();
  }

  soon() {
    if (this.element) {
      this.frame ||= requestAnimationFrame(() => this.draw());
    }
  }

  open() {
    if (this.element) {
      return;
    }
    this.title = textIn("h3");
    this.bad = make("ul");
    this.good = make("ul");
    this.list = make("div", "answers", this.bad, this.good);
    this.list.tabIndex = 0;
    this.list.setAttribute("role", "group");
    this.list.setAttribute("aria-label", "Answer for each job");
    const close = button("Close", "quiet", () => this.close(), icon("close"));
    this.element = make("section", "receipt", make("header", "", this.title, close), this.list);
    this.element.setAttribute("aria-label", `${ACTIONS[this.action].title}: answers`);
    byId("receipts").append(this.element);
    this.draw();
  }

  close() {
    this.element?.remove();
    this.element = null;
    this.lines.clear();
  }

  /** Draws what is new, not too much of it at once. */
  draw() {
    this.frame = 0;
    if (!this.element) {
      return;
    }
    say(this.title, this.summary());
    for (const id of [...this.fresh].slice(0, LINES_A_FRAME)) {
      this.fresh.delete(id);
      this.line(id, this.states.get(id));
    }
    this.bad.hidden = !this.bad.firstChild;
    this.good.hidden = !this.good.firstChild;
    this.list.hidden = this.bad.hidden && this.good.hidden;
    if (this.fresh.size) {
      this.soon();
    } else if (this.counts.get("confirmed") === this.states.size) {
      setTimeout(() => this.leave(), LINGER_MS);
    }
  }

  /** One job's line: of many jobs, only those that something is wrong with have one; the others are counted. */
  line(id, { state, text }) {
    const { bad } = STATES[state];
    let line = this.lines.get(id);
    if (!bad && this.states.size > ONE_BY_ONE) {
      line?.element.remove();
      this.lines.delete(id);
      return;
    }
    if (line === undefined) {
      line = { icon: icon(), text: textIn("span", "dim"), element: make("li") };
      const name = make("span", "name", this.names.get(id));
      name.title = this.names.get(id);
      line.element.append(line.icon, name, line.text);
      this.lines.set(id, line);
    }
    const list = bad ? this.bad : this.good;
    if (line.element.parentNode !== list) {
      list.append(line.element);
    }
    line.element.dataset.state = state;
    setIcon(line.icon, STATES[state].icon);
    say(line.text, STATES[state].text(text));
  }

  leave() {
    if (!this.element?.matches(":hover, :focus-within")) {
      this.close();
    }
  }
}
