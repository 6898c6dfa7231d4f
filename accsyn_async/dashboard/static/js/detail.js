// One job, opened: all that is known of it, and its tasks.

import { button, byId, icon, make, say, setIcon, textIn } from "./dom.js";
import { UNKNOWN, durationText, percentText, sizeText, speedText, timeText } from "./format.js";
import { secondsLeft } from "./rows.js";
import { doubtText, stateIcon, stateText } from "./row_view.js";
import { ACTIONS, hasEnded, isRunning, knownWord } from "./words.js";

const AGAIN_MS = 3000;
/** Where the panel covers all the rest, as the style has it. */
const NARROW = matchMedia("(max-width: 40rem)");
const BATCH = 150;
const NO_TASKS = "Not relayed. A dashboard that asks accsyn itself shows them.";

const FACTS = {
  Status: (row) => row.status ?? row.word,
  Source: (row) => row.source ?? UNKNOWN,
  Destination: (row) => row.destination ?? UNKNOWN,
  Size: (row) => sizeText(row.size),
  Speed: (row) => (isRunning(row) ? speedText(row.speed) : UNKNOWN),
  "Time left": (row, now) => (isRunning(row) ? durationText(secondsLeft(row, now)) : UNKNOWN),
  User: (row) => row.user ?? UNKNOWN,
  Queue: (row) => row.queue ?? UNKNOWN,
  Created: (row) => timeText(row.created),
  Finished: (row) => timeText(row.finished),
  Id: (row) => row.id,
};

/** accsyn's words for tasks that jobs do not have. */
const TASK_WORDS = new Map([
  ["executing", "running"],
  ["booting", "init"],
  ["queued", "waiting"],
  ["onhold", "paused"],
  ["excluded", "removed"],
]);

function taskWord(status) {
  return TASK_WORDS.get(status) ?? knownWord(status);
}

class TaskView {
  constructor() {
    this.icon = icon();
    for (const name of ["uri", "state", "size", "note"]) {
      this[name] = textIn("span", name);
    }
    this.fill = make("i");
    this.element = make("li", "", this.icon, this.uri, this.state, make("span", "track", this.fill), this.size, this.note);
  }

  show(task) {
    const word = taskWord(task.status);
    this.element.dataset.word = word;
    setIcon(this.icon, word);
    const ends = [task.source, task.destination].filter(Boolean).join(" → ");
    say(this.uri, ends || task.uri || task.id);
    this.uri.title = this.uri.textContent;
    say(this.state, `${task.status ?? UNKNOWN} · ${percentText(task.progress)}`);
    say(this.size, sizeText(task.size));
    say(this.note, task.message ?? "");
    this.note.hidden = !task.message;
    this.fill.style.transform = `scaleX(${Math.min(Math.max(task.progress ?? 0, 0), 100) / 100})`;
  }
}

export class Detail {
  /**
   * `act(action, id)` does something to the job; `closed()` is called when the panel is closed by its button. What is
   * `relayed` has no tasks to ask for.
   */
  constructor({ permit, relayed, pendingOf, act, closed }) {
    this.permit = permit;
    this.relayed = relayed;
    this.pendingOf = pendingOf;
    this.id = "";
    this.panel = byId("detail");
    this.title = textIn("h2");
    this.title.tabIndex = -1;
    this.title.id = "detail-title";
    this.icon = icon();
    this.state = textIn("span");
    this.percent = textIn("span", "number");
    this.fill = make("i");
    this.doubt = textIn("span", "doubt");
    this.line = make("div", "state", this.icon, this.state, this.doubt, this.percent);
    this.buttons = new Map();
    this.facts = new Map();
    this.about = textIn("p", "dim");
    this.list = make("ul", "tasks");
    this.tasks = new Map();
    this.timer = 0;
    this.asked = false;
    this.build(act, closed);
  }

  build(act, closed) {
    const bar = make("div", "buttons acting");
    for (const [action, { title }] of Object.entries(ACTIONS)) {
      const each = button(title, action === "abort" ? "danger" : "", () => act(action, this.id));
      each.prepend(icon(action));
      this.buttons.set(action, each);
      bar.append(each);
    }
    const facts = make("dl");
    for (const name of Object.keys(FACTS)) {
      const value = textIn("dd");
      this.facts.set(name, value);
      facts.append(make("div", "", make("dt", "", name), value));
    }
    const close = button("Close (Escape)", "quiet", closed, icon("close"));
    this.panel.append(
      make("header", "", this.title, close),
      make("div", "body", this.line, make("span", "track", this.fill), bar, facts,
        make("h3", "", "Tasks"), this.about, this.list),
    );
    this.panel.lastChild.tabIndex = 0;
    this.panel.setAttribute("aria-labelledby", this.title.id);
    NARROW.addEventListener("change", () => this.cover());
  }

