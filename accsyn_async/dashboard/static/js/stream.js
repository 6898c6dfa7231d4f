// The SharedWorker that holds the stream of all pages.

import { Hub } from "./hub.js";

const shared = new Hub("./stream");

self.onconnect = (event) => shared.connect(event.ports[0]);
