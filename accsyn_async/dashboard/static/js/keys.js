// The keyboard, and the pointer over the list.

import { byId } from "./dom.js";

const STEPS = {
  ArrowDown: (table) => table.moveBy.bind(table, 1),
  j: (table) => table.moveBy.bind(table, 1),
  ArrowUp: (table) => table.moveBy.bind(table, -1),
  k: (table) => table.moveBy.bind(table, -1),
  PageDown: (table) => table.moveBy.bind(table, table.page),
  PageUp: (table) => table.moveBy.bind(table, -table.page),
  Home: (table) => table.moveTo.bind(table, 0),
  End: (table) => table.moveTo.bind(table, Infinity),
};
const LETTERS = { p: "pause", r: "resume", x: "abort" };

/** `does` is what the page can do: `open(id)`, `close()`, `act(action)`, `help()`. */
export function listenToKeys(table, readOnly, does) {
  const filter = byId("filter");
  const list = byId("list");

  const inList = (event) => {
    const step = STEPS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (step) {
      list.focus({ preventScroll: true });
      step(table)(event.shiftKey);
    } else if (event.key === "Enter" && table.cursor) {
      does.open(table.cursor);
    } else if (event.key === " " && table.cursor) {
      table.toggle(table.cursor);
    } else if (!readOnly && LETTERS[event.key]) {
      does.act(LETTERS[event.key]);
    } else {
      return false;
    }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (document.querySelector("dialog[open]") || event.altKey) {
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "a" && target === list) {
        event.preventDefault();
        table.selectAll(true);
      }
      return;
    }
    if (event.key === "Escape") {
      does.close();
      return;
    }
    if (target === filter) {
      if (event.key === "Enter" || event.key === "ArrowDown") {
        event.preventDefault();
        list.focus();
        table.moveBy(table.places.has(table.cursor) ? 0 : 1);
      }
      return;
    }
    const busy = target.closest("input, select, button, a, summary, #detail, .receipt") !== null;
    if (event.key === "/" && !target.matches("input[type=search]")) {
      event.preventDefault();
      filter.focus();
      filter.select();
    } else if (event.key === "?") {
      does.help();
    } else if (!busy && inList(event)) {
      event.preventDefault();
    }
  });
}

/** Clicks in the list, and whether the pointer is busy there: then its order must not change. */
export function listenToPointer(table, does) {
  const body = byId("rows");
  let movedAt = -Infinity;

  body.addEventListener("pointermove", () => (movedAt = performance.now()), { passive: true });
  body.addEventListener("pointerdown", () => (table.held = true));
  addEventListener("pointerup", () => (table.held = false));
  addEventListener("pointercancel", () => (table.held = false));
  body.addEventListener("mousedown", (event) => {
    if (event.shiftKey) {
      event.preventDefault();
      byId("list").focus({ preventScroll: true });
    }
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    const { id } = row?.dataset ?? {};
    if (id === undefined) {
      return;
    }
    const action = event.target.closest("[data-action]");
    if (action) {
      does.actOn(action.dataset.action, id);
      return;
    }
    const index = table.places.get(id);
    if (event.shiftKey) {
      table.moveTo(index, true);
    } else if (event.ctrlKey || event.metaKey || event.target.closest(".pick") || row.matches(".heading")) {
      table.toggle(id);
      table.cursor = id;
      table.moved();
    } else {
      table.moveTo(index);
      does.open(id, false);
    }
  });
  return () => table.held || performance.now() - movedAt < 1000;
}
