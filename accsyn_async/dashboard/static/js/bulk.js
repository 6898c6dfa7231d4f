// The bar with what can be done to all that is selected.

import { button, byId, icon, make, say, textIn } from "./dom.js";
import { countText } from "./format.js";
import { ACTIONS } from "./words.js";

const GAP = 24;

export class Bulk {
  /** `request(action, ids)` does something to jobs. */
  constructor(table, permit, all, request) {
    this.table = table;
    this.permit = permit;
    this.all = all;
    this.bar = byId("bulk");
    this.text = textIn("strong");
    this.buttons = new Map();
    const row = make("div", "buttons");
    for (const [action, { title }] of Object.entries(ACTIONS)) {
      const each = button(title, action === "abort" ? "danger" : "", () => request(action, [...table.choice.selected]));
      each.prepend(icon(action));
      this.buttons.set(action, each);
      row.append(each);
    }
    row.append(button("Clear the selection", "quiet", () => this.clear(), icon("close")));
    this.bar.append(this.text, row);
  }

  clear() {
    this.table.choice.selectAll(false);
    this.table.focus();
  }

  show() {
    const { selected } = this.table.choice;
    if (this.bar.hidden !== (selected.size === 0)) {
      this.bar.hidden = selected.size === 0;
      this.table.cover(selected.size ? this.bar.offsetHeight + GAP : 0);
    }
    if (selected.size) {
      say(this.text, `${countText(selected.size)} selected`);
      const rows = [...selected].map((id) => this.all.get(id)).filter(Boolean);
      for (const [action, each] of this.buttons) {
        each.hidden = !this.permit.actions.includes(action);
        each.disabled = !rows.some((row) => this.permit.can(action, row));
      }
    }
  }
}
