// The list of jobs: only the rows that are seen exist, and they are changed in place.

import { Choice } from "./choice.js";
import { byId, make } from "./dom.js";
import { HeadingView, RowView } from "./row_view.js";

const SPARE = 6;
const TIDY_MS = 200;

export class Table {
  /** `moved()` is called when the rows that are seen change, or what is chosen of them. */
  constructor({ permit, pendingOf, moved }) {
    this.permit = permit;
    this.pendingOf = pendingOf;
    this.moved = moved;
    this.list = byId("list");
    this.head = byId("head");
    this.body = byId("rows");
    this.items = [];
    this.places = new Map();
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
    this.choice = new Choice(this);
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
    this.choice.forget();
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
        this.reveal(this.places.get(this.choice.cursor));
      }
    }
  }

  focus() {
    this.list.focus({ preventScroll: true });
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
    const last = Math.max(first, Math.min(this.items.length, first + Math.ceil(this.seen / this.height) + 2 * SPARE));
    const indexes = Array.from({ length: last - first }, (_, at) => first + at);
    // The row under the cursor is there wherever it is: assistive technology is at it.
    const at = this.places.get(this.choice.cursor);
    if (at !== undefined && (at < first || at >= last)) {
      indexes.push(at);
    }
    const wanted = new Set(indexes.map((index) => this.items[index].id));
    for (const [id, view] of this.views) {
      if (!wanted.has(id)) {
        this.views.delete(id);
        this.free[view instanceof RowView ? "row" : "heading"].push(view);
      }
    }
    const { cursor, selected } = this.choice;
    for (const index of indexes) {
      const item = this.items[index];
      const known = this.views.get(item.id);
      const view = known ?? this.take(item);
      if (known === undefined || dirty === null || item.heading || dirty.has(item.id)) {
        view.show(item, this.pendingOf(item.id), now);
      }
      view.place(index, this.height, item.id === cursor, selected.has(item.id));
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
      view = item.heading ? new HeadingView(this.permit, this.made) : new RowView(this.permit, this.made);
      this.body.append(view.element);
    }
    view.element.hidden = false;
    this.views.set(item.id, view);
    return view;
  }

  /** Tells assistive technology where the cursor is. */
  point() {
    const view = this.views.get(this.choice.cursor);
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

  jobs(items) {
    return items.flatMap((item) => (item.heading ? [] : [item.id]));
  }
}

/** What stands where rows would: a heading, a sentence, and perhaps what to do. */
export function showEmpty(title, text, ...more) {
  const empty = byId("empty");
  empty.replaceChildren(...(title ? [make("h2", "", title), make("p", "", text), ...more] : []));
  empty.hidden = !title;
}
