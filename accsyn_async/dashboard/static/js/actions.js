// Pausing, resuming and aborting: asked about, sent, and pending until a poll shows what has come of it.

import { ask } from "./confirm.js";
import { Receipt } from "./receipts.js";
import { canDo, confirms, hasEnded } from "./words.js";

const PATIENCE = 30_000;
const AT_ONCE = 1000;

export class Actions {
  /** `changed(id)` is called when what `pendingOf(id)` says has changed. */
  constructor({ csrf, rows, changed, announcer, asking }) {
    this.csrf = csrf;
    this.rows = rows;
    this.changed = changed;
    this.announcer = announcer;
    this.asking = asking;
    this.pending = new Map();
  }

  pendingOf(id) {
    return this.pending.get(id);
  }

  /** Does something to jobs, after a question if it cannot be undone by one more click. */
  async request(action, ids) {
    const known = ids.map((id) => this.rows.all.get(id)).filter(Boolean);
    const rows = known.filter((row) => canDo(action, row));
    if (!rows.length) {
      this.announcer.tell(`There is nothing to ${action}.`);
      return;
    }
    if (action === "abort" || rows.length > 1) {
      this.asking(true);
      const wanted = await ask(action, rows, known.length - rows.length);
      this.asking(false);
      if (!wanted) {
        return;
      }
    }
    const receipt = new Receipt(action, rows);
    for (const row of rows) {
      this.set(row.id, { action, before: row.word, state: "sent", receipt });
    }
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      await this.send(action, rows.slice(at, at + AT_ONCE).map((row) => row.id), receipt);
    }
  }

  async send(action, ids, receipt) {
    let results;
    try {
      results = await this.post(action, ids);
    } catch (error) {
      results = ids.map((id) => ({ id, ok: false, error: error.message }));
    }
    const late = [];
    for (const { id, ok, error } of results) {
      const pending = this.pending.get(id);
      if (!ok) {
        this.settle(id, receipt, "refused", error);
      } else if (pending?.receipt === receipt) {
        pending.state = "accepted";
        receipt.set(id, "accepted");
        late.push(id);
        this.seen(this.rows.all.get(id));
      }
    }
    setTimeout(() => this.doubt(late, receipt), PATIENCE);
  }

  async post(action, ids, again = true) {
    const answer = await fetch(`./jobs/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Accsyn-Token": this.csrf },
      body: JSON.stringify({ ids }),
    }).catch(() => {
      throw new Error("the server cannot be reached");
    });
    if (answer.ok) {
      return (await answer.json()).results;
    }
    if (answer.status === 403 && again && (await this.renew())) {
      return this.post(action, ids, false);
    }
    throw new Error(
      answer.status === 401
        ? "you are logged out: open the address that the server printed"
        : `the server refuses (HTTP ${answer.status})`,
    );
  }

  /** Asks for the token of a server that was started anew; says whether there is another. */
  async renew() {
    const answer = await fetch("./", { cache: "no-store" });
    const config = / id="config"[^>]*>([^<]+)</.exec(await answer.text());
    const csrf = answer.ok && config ? JSON.parse(config[1]).csrf : this.csrf;
    const renewed = csrf !== this.csrf;
    this.csrf = csrf;
    return renewed;
  }

  /** A row has changed: perhaps it confirms what is pending. */
  seen(row) {
    const pending = row && this.pending.get(row.id);
    if (!pending || row.word === pending.before) {
      return;
    }
    if (confirms(pending.action, pending.before, row.word)) {
      this.settle(row.id, pending.receipt, "confirmed", row.word);
    } else if (hasEnded(row) || pending.state === "late") {
      this.settle(row.id, pending.receipt, "overtaken", row.word);
    }
  }

  doubt(ids, receipt) {
    for (const id of ids) {
      const pending = this.pending.get(id);
      if (pending?.receipt === receipt) {
        this.set(id, { ...pending, state: "late" });
        receipt.set(id, "late");
        this.conclude(receipt);
      }
    }
  }

  /** Tells what has come of it, once there is nothing more to wait for. */
  conclude(receipt) {
    const summary = receipt.conclusion();
    if (summary) {
      this.announcer.tell(summary);
    }
  }

  set(id, pending) {
    this.pending.set(id, pending);
    this.changed(id);
  }

  settle(id, receipt, state, text) {
    if (this.pending.get(id)?.receipt === receipt) {
      this.pending.delete(id);
    }
    receipt.set(id, state, text);
    this.conclude(receipt);
    this.changed(id);
  }
}
