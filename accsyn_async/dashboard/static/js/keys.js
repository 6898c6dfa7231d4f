// The keyboard, and the pointer over the list.

import { byId } from "./dom.js";

const STEPS = {
  ArrowDown: ({ choice }) => choice.moveBy.bind(choice, 1),
  j: ({ choice }) => choice.moveBy.bind(choice, 1),
  ArrowUp: ({ choice }) => choice.moveBy.bind(choice, -1),
  k: ({ choice }) => choice.moveBy.bind(choice, -1),
  PageDown: ({ choice, page }) => choice.moveBy.bind(choice, page),
  PageUp: ({ choice, page }) => choice.moveBy.bind(choice, -page),
  Home: ({ choice }) => choice.moveTo.bind(choice, 0),
  End: ({ choice }) => choice.moveTo.bind(choice, Infinity),
};
const LETTERS = { p: "pause", r: "resume", a: "abort", x: "abort" };

/** `does` is what the page can do: `open(id, enter)`, `close()`, `act(action)`, `help()`. */
export function listenToKeys(table, permit, does) {
  const filter = byId("filter");
  const list = byId("list");
  const { choice } = table;

  // Single letters, and what acts, mean something in the list alone.
  const inList = (event) => {
    const { key } = event;
    const step = STEPS[key.length === 1 ? key.toLowerCase() : key];
    if (event.target !== list && (key.length === 1 || key === "Enter")) {
      return false;
    }
    if (step) {
      table.focus();
      step(table)(event.shiftKey);
    } else if (key === "Enter" && choice.cursor) {
      does.open(choice.cursor, true);
    } else if (key === " " && choice.cursor) {
      choice.show(choice.cursor);
      choice.toggle(choice.cursor);
    } else if (permit.actions.includes(LETTERS[key]) && !event.repeat) {
      does.act(LETTERS[key]);
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
        choice.selectAll(true);
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
        table.focus();
        choice.moveBy(choice.cursor ? 0 : 1);
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
  const { choice } = table;
  let movedAt = -Infinity;

  body.addEventListener("pointermove", () => (movedAt = performance.now()), { passive: true });
  body.addEventListener("pointerdown", () => (table.held = true));
  addEventListener("pointerup", () => (table.held = false));
  addEventListener("pointercancel", () => (table.held = false));
  body.addEventListener("mousedown", (event) => {
    if (event.shiftKey) {
      event.preventDefault();
      table.focus();
    }
  });
  body.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    const { id } = row?.dataset ?? {};
    if (id === undefined) {
      return;
    }
    // Keys go on in the list, whatever was clicked there.
    table.focus();
    const action = event.target.closest("[data-action]");
    if (action) {
      does.actOn(action.dataset.action, id);
      return;
    }
    const index = table.places.get(id);
    if (event.shiftKey) {
      choice.moveTo(index, true);
    } else if (event.ctrlKey || event.metaKey || event.target.closest(".pick") || row.matches(".heading")) {
      choice.toggle(id);
      choice.show(id);
    } else {
      choice.moveTo(index);
      does.open(id, false);
    }
  });
  return () => table.held || performance.now() - movedAt < 1000;
}
