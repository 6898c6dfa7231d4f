// The tools above the list: filter, order and groups, which live in the page's address.

import { byId, make, say } from "./dom.js";
import { GROUPS, SORTS } from "./order.js";
import { writeView } from "./view.js";

const ADDRESS_MS = 250;
const DOWN_FIRST = new Set(["speed", "progress", "size", "created"]);

export class Tools {
  /** `looked(change)` is called when something else is looked at. */
  constructor(view, looked) {
    this.view = view;
    this.looked = looked;
    this.saved = 0;
    this.filter = byId("filter");
    this.filter.addEventListener("input", () => this.look({ q: this.filter.value }));
    for (const [select, choices] of [[byId("group"), GROUPS], [byId("sort"), SORTS]]) {
      for (const [name, { title }] of Object.entries(choices)) {
        select.append(new Option(title, name));
      }
      select.addEventListener("change", () => this.look({ [select.id]: select.value }));
    }
    byId("desc").addEventListener("click", () => this.look({ desc: !this.view.desc }));
    byId("help-button").addEventListener("click", () => this.help());
    byId("help-close").addEventListener("click", () => byId("help").close());
    this.columns = byId("head").querySelectorAll("[data-sort]");
    for (const column of this.columns) {
      column.firstElementChild.addEventListener("click", () => this.sortBy(column.dataset.sort));
    }
    writeView(view);
    this.show();
  }

  /** Looks at something else; the address follows. */
  look(change) {
    Object.assign(this.view, change);
    this.show();
    this.looked(change);
    clearTimeout(this.saved);
    this.saved = setTimeout(() => writeView(this.view), ADDRESS_MS);
  }

  help() {
    byId("help").showModal();
  }

  /** Offers what can be done to jobs, and nothing else. */
  offer({ actions, readOnly }) {
    document.body.classList.toggle("read-only", readOnly);
    byId("help-letters").replaceChildren(...actions.flatMap((action) => [make("kbd", "", action[0]), " "]));
    say(byId("help-actions"), `${actions.join(", ")}, after a question`);
  }

  toggleState(word) {
    const words = this.view.q.split(/\s+/).filter(Boolean);
    const rest = words.filter((each) => !each.startsWith("status:"));
    this.look({ q: [...rest, ...(words.includes(`status:${word}`) ? [] : [`status:${word}`])].join(" ") });
  }

  sortBy(sort) {
    this.look(this.view.sort === sort ? { desc: !this.view.desc } : { sort, desc: DOWN_FIRST.has(sort) });
  }

  show() {
    const { q, group, sort, desc } = this.view;
    if (this.filter.value !== q) {
      this.filter.value = q;
    }
    byId("group").value = group;
    byId("sort").value = sort;
    byId("desc").setAttribute("aria-pressed", desc);
    for (const column of this.columns) {
      const sorted = column.dataset.sort === sort;
      column.setAttribute("aria-sort", sorted ? (desc ? "descending" : "ascending") : "none");
    }
  }
}
