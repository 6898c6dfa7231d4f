// The stream of server-sent events: opened, watched for silence, and opened again.

const SILENCE_MS = 15_000;
const CHECK_MS = 2_500;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const FORGET_MS = 60_000;

/**
 * Calls `take(kind, data)` for each event, and `tell(link)` when the connection changes; `link` is
 * `{state: "connecting" | "live" | "down" | "asleep", code, retryAt}`, where `code` is the HTTP status that refused it.
 */
export class Listener {
  constructor(url, take, tell) {
    this.url = url;
    this.take = take;
    this.tell = tell;
    this.source = null;
    this.last = "";
    this.heard = 0;
    this.pause = 0;
    this.timer = 0;
    this.checks = 0;
    this.state = "asleep";
    this.slept = 0;
  }

  wake() {
    if (this.state !== "asleep") {
      return;
    }
    if (Date.now() - this.slept > FORGET_MS) {
      // The speeds of the meantime are missing: a snapshot brings them.
      this.last = "";
    }
    this.checks = setInterval(() => this.check(), CHECK_MS);
    this.open();
  }

  sleep() {
    if (this.state === "asleep") {
      return;
    }
    clearInterval(this.checks);
    this.close();
    this.slept = Date.now();
    this.say("asleep");
  }

  /** Tries again at once, if it waits. */
  retry() {
    if (this.timer) {
      this.pause = 0;
      this.open();
    }
  }

  open() {
    this.close();
    const since = this.last ? `?since=${encodeURIComponent(this.last)}` : "";
    const source = new EventSource(this.url + since);
    this.source = source;
    this.heard = Date.now();
    this.say("connecting");
    for (const kind of ["snapshot", "changes", "health"]) {
      source.addEventListener(kind, (event) => {
        if (source === this.source) {
          this.hear(kind, event);
        }
      });
    }
    source.onerror = () => {
      if (source === this.source) {
        this.lose(source.readyState === EventSource.CLOSED);
      }
    };
  }

  hear(kind, event) {
    this.heard = Date.now();
    this.pause = 0;
    this.say("live");
    this.take(kind, JSON.parse(event.data));
    if (event.lastEventId) {
      this.last = event.lastEventId;
    }
  }

  check() {
    if (this.source && Date.now() - this.heard > SILENCE_MS) {
      this.lose(false);
    }
  }

  async lose(refused) {
    this.close();
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2 || FIRST_PAUSE_MS);
    // Pages that lost the same server do not come back all at once.
    this.again(this.pause * (0.75 + Math.random() / 2), 0);
    if (!refused) {
      return;
    }
    const timer = this.timer;
    const { code, wait } = await this.probe();
    if (timer === this.timer) {
      clearTimeout(timer);
      this.again(Math.max(this.pause, wait), code);
    }
  }

  again(pause, code) {
    this.timer = setTimeout(() => this.open(), pause);
    this.say("down", code, Date.now() + pause);
  }

  /** What the server says to a stream; an EventSource does not tell. */
  async probe() {
    const stop = new AbortController();
    try {
      const answer = await fetch(this.url, { signal: stop.signal, cache: "no-store" });
      const wait = Number(answer.headers.get("Retry-After")) * 1000 || 0;
      stop.abort();
      return { code: answer.ok ? 0 : answer.status, wait: Math.min(wait, LONGEST_PAUSE_MS) };
    } catch {
      return { code: 0, wait: 0 };
    }
  }

  close() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.source?.close();
    this.source = null;
  }

  say(state, code = 0, retryAt = 0) {
    if (state === "live" && this.state === "live") {
      return;
    }
    this.state = state;
    this.tell({ state, code, retryAt });
  }
}
