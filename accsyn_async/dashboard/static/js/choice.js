// Which row the cursor is at, and which jobs are selected.

export class Choice {
  constructor(table) {
    this.table = table;
    this.cursor = "";
    this.anchor = "";
    this.selected = new Set();
  }

  /** What is not listed any more is not meant either. */
  forget() {
    const { places } = this.table;
    for (const id of this.selected) {
      if (!places.has(id)) {
        this.selected.delete(id);
      }
    }
    this.cursor = places.has(this.cursor) ? this.cursor : "";
    this.anchor = places.has(this.anchor) ? this.anchor : "";
  }

  /** Brings a row onto the screen, with the cursor at it. */
  show(id) {
    const at = this.table.places.get(id);
    if (at !== undefined) {
      this.cursor = id;
      this.table.reveal(at);
      this.table.moved();
    }
  }

  /** The jobs that a key means: the selection, or else the one under the cursor, which is brought to be seen. */
  meant() {
    if (this.selected.size) {
      return [...this.selected];
    }
    const item = this.table.items[this.table.places.get(this.cursor)];
    this.show(this.cursor);
    return item ? this.table.jobs([item]) : [];
  }

  /** Moves the cursor to the row at an index, or the nearest that there is. */
  moveTo(index, extend = false) {
    const { items } = this.table;
    if (!items.length) {
      return;
    }
    const from = this.cursor;
    const { id } = items[Math.min(Math.max(index, 0), items.length - 1)];
    this.show(id);
    if (extend && !this.table.permit.readOnly) {
      this.anchor ||= from || id;
      this.extend();
    } else {
      this.anchor = "";
    }
  }

  moveBy(step, extend) {
    const { items, places } = this.table;
    const at = places.get(this.cursor);
    this.moveTo(at === undefined ? (step > 0 ? 0 : items.length - 1) : at + step, extend);
  }

  /** Selects everything between the anchor and the cursor. */
  extend() {
    const { items, jobs, places } = this.table;
    const ends = [places.get(this.anchor) ?? 0, places.get(this.cursor)].sort((a, b) => a - b);
    this.selected = new Set(jobs(items.slice(ends[0], ends[1] + 1)));
  }

  /** Selects a row or lets it go; of a heading, all of its rows. */
  toggle(id) {
    const item = this.table.items[this.table.places.get(id)];
    if (item === undefined || this.table.permit.readOnly) {
      return;
    }
    const ids = item.heading ? this.table.jobs(item.rows) : [id];
    const all = ids.every((each) => this.selected.has(each));
    for (const each of ids) {
      if (all) {
        this.selected.delete(each);
      } else {
        this.selected.add(each);
      }
    }
    this.anchor = id;
    this.table.moved();
  }

  /** Selects all rows that are listed, or none. */
  selectAll(all) {
    const { items, jobs, permit } = this.table;
    this.selected = new Set(all && !permit.readOnly ? jobs(items) : []);
    this.anchor = "";
    this.table.moved();
  }
}
