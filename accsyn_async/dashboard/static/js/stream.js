// The SharedWorker that holds the stream of all pages.

import { Switchboard } from "./switchboard.js";

const shared = new Switchboard("./stream");

self.onconnect = (event) => shared.connect(event.ports[0]);
