// The few things every part of the page does to the document. Nothing here, or anywhere else in the page, turns
// a string into markup: what people write reaches the document as text nodes only.

export function byId(id) {
  return document.getElementById(id);
}

export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// A name is isolated, so that its writing direction cannot reorder the text around it.
export function nameTag(name, className) {
  return make("bdi", className, name);
}

export function avatar(name) {
  const [initial = "?"] = name.trim();
  const element = make("span", "avatar", initial.toLocaleUpperCase());
  element.setAttribute("aria-hidden", "true");
  element.style.setProperty("--hue", hue(name));
  return element;
}

// The same name has the same colour for everyone.
function hue(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return (hash * 47) % 360;
}
