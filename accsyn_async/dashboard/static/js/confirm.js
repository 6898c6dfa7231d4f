// The question before an action.

import { button, make } from "./dom.js";
import { jobsText } from "./format.js";
import { ACTIONS } from "./words.js";

const NAMED_AT_MOST = 100;

/** What it means: for one job, and for several. */
const MEANINGS = {
  abort: [
    "What has been transferred so far stays where it is. An aborted job can be resumed later.",
    "What has been transferred so far stays where it is. Aborted jobs can be resumed later.",
  ],
  pause: [
    "It keeps what has been transferred, and goes on when it is resumed.",
    "They keep what has been transferred, and go on when they are resumed.",
  ],
  resume: ["It goes on as soon as there is room for it.", "They go on as soon as there is room for them."],
};

/** Asks whether to do something to jobs, by name; resolves to whether it is wanted. Enter aborts nothing. */
export function ask(action, rows, left) {
  const { title } = ACTIONS[action];
  const dialog = make("dialog", "ask");
  const heading = make("h2", "", rows.length === 1 ? `${title} this job?` : `${title} ${jobsText(rows.length)}?`);
  heading.id = "ask-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  const names = make("ul", "names", ...rows.slice(0, NAMED_AT_MOST).map((row) => make("li", "", row.name)));
  names.tabIndex = 0;
  names.setAttribute("aria-label", "Jobs");
  if (rows.length > NAMED_AT_MOST) {
    names.append(make("li", "dim", `and ${jobsText(rows.length - NAMED_AT_MOST)} more`));
  }
  const notes = [MEANINGS[action][rows.length === 1 ? 0 : 1]];
  if (left) {
    notes.push(`${jobsText(left)} of the selection ${left === 1 ? "is" : "are"} left alone: there this makes no sense.`);
  }
  return new Promise((resolve) => {
    const end = (wanted) => () => {
      dialog.returnValue = wanted ? "yes" : "";
      dialog.close();
    };
    const no = button("Cancel", "", end(false));
    const yes = button(title, action === "abort" ? "danger" : "primary", end(true));
    dialog.append(heading, names, ...notes.map((note) => make("p", "", note)), make("div", "buttons", no, yes));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    (action === "abort" ? no : yes).focus();
  });
}
