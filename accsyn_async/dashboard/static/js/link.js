// How a page hears the stream: by the worker that all pages share, or by itself where there is none.

import { Switchboard } from "./switchboard.js";

const PING_MS = 20_000;

/** Calls `hear(message)` for what a switchboard sends; returns a function that has the stream tried again at once. */
export function joinStream(version, hear) {
  let port;

  const say = (kind) => port.postMessage({ kind });
  const tell = () => say(document.visibilityState === "visible" ? "show" : "hide");
  const listen = (to) => {
    port = to;
    port.onmessage = (event) => hear(event.data);
    tell();
  };
  const alone = () => {
    const { port1, port2 } = new MessageChannel();
    new Switchboard("./stream").connect(port1);
    listen(port2);
  };

  try {
    // A page of another version has a worker of its own.
    const worker = new SharedWorker("./stream.js", { name: `accsyn ${version}` });
    worker.onerror = alone;
    listen(worker.port);
  } catch {
    alone();
  }
  document.addEventListener("visibilitychange", tell);
  addEventListener("pageshow", tell);
  addEventListener("pagehide", () => say("hide"));
  setInterval(() => {
    if (document.visibilityState === "visible") {
      say("ping");
    }
  }, PING_MS);
  return () => say("retry");
}
