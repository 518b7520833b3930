// Names as the page checks them before it asks the server, which checks again.

const LONGEST = 24; // characters
const KEY = "chat.name";

// What is wrong with a name; empty if nothing is.
export function nameFault(name) {
  if (name === "") return "Please enter a name.";
  if ([...name].length > LONGEST) return `A name has at most ${LONGEST} characters.`;
  return "";
}

// Storage may be switched off: then a name is typed again, and nothing else is lost.
export function rememberName(name) {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // not remembered
  }
}

export function rememberedName() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
