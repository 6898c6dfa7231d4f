// One row of the list: an element that shows one job after another, and changes only what differs.

import { button, byId, drawing, icon, make, say, setIcon, textIn } from "./dom.js";
import { UNKNOWN, countText, durationText, percentText, speedText } from "./format.js";
import { secondsLeft } from "./rows.js";
import { ACTIONS, isRunning, knownWord } from "./words.js";

const WIDTH = 60;
const FLOOR = 19;
const HEIGHT = 20;
/** So much higher than its highest speed is a line's drawing. */
const HEADROOM = 1.15;

/** The path of a line of speeds: it grows from the right, and stands on nothing at all. */
export function sparkLine(speeds) {
  const top = Math.max(...speeds, 0.001) * HEADROOM;
  const points = speeds.map((speed, at) => {
    const y = FLOOR - (Math.max(speed, 0) / top) * FLOOR;
    return `${WIDTH - speeds.length + at} ${y.toFixed(1)}`;
  });
  return points.length > 1 ? `M${points.join("L")}` : "";
}

/** The line of a job's speeds, kept with it until there is another. */
function sparkOf(row) {
  row.line ??= sparkLine(row.spark);
  return row.line;
}

/** What is said beside a job's state when it is not known what has come of an action. */
const DOUBTS = { late: "not confirmed", unknown: "not known yet" };

/** The state of a job in words; an action under way stands for it as long as its outcome is not in doubt. */
export function stateText(row, pending) {
  return pending && !DOUBTS[pending.state] ? `${ACTIONS[pending.action].doing}…` : row.word;
}

export function stateIcon(row, pending) {
  return pending && !DOUBTS[pending.state] ? "sent" : knownWord(row.word);
}

/** `pause not confirmed`, or an empty text. */
export function doubtText(pending) {
  if (pending?.state === "late") {
    return `${pending.action} not confirmed`;
  }
  return pending?.state === "unknown" ? `${pending.action} sent, outcome unknown` : "";
}

function routeText(row) {
  return `${row.source ?? UNKNOWN} → ${row.destination ?? UNKNOWN}`;
}

function cell(name, ...children) {
  const element = make("div", `c ${name}`, ...children);
  element.setAttribute("role", "gridcell");
  return element;
}

export class RowView {
  constructor(permit, number) {
    this.permit = permit;
    this.element = make("div", "row");
    this.element.setAttribute("role", "row");
    this.element.id = `row-${number}`;
    this.icon = icon();
    this.shown = {};
    for (const name of ["state", "name", "route", "user", "speed", "left"]) {
      this[name] = textIn("span");
    }
    this.percent = textIn("span", "number");
    this.doubt = textIn("span", "doubt");
    this.doubt.hidden = true;
    this.fill = make("i");
    this.spark = drawing("spark", `0 0 ${WIDTH} ${HEIGHT}`, "path", "path");
    this.spark.setAttribute("preserveAspectRatio", "xMaxYMid");
    this.element.append(
      this.makeBox(),
      cell("state", this.icon, make("span", "words", this.state, this.doubt)),
      cell("name", this.name),
      cell("route", this.route),
      cell("user", this.user),
      cell("progress", make("span", "track", this.fill), this.percent),
      cell("speed", this.spark, this.speed),
      cell("left", this.left),
      this.makeActions(),
    );
  }

  makeBox() {
    this.box = make("input");
    this.box.type = "checkbox";
    this.box.tabIndex = -1;
    return cell("pick acting", this.box);
  }

  makeActions() {
    this.turn = button("Pause", "quiet", null, icon("pause"));
    this.stop = button("Abort", "quiet", null, icon("abort"));
    this.turn.tabIndex = this.stop.tabIndex = -1;
    this.stop.dataset.action = "abort";
    return cell("actions acting", this.turn, this.stop);
  }

  /** Places the row, and tells how it stands to the cursor and the selection. */
  place(index, height, cursor, selected) {
    const { shown, element } = this;
    if (shown.index !== index || shown.height !== height) {
      shown.index = index;
      shown.height = height;
      element.style.transform = `translateY(${index * height}px)`;
      element.setAttribute("aria-rowindex", index + 2);
      element.classList.toggle("odd", index % 2 === 1);
    }
    if (shown.cursor !== cursor) {
      shown.cursor = cursor;
      element.classList.toggle("cursor", cursor);
    }
    const chosen = this.permit.readOnly ? null : selected;
    if (shown.selected !== chosen) {
      shown.selected = chosen;
      this.box.checked = selected;
      if (chosen === null) {
        element.removeAttribute("aria-selected");
      } else {
        element.setAttribute("aria-selected", chosen);
      }
    }
  }

