// Pausing, resuming and aborting: asked about, sent, and pending until a poll shows what has come of it.

import { ask } from "./confirm.js";
import { Receipt } from "./receipts.js";
import { confirms, hasEnded } from "./words.js";

const PATIENCE_MS = 30_000;
const DOUBT_MS = 60_000;
const BATCH_OF = 50;
const LOST = "lost";

/** The word that the server's document lets its pages write with; `undefined` when it has none. */
function csrfIn(html) {
  // A fragment of an inert document: nothing in it is loaded, run or, unlike a DOMParser's, held against the policy.
  const inert = document.createElement("template").content.ownerDocument;
  const config = inert.createRange().createContextualFragment(html).getElementById("config");
  return config ? JSON.parse(config.textContent).csrf : undefined;
}

export class Actions {
  /** `changed(id)` is called when what `pendingOf(id)` says has changed. */
  constructor({ csrf, permit, all, changed, announcer }) {
    this.csrf = csrf;
    this.permit = permit;
    this.all = all;
    this.changed = changed;
    this.announcer = announcer;
    this.asks = false;
    this.pending = new Map();
    this.unsent = 0;
    this.warn = (event) => event.preventDefault();
  }

  pendingOf(id) {
    return this.pending.get(id);
  }

  /** Does something to jobs, after a question. */
  async request(action, ids) {
    if (this.asks) {
      return;
    }
    const known = ids.map((id) => this.all.get(id)).filter(Boolean);
    const rows = known.filter((row) => this.permit.can(action, row));
    if (!rows.length) {
      this.announcer.tell(`There is nothing to ${action}.`);
      return;
    }
    this.asks = true;
    const wanted = await ask(action, rows, known.length - rows.length);
    this.asks = false;
    if (wanted) {
      await this.carryOut(action, rows);
    }
  }

  async carryOut(action, rows) {
    const receipt = new Receipt(action, rows);
    for (const row of rows) {
      this.set(row.id, { action, before: row.word, state: "sent", receipt });
    }
    this.count(rows.length);
    let trouble = "";
    for (let at = 0; at < rows.length; at += BATCH_OF) {
      const batch = rows.slice(at, at + BATCH_OF).map((row) => row.id);
      this.count(-batch.length);
      // What has ended in the meantime, or is to be something else by now, is left alone.
      const ids = batch.filter((id) => this.pending.get(id)?.receipt === receipt);
      if (trouble) {
        ids.forEach((id) => this.settle(id, receipt, "unsent", trouble));
      } else if (ids.length) {
        trouble = await this.send(action, ids, receipt);
      }
      batch.filter((id) => receipt.waits(id)).forEach((id) => receipt.set(id, "unsent", "it is otherwise by now"));
    }
    if (rows.length > 1 && !receipt.concluded) {
      this.announcer.tell(`${receipt.summary()}.`);
    }
    this.conclude(receipt);
  }

  /** So many more jobs are still to be sent: who leaves meanwhile is warned. */
  count(more) {
    this.unsent += more;
    (this.unsent ? addEventListener : removeEventListener)("beforeunload", this.warn);
  }

  /** Sends one batch; returns what keeps others from being sent, or an empty text. */
  async send(action, ids, receipt) {
    let trouble = "";
    const results = new Map();
    ids.forEach((id) => receipt.set(id, "sent"));
    try {
      (await this.post(action, ids)).forEach((result) => results.set(result.id, result));
    } catch (error) {
      trouble = error.message;
      const unknown = error.cause === LOST;
      ids.forEach((id) => results.set(id, { ok: false, unknown, error: trouble }));
    }
    for (const id of ids) {
      const { ok, unknown, error } = results.get(id) ?? { unknown: true };
      const pending = this.pending.get(id);
      if (!ok && !unknown) {
        this.settle(id, receipt, "refused", error);
      } else if (pending?.receipt === receipt) {
        const state = ok ? "accepted" : "unknown";
        this.set(id, { ...pending, state });
        receipt.set(id, state);
        this.seen(this.all.get(id));
      }
    }
    setTimeout(() => this.doubt(ids, receipt), PATIENCE_MS);
    return trouble;
  }

  async post(action, ids, again = true) {
    const answer = await fetch(`./jobs/${action}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Accsyn-Token": this.csrf },
      body: JSON.stringify({ ids }),
    }).catch(() => {
      throw new Error("the server cannot be reached", { cause: LOST });
    });
    if (answer.ok) {
      const { results } = await answer.json().catch(() => {
        throw new Error("the server's answer was lost", { cause: LOST });
      });
      return results;
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

  /** Asks for the word of a server that was started anew; says whether there is another. */
  async renew() {
    const answer = await fetch("./", { cache: "no-store" });
    const csrf = (answer.ok && csrfIn(await answer.text())) || this.csrf;
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

  /** What no poll has confirmed for long is doubted, and after as long again not spoken of any more. */
  doubt(ids, receipt) {
    const late = ids.filter((id) => this.pending.get(id)?.receipt === receipt);
    for (const id of late) {
      this.set(id, { ...this.pending.get(id), state: "late" });
      receipt.set(id, "late");
    }
    this.conclude(receipt);
    if (late.length) {
      setTimeout(() => this.forget(late, receipt), DOUBT_MS);
    }
  }

  forget(ids, receipt) {
    for (const id of ids) {
      if (this.pending.get(id)?.receipt === receipt) {
        this.pending.delete(id);
        this.changed(id);
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
