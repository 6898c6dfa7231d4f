// Which rows are shown, in which order, under which headings.

import { UNKNOWN } from "./format.js";
import { rankOf } from "./words.js";

/** So that shot_2 comes before shot_10. */
function natural(text) {
  return text ? text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, "0")) : null;
}

function nameKey(row) {
  row.nameKey ??= natural(row.name) ?? "";
  return row.nameKey;
}

/** When a job ends, as far as that is known. */
function endOf(row) {
  return typeof row.eta_s === "number" ? row.etaAt / 1000 + row.eta_s : null;
}

/** What can be sorted by: a title, what is compared, and whether that changes all the time. */
export const SORTS = {
  status: { title: "Status", key: (row) => rankOf(row.word), lively: true },
  name: { title: "Name", key: nameKey, lively: false },
  source: { title: "Source", key: (row) => natural(row.source), lively: false },
  destination: { title: "Destination", key: (row) => natural(row.destination), lively: false },
  user: { title: "User", key: (row) => natural(row.user), lively: false },
  progress: { title: "Progress", key: (row) => row.progress, lively: true },
  speed: { title: "Speed", key: (row) => row.speed, lively: true },
  left: { title: "Time left", key: endOf, lively: true },
  size: { title: "Size", key: (row) => row.size, lively: true },
  created: { title: "Created", key: (row) => row.created, lively: false },
  finished: { title: "Finished", key: (row) => row.finished, lively: true },
};

/** What rows can be grouped by. */
export const GROUPS = {
  queue: { title: "Queue", label: (row) => row.queue },
  user: { title: "User", label: (row) => row.user },
  status: { title: "Status", label: (row) => row.word },
};

function compare(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Sorts in place; what is not known comes last, either way. */
function sortRows(rows, sort, desc) {
  const { key } = SORTS[sort];
  const keys = new Map(rows.map((row) => [row, key(row) ?? null]));
  const sign = desc ? -1 : 1;
  return rows.sort((left, right) => {
    const [one, other] = [keys.get(left), keys.get(right)];
    if (one === other) {
      return compare(nameKey(left), nameKey(right)) || compare(left.id, right.id);
    }
    if (one === null || other === null) {
      return one === null ? 1 : -1;
    }
    return sign * compare(one, other);
  });
}

function headings(rows, group) {
  const groups = new Map();
  for (const row of rows) {
    const label = GROUPS[group].label(row) || UNKNOWN;
    const heading = groups.get(label) ?? { heading: true, id: `\n${label}`, label, rows: [] };
    groups.set(label, heading);
    heading.rows.push(row);
  }
  const rank = (heading) => (group === "status" ? rankOf(heading.label) : natural(heading.label));
  const last = (heading) => (heading.label === UNKNOWN ? 1 : 0);
  return [...groups.values()].sort(
    (left, right) => last(left) - last(right) || compare(rank(left), rank(right)),
  );
}

/** What is shown, from top to bottom: rows, and headings (`{heading: true, id, label, rows}`) if grouped. */
export function arrange(all, matches, { sort, desc, group }) {
  const rows = [];
  for (const row of all) {
    if (matches === null || matches(row)) {
      rows.push(row);
    }
  }
  sortRows(rows, sort, desc);
  if (!group) {
    return rows;
  }
  const items = [];
  for (const heading of headings(rows, group)) {
    items.push(heading);
    for (const row of heading.rows) {
      items.push(row);
    }
  }
  return items;
}
