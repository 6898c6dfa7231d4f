// What can be done to jobs from this page, which may change while it is open.

import { ACTIONS, canDo } from "./words.js";

export class Permit {
  constructor(allowed) {
    this.actions = [];
    this.allow(allowed);
  }

  /** Takes what is allowed from now on; says whether that is something else than before. */
  allow(allowed) {
    const actions = Object.keys(ACTIONS).filter((action) => allowed.includes(action));
    const other = actions.join() !== this.actions.join();
    this.actions = actions;
    return other;
  }

  get readOnly() {
    return !this.actions.length;
  }

  /** Whether an action may be taken, and makes sense for a job as it is. */
  can(action, row) {
    return this.actions.includes(action) && canDo(action, row);
  }
}
