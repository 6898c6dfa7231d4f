// One stream for every page that is open: pages join by a port, and hear of it while they are visible.

import { Listener } from "./listener.js";
import { Rows, SAMPLE_MS } from "./rows.js";

const CHUNK = 500;
const LOST_MS = 60_000;

/**
 * A page says `show`, `hide`, `ping` (each 20 s while it is visible) and `retry`. It hears `begin`, `put` (rows),
 * `end` when it comes: all that is known; then `put` and `gone`, `whole` after a snapshot, `health` and `link`.
 */
export class Switchboard {
  constructor(url) {
    this.rows = new Rows();
    this.health = null;
    this.link = null;
    this.pages = new Map();
    this.listener = new Listener(
      url,
      (kind, data) => this.take(kind, data),
      (link) => this.relink(link),
    );
    setInterval(() => this.round(), SAMPLE_MS);
  }

  connect(port) {
    port.onmessage = (event) => this.hear(port, event.data.kind);
    // Where browsers tell of it: a page that crashed says nothing any more.
    port.onclose = () => this.hear(port, "hide");
  }

  hear(port, kind) {
    if (kind === "retry") {
      this.listener.retry();
      return;
    }
    if (kind === "hide") {
      this.pages.delete(port);
    } else {
      const known = this.pages.has(port);
      this.pages.set(port, Date.now());
      if (!known) {
        this.greet(port);
      }
    }
    this.settle();
  }

  settle() {
    if (this.pages.size) {
      this.listener.wake();
    } else {
      this.listener.sleep();
    }
  }

  greet(port) {
    port.postMessage({ kind: "begin" });
    const rows = [...this.rows.all.values()];
    for (let at = 0; at < rows.length; at += CHUNK) {
      port.postMessage({ kind: "put", rows: rows.slice(at, at + CHUNK) });
    }
    port.postMessage({ kind: "end", whole: this.rows.whole });
    if (this.health) {
      port.postMessage({ kind: "health", health: this.health });
    }
    if (this.link) {
      port.postMessage({ kind: "link", link: this.link });
    }
  }

  take(kind, data) {
    if (kind === "health") {
      this.note(data);
      return;
    }
    if (kind === "changes") {
      this.rows.put(data.rows);
      this.rows.drop(data.gone);
      this.send({ kind: "put", rows: data.rows });
      if (data.gone.length) {
        this.send({ kind: "gone", ids: data.gone });
      }
      return;
    }
    if (data.part === 0) {
      this.rows.begin();
      this.note(data.health);
    }
    this.rows.put(data.rows);
    this.send({ kind: "put", rows: data.rows });
    if (data.part === data.parts - 1) {
      this.send({ kind: "gone", ids: this.rows.end() });
      this.send({ kind: "whole" });
    }
  }

  note(health) {
    this.health = { ...health, heard: Date.now() };
    this.send({ kind: "health", health: this.health });
  }

  relink(link) {
    if (link.state !== "live") {
      this.rows.breakOff();
    }
    this.link = link;
    this.send({ kind: "link", link });
  }

  round() {
    if (this.link?.state === "live") {
      this.rows.sample();
    }
    const now = Date.now();
    for (const [port, seen] of this.pages) {
      if (now - seen > LOST_MS) {
        this.pages.delete(port);
      }
    }
    this.settle();
  }

  send(message) {
    for (const port of this.pages.keys()) {
      port.postMessage(message);
    }
  }
}
