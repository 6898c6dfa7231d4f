// The words for states, and what can be done to jobs in them.

/** The most interesting first. */
export const WORDS = [
  ...["running", "stalled", "failed", "init", "pending", "waiting", "paused"],
  ...["unknown", "removed", "aborted", "done"],
];

const RANKS = new Map(WORDS.map((word, rank) => [word, rank]));
const ENDS = new Set(["done", "aborted", "removed"]);
const LIKELY = {
  pause: new Set(["init", "pending", "waiting", "running", "stalled", "failed"]),
  resume: new Set(["paused", "failed", "aborted"]),
  abort: new Set(WORDS.filter((word) => !ENDS.has(word))),
};

/** How each action is spoken of: what it is called, what it is while it is pending, and what has come of it. */
export const ACTIONS = {
  pause: { title: "Pause", doing: "pausing", done: "paused" },
  resume: { title: "Resume", doing: "resuming", done: "resumed" },
  abort: { title: "Abort", doing: "aborting", done: "aborted" },
};

export function rankOf(word) {
  return RANKS.get(word) ?? WORDS.length;
}

export function knownWord(word) {
  return RANKS.has(word) ? word : "unknown";
}

export function hasEnded(row) {
  return ENDS.has(row.word);
}

export function isRunning(row) {
  return row.word === "running" || row.word === "stalled";
}

/** Whether an action makes sense for a job as it is. */
export function canDo(action, row) {
  return LIKELY[action].has(row.word);
}

/** Whether a job's state shows that an action has been taken, given the word it was in before. */
export function confirms(action, before, word) {
  if (action === "resume") {
    return word !== before && word !== "paused";
  }
  return word === ACTIONS[action].done;
}