  show(row, pending, now) {
    const { shown, element } = this;
    element.dataset.id = row.id;
    const word = knownWord(row.word);
    if (shown.word !== word) {
      shown.word = element.dataset.word = word;
    }
    const mark = stateIcon(row, pending);
    if (shown.mark !== mark) {
      shown.mark = mark;
      setIcon(this.icon, mark);
      element.classList.toggle("pending", mark === "sent");
    }
    say(this.state, stateText(row, pending));
    const doubt = doubtText(pending);
    if (this.doubt.title !== doubt) {
      this.doubt.title = doubt;
      say(this.doubt, doubt && DOUBTS[pending.state]);
      this.doubt.hidden = !doubt;
    }
    if (shown.title !== row.name) {
      shown.title = this.name.title = row.name;
      say(this.name, row.name);
      this.box.setAttribute("aria-label", `Select ${row.name}`);
    }
    const route = routeText(row);
    if (shown.route !== route) {
      shown.route = this.route.title = route;
      say(this.route, route);
    }
    const user = row.user ?? UNKNOWN;
    if (shown.user !== user) {
      shown.user = this.user.title = user;
      say(this.user, user);
    }
    say(this.percent, percentText(row.progress));
    if (shown.progress !== row.progress) {
      shown.progress = row.progress;
      this.fill.style.transform = `scaleX(${Math.min(Math.max(row.progress ?? 0, 0), 100) / 100})`;
    }
    const running = isRunning(row);
    say(this.speed, running ? speedText(row.speed) : UNKNOWN);
    this.showLeft(row, now);
    this.showSpark(running ? sparkOf(row) : "");
    this.showActions(row);
  }

  showLeft(row, now) {
    say(this.left, isRunning(row) ? durationText(secondsLeft(row, now)) : UNKNOWN);
  }

  showSpark(line) {
    if (this.shown.line !== line) {
      this.shown.line = line;
      const [area, edge] = this.spark.children;
      const start = line.slice(1, line.indexOf(" "));
      area.setAttribute("d", line && `${line}L${WIDTH - 1} ${FLOOR}L${start} ${FLOOR}Z`);
      edge.setAttribute("d", line);
    }
  }

  showActions(row) {
    const turn = ["resume", "pause"].find((action) => this.permit.can(action, row)) ?? "";
    const stop = this.permit.can("abort", row);
    const key = `${turn} ${stop} ${row.name}`;
    if (this.shown.actions === key) {
      return;
    }
    this.shown.actions = key;
    this.turn.hidden = !turn;
    this.stop.hidden = !stop;
    this.stop.title = "Abort";
    this.stop.setAttribute("aria-label", `Abort ${row.name}`);
    if (turn) {
      this.turn.dataset.action = turn;
      this.turn.title = ACTIONS[turn].title;
      this.turn.setAttribute("aria-label", `${ACTIONS[turn].title} ${row.name}`);
      setIcon(this.turn.firstChild, turn);
    }
  }
}

/** The heading of a group. */
export class HeadingView {
  constructor(permit, number) {
    this.permit = permit;
    this.element = make("div", "row heading");
    this.element.setAttribute("role", "row");
    this.element.id = `heading-${number}`;
    this.label = textIn("strong");
    this.count = textIn("span", "count");
    this.speed = textIn("span", "number");
    this.all = cell("all", this.label, this.count, this.speed);
    this.element.append(this.all);
  }

  place(index, height, cursor) {
    this.element.style.transform = `translateY(${index * height}px)`;
    this.element.setAttribute("aria-rowindex", index + 2);
    this.element.classList.toggle("cursor", cursor);
  }

  show(heading) {
    this.element.dataset.id = heading.id;
    const columns = byId("head").querySelectorAll(this.permit.readOnly ? ".c:not(.acting)" : ".c");
    this.all.setAttribute("aria-colspan", columns.length);
    say(this.label, heading.label);
    say(this.count, countText(heading.rows.length));
    const speed = heading.rows.reduce((sum, row) => sum + (isRunning(row) ? (row.speed ?? 0) : 0), 0);
    say(this.speed, speed > 0 ? speedText(speed) : "");
  }
}