  /** Opens a job; an empty id closes the panel. */
  open(id, row, now) {
    if (id !== this.id) {
      this.id = id;
      clearTimeout(this.timer);
      this.tasks.clear();
      this.list.replaceChildren();
      say(this.about, this.relayed ? NO_TASKS : id ? "Asking for its tasks…" : "");
      this.panel.hidden = !id;
      this.cover();
      this.asked = false;
      this.panel.lastChild.scrollTop = 0;
    }
    this.show(row, now);
  }

  /** Whether nothing else can be reached while it is open. */
  get covers() {
    return Boolean(this.id) && NARROW.matches;
  }

  cover() {
    const { covers } = this;
    for (const each of ["top", "banner", "tools", "jobs"]) {
      byId(each).inert = covers;
    }
    if (covers) {
      this.panel.setAttribute("role", "dialog");
      this.panel.setAttribute("aria-modal", "true");
      if (!this.panel.contains(document.activeElement)) {
        this.title.focus();
      }
    } else {
      this.panel.removeAttribute("role");
      this.panel.removeAttribute("aria-modal");
    }
  }

  show(row, now) {
    if (!this.id) {
      return;
    }
    this.row = row;
    if (!row) {
      say(this.title, "This job is not here (any more)");
      this.panel.dataset.word = "unknown";
      this.panel.classList.add("missing");
      return;
    }
    this.panel.classList.remove("missing");
    if (!this.asked && !this.relayed) {
      this.asked = true;
      this.ask(row.id);
    }
    const pending = this.pendingOf(row.id);
    this.panel.dataset.word = knownWord(row.word);
    say(this.title, row.name);
    setIcon(this.icon, stateIcon(row, pending));
    say(this.state, stateText(row, pending));
    say(this.doubt, doubtText(pending));
    say(this.percent, percentText(row.progress));
    this.fill.style.transform = `scaleX(${Math.min(Math.max(row.progress ?? 0, 0), 100) / 100})`;
    for (const [name, value] of this.facts) {
      say(value, FACTS[name](row, now));
    }
    for (const [action, each] of this.buttons) {
      each.hidden = !this.permit.actions.includes(action);
      each.disabled = !this.permit.can(action, row);
    }
  }

  /** Asks for the tasks, again and again until the job has ended. */
  async ask(id) {
    let ended = false;
    if (document.visibilityState === "visible") {
      ended = Boolean(this.row && hasEnded(this.row));
      let answer;
      try {
        answer = await fetch(`./jobs/${encodeURIComponent(id)}/tasks`, { cache: "no-store" });
        const { tasks, more } = answer.ok ? await answer.json() : {};
        if (id !== this.id) {
          return;
        }
        if (tasks) {
          this.fillIn(tasks, more);
        } else {
          say(this.about, `Its tasks cannot be shown: the server answers with HTTP ${answer.status}.`);
        }
      } catch {
        say(this.about, "Its tasks cannot be shown: the server cannot be reached.");
        ended = false;
      }
    }
    if (!ended && id === this.id) {
      this.timer = setTimeout(() => this.ask(id), AGAIN_MS);
    }
  }

  fillIn(tasks, more) {
    say(this.about, tasks.length ? `${tasks.length}${more ? `, and ${more} more that are not shown` : ""}` : "None.");
    const ids = new Set(tasks.map((task) => task.id));
    for (const [id, view] of this.tasks) {
      if (!ids.has(id)) {
        view.element.remove();
        this.tasks.delete(id);
      }
    }
    this.fillFrom(this.id, tasks, 0);
  }

  /** So many at a time that the page stays quick. */
  fillFrom(id, tasks, at) {
    if (id !== this.id) {
      return;
    }
    for (const task of tasks.slice(at, at + BATCH)) {
      let view = this.tasks.get(task.id);
      if (view === undefined) {
        view = new TaskView();
        this.tasks.set(task.id, view);
        this.list.append(view.element);
      }
      view.show(task);
    }
    if (at + BATCH < tasks.length) {
      requestAnimationFrame(() => this.fillFrom(id, tasks, at + BATCH));
    }
  }
}
