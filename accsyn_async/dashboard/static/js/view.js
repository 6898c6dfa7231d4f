// What is looked at (filter, sort, group, the open job), kept in the page's address.

import { GROUPS, SORTS } from "./order.js";

const START = { q: "", sort: "status", desc: false, group: "", job: "" };

/** Reads the address; what it does not know, it takes for not said. */
export function readView() {
  const query = new URLSearchParams(location.search);
  const sort = query.get("sort") ?? "";
  const group = query.get("group") ?? "";
  return {
    q: query.get("q") ?? START.q,
    sort: Object.hasOwn(SORTS, sort) ? sort : START.sort,
    desc: query.has("desc"),
    group: Object.hasOwn(GROUPS, group) ? group : START.group,
    job: query.get("job") ?? START.job,
  };
}

/** Writes the address anew, without what a login left in it. */
export function writeView(view) {
  const query = new URLSearchParams();
  for (const key of ["q", "sort", "group", "job"]) {
    if (view[key] !== START[key]) {
      query.set(key, view[key]);
    }
  }
  const text = query.toString() + (view.desc ? (query.size ? "&desc" : "desc") : "");
  history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
}
