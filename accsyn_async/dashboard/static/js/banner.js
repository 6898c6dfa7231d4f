// How old what is shown is, and why it does not get newer.

import { byId, say, setIcon } from "./dom.js";
import { durationText } from "./format.js";

const CONNECT_MS = 1500;

/** What is wrong, in a sentence; `null` when nothing is. */
function trouble(link, health, since, relayed) {
  if (link?.state === "down") {
    if (link.code === 401) {
      return "You are logged out. Log in again: open the address that the server printed.";
    }
    if (link.code === 503) {
      return "The server has as many pages open as it allows.";
    }
    return link.code
      ? `The server refuses the stream (HTTP ${link.code}).`
      : "The connection to the server is lost.";
  }
  if (link?.state === "connecting" && Date.now() - since > CONNECT_MS) {
    return "Connecting to the server.";
  }
  if (health?.state === "degraded") {
    const what = relayed ? "Nothing new from the relay" : "accsyn does not answer as it should";
    return health.reason ? `${what}: ${health.reason}` : `${what}.`;
  }
  return health?.state === "closed" ? "The server is closing." : null;
}

export class Banner {
  /** `retry()` has the stream tried again at once; `relayed` says whether a relay asks accsyn. */
  constructor(retry, relayed) {
    this.relayed = relayed;
    this.link = null;
    this.health = null;
    this.since = Date.now();
    this.box = byId("banner");
    this.again = byId("retry");
    this.again.addEventListener("click", retry);
    setInterval(() => this.show(), 1000);
  }

  setLink(link) {
    // Each new try is part of the same outage.
    const trying = link.state === "connecting" && this.link?.state === "down";
    this.link = trying ? { ...this.link, retryAt: 0 } : link;
    this.since = Date.now();
    this.show();
  }

  setHealth(health) {
    this.health = health;
    this.show();
  }

  /** Seconds since the backend last answered; `null` when it has not yet. */
  age() {
    const { health } = this;
    return health && health.age !== null ? health.age + (Date.now() - health.heard) / 1000 : null;
  }

  show() {
    const text = trouble(this.link, this.health, this.since, this.relayed);
    const state = text === null ? (this.health?.state === "ok" ? "live" : "starting") : "down";
    const badge = byId("badge");
    if (badge.dataset.state !== state) {
      badge.dataset.state = state;
      setIcon(badge.querySelector("svg"), state);
      const live = this.relayed ? "Live by relay" : "Live";
      say(badge.lastElementChild, { live, starting: "Starting", down: "Not live" }[state]);
    }
    this.box.hidden = text === null;
    say(byId("trouble"), text ?? "");
    if (text === null) {
      return;
    }
    const down = this.link?.state === "down";
    const wait = down && this.link.retryAt ? Math.max(0, this.link.retryAt - Date.now()) / 1000 : 0;
    const next = wait > 0 ? `Next try in ${durationText(wait)}.` : down ? "Trying again…" : "";
    const age = this.age();
    say(byId("age"), age === null ? next : `What is shown is ${durationText(Math.floor(age))} old. ${next}`);
    this.again.hidden = !down;
  }
}
