// Elements, made and changed as little as can be. Text is only ever text.

const SVG = "http://www.w3.org/2000/svg";

/** An element with a class and children: elements, or texts. */
export function make(tag, name = "", ...children) {
  const element = document.createElement(tag);
  if (name) {
    element.className = name;
  }
  element.append(...children);
  return element;
}

/** An element whose text `say` changes. */
export function textIn(tag, name = "") {
  return make(tag, name, document.createTextNode(""));
}

export function say(element, text) {
  if (element.firstChild.data !== text) {
    element.firstChild.data = text;
  }
}

export function drawing(name, view, ...shapes) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", name);
  svg.setAttribute("viewBox", view);
  svg.setAttribute("aria-hidden", "true");
  for (const shape of shapes) {
    svg.append(document.createElementNS(SVG, shape));
  }
  return svg;
}

/** One of the drawings at the top of the document. */
export function icon(name = "") {
  const svg = drawing("icon", "0 0 16 16", "use");
  if (name) {
    setIcon(svg, name);
  }
  return svg;
}

export function setIcon(svg, name) {
  svg.firstChild.setAttribute("href", `#i-${name}`);
}

export function button(title, name, click, ...children) {
  const element = make("button", name, ...(children.length ? children : [title]));
  element.type = "button";
  if (children.length) {
    element.setAttribute("aria-label", title);
    element.title = title;
  }
  if (click) {
    element.addEventListener("click", click);
  }
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}
