// The list of jobs: only the rows that are seen exist, and they are changed in place.

import { byId, make } from "./dom.js";
import { HeadingView, RowView } from "./row_view.js";

const SPARE = 6;
const TIDY_MS = 200;

export class Table {
  /** `moved()` is called when the rows that are seen, the cursor or the selection change. */
  constructor({ readOnly, columns, pendingOf, moved }) {
    this.readOnly = readOnly;
    this.columns = columns;
    this.pendingOf = pendingOf;
    this.moved = moved;
    this.list = byId("list");
    this.head = byId("head");
    this.body = byId("rows");
    this.items = [];
    this.places = new Map();
    this.cursor = "";
    this.anchor = "";
    this.selected = new Set();
    this.views = new Map();
    this.free = { row: [], heading: [] };
    this.made = 0;
    this.tidying = 0;
    this.held = false;
    this.covered = 0;
    this.list.addEventListener("scroll", () => moved(), { passive: true });
    new ResizeObserver(() => {
      this.measure();
      moved();
    }).observe(this.list);
    this.measure();
  }

  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.height = parseFloat(getComputedStyle(this.body).getPropertyValue("--row")) * rem;
    this.above = this.head.offsetHeight;
    this.seen = this.list.clientHeight - this.above;
    this.stretch();
  }

  stretch() {
    this.body.style.height = `${this.items.length * this.height + this.covered}px`;
  }

  /** Takes what is to be shown; with `keep`, the row at the top stays where it is. */
  arrange(items, keep) {
    const top = Math.floor(this.list.scrollTop / this.height);
    const anchor = keep && this.list.scrollTop > 0 ? this.items[top]?.id : undefined;
    this.items = items;
    this.places = new Map(items.map((item, index) => [item.id, index]));
    this.stretch();
    this.list.setAttribute("aria-rowcount", items.length + 1);
    for (const id of this.selected) {
      if (!this.places.has(id)) {
        this.selected.delete(id);
      }
    }
    if (this.places.has(anchor)) {
      this.list.scrollTop += (this.places.get(anchor) - top) * this.height;
    }
  }

  /** So much at the lower end is covered by something else. */
  cover(height) {
    if (this.covered !== height) {
      this.covered = height;
      this.stretch();
      if (document.activeElement === this.list) {
        this.reveal(this.places.get(this.cursor));
      }
    }
  }

  reveal(index) {
    if (index === undefined) {
      return;
    }
    const at = index * this.height;
    if (at < this.list.scrollTop) {
      this.list.scrollTop = at;
    } else if (at + this.height > this.list.scrollTop + this.seen - this.covered) {
      this.list.scrollTop = at + this.height - this.seen + this.covered;
    }
  }

  /** Draws the rows that are seen; of those that were already, only the ones in `dirty` (all, when it is `null`). */
  render(dirty, now) {
    const first = Math.max(0, Math.floor(this.list.scrollTop / this.height) - SPARE);
    const last = Math.min(this.items.length, first + Math.ceil(this.seen / this.height) + 2 * SPARE);
    const wanted = new Set();
    for (let index = first; index < last; index += 1) {
      wanted.add(this.items[index].id);
    }
    for (const [id, view] of this.views) {
      if (!wanted.has(id)) {
        this.views.delete(id);
        this.free[view instanceof RowView ? "row" : "heading"].push(view);
      }
    }
    for (let index = first; index < last; index += 1) {
      const item = this.items[index];
      const known = this.views.get(item.id);
      const view = known ?? this.take(item);
      if (known === undefined || dirty === null || item.heading || dirty.has(item.id)) {
        view.show(item, this.pendingOf(item.id), now);
      }
      view.place(index, this.height, item.id === this.cursor, this.selected.has(item.id));
    }
    for (const view of [...this.free.row, ...this.free.heading]) {
      view.element.hidden = true;
    }
    this.point();
    clearTimeout(this.tidying);
    this.tidying = setTimeout(() => this.tidy(), TIDY_MS);
  }

  /** Runs the time left down. */
  tick(now) {
    for (const [id, view] of this.views) {
      const item = this.items[this.places.get(id)];
      if (item && !item.heading) {
        view.showLeft(item, now);
      }
    }
  }

  take(item) {
    let view = this.free[item.heading ? "heading" : "row"].pop();
    if (view === undefined) {
      this.made += 1;
      view = item.heading ? new HeadingView(this.columns, this.made) : new RowView(this.readOnly, this.made);
      this.body.append(view.element);
    }
    view.element.hidden = false;
    this.views.set(item.id, view);
    return view;
  }

  /** Tells assistive technology where the cursor is. */
  point() {
    const view = this.views.get(this.cursor);
    if (view) {
      this.list.setAttribute("aria-activedescendant", view.element.id);
    } else {
      this.list.removeAttribute("aria-activedescendant");
    }
  }

  /** Brings the elements into the order in which they are seen, for whoever reads them one by one. */
  tidy() {
    if (this.held) {
      return;
    }
    const views = [...this.views.entries()].sort(
      ([left], [right]) => this.places.get(left) - this.places.get(right),
    );
    let before = null;
    for (const [, { element }] of views) {
      const next = before ? before.nextSibling : this.body.firstChild;
      if (next !== element) {
        this.body.insertBefore(element, next);
      }
      before = element;
    }
  }

  /** How many rows fit on a page. */
  get page() {
    return Math.max(1, Math.floor(this.seen / this.height) - 1);
  }

  /** Moves the cursor to the row at an index, or the nearest that there is. */
  moveTo(index, extend = false) {
    if (!this.items.length) {
      return;
    }
    const to = Math.min(Math.max(index, 0), this.items.length - 1);
    const from = this.cursor;
    this.cursor = this.items[to].id;
    if (extend && !this.readOnly) {
      this.anchor ||= from || this.cursor;
      this.extend();
    } else {
      this.anchor = "";
    }
    this.reveal(to);
    this.moved();
  }

  moveBy(step, extend) {
    const at = this.places.get(this.cursor);
    this.moveTo(at === undefined ? (step > 0 ? 0 : this.items.length - 1) : at + step, extend);
  }

  /** Selects everything between the anchor and the cursor. */
  extend() {
    const ends = [this.places.get(this.anchor) ?? 0, this.places.get(this.cursor)].sort((a, b) => a - b);
    this.selected = new Set(this.jobs(this.items.slice(ends[0], ends[1] + 1)));
  }

  jobs(items) {
    return items.flatMap((item) => (item.heading ? [] : [item.id]));
  }

  /** Selects a row or lets it go; of a heading, all of its rows. */
  toggle(id) {
    const item = this.items[this.places.get(id)];
    if (item === undefined || this.readOnly) {
      return;
    }
    const ids = item.heading ? this.jobs(item.rows) : [id];
    const all = ids.every((each) => this.selected.has(each));
    for (const each of ids) {
      if (all) {
        this.selected.delete(each);
      } else {
        this.selected.add(each);
      }
    }
    this.anchor = id;
    this.moved();
  }

  /** Selects all rows that are shown, or none. */
  selectAll(all) {
    this.selected = new Set(all && !this.readOnly ? this.jobs(this.items) : []);
    this.anchor = "";
    this.moved();
  }
}

/** What stands where rows would: a heading, a sentence, and perhaps what to do. */
export function showEmpty(title, text, ...more) {
  const empty = byId("empty");
  empty.replaceChildren(...(title ? [make("h2", "", title), make("p", "", text), ...more] : []));
  empty.hidden = !title;
}
