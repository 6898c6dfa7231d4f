// What has come of an action, job by job.

import { button, byId, icon, make, say, setIcon, textIn } from "./dom.js";
import { jobsText } from "./format.js";
import { ACTIONS } from "./words.js";

const LINGER_MS = 6000;
const LISTED = 200;

/** What is said of a job in each state, and the drawing beside it. */
const STATES = {
  sent: { icon: "sent", text: () => "sent" },
  accepted: { icon: "sent", text: () => "accepted, not confirmed yet" },
  confirmed: { icon: "done", text: (word) => word },
  overtaken: { icon: "unknown", text: (word) => `is ${word} by now` },
  refused: { icon: "failed", text: (error) => `refused: ${error}` },
  late: { icon: "late", text: () => "not confirmed after 30 s" },
};

/** Shown for several jobs, and for one when something is wrong with it. */
export class Receipt {
  constructor(action, rows) {
    this.action = action;
    this.names = new Map(rows.map((row) => [row.id, row.name]));
    this.states = new Map(rows.map((row) => [row.id, { state: "sent", text: "" }]));
    this.element = null;
    this.lines = new Map();
    this.drawing = false;
    this.concluded = false;
    if (rows.length > 1) {
      this.open();
    }
  }

  nameOf(id) {
    return this.names.get(id) ?? id;
  }

  /** How many of the jobs are in which state, in words. */
  summary() {
    const counts = new Map();
    for (const { state } of this.states.values()) {
      counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    const said = [...counts].map(([state, count]) => `${count} ${state === "late" ? "not confirmed" : state}`);
    return `${ACTIONS[this.action].title} ${jobsText(this.states.size)}: ${said.join(", ")}`;
  }

  /** What is to be told when nothing is waited for any longer: once, and `null` otherwise. */
  conclusion() {
    const states = [...this.states.values()];
    if (this.concluded || states.some(({ state }) => state === "sent" || state === "accepted")) {
      return null;
    }
    this.concluded = true;
    if (states.length > 1) {
      return `${this.summary()}.`;
    }
    const [{ state, text }] = states;
    return `${[...this.names.values()][0]}: ${STATES[state].text(text)}.`;
  }

  set(id, state, text = "") {
    this.states.set(id, { state, text });
    if (state === "refused" || state === "late" || state === "overtaken") {
      this.open();
    }
    if (this.element && !this.drawing) {
      this.drawing = true;
      requestAnimationFrame(() => this.draw());
    }
  }

  open() {
    if (this.element) {
      return;
    }
    this.title = textIn("h3");
    this.list = make("ul");
    this.list.tabIndex = 0;
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

  draw() {
    this.drawing = false;
    if (!this.element) {
      return;
    }
    say(this.title, this.summary());
    for (const [id, { state, text }] of [...this.states].slice(0, LISTED)) {
      this.line(id, state, text);
    }
    if ([...this.states.values()].every(({ state }) => state === "confirmed")) {
      setTimeout(() => this.leave(), LINGER_MS);
    }
  }

  line(id, state, text) {
    let line = this.lines.get(id);
    if (line === undefined) {
      line = { icon: icon(), text: textIn("span", "dim"), element: make("li") };
      line.element.append(line.icon, make("span", "name", this.nameOf(id)), line.text);
      this.list.append(line.element);
      this.lines.set(id, line);
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
