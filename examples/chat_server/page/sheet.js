// On a narrow screen the list at the side is a sheet behind a button.

export function makeSheet(button, sheet, outside) {
  const show = (shown) => {
    sheet.classList.toggle("shown", shown);
    button.setAttribute("aria-expanded", shown);
  };
  button.addEventListener("click", () => show(!sheet.classList.contains("shown")));
  outside.addEventListener("pointerdown", () => show(false));
  document.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
}
