// The keyboard. Nothing that a scanner sends (text, Enter, Tab) ever confirms anything: what
// confirms is a chord or a command barcode.

/**
 * @typedef {object} Hands
 * @property {(text: string) => void} scanned
 * @property {(key: string) => boolean} pressed a function key or chord, as in "Shift F4"; was it one?
 * @property {(step: number) => void} [moved] by arrow keys; where nothing can be chosen they scroll
 * @property {() => void} opened Enter in the empty box
 * @property {() => void} left Escape
 * @property {() => void} typed a letter of the box
 * @property {() => boolean} [isAway] is nobody there? Then no key does anything
 * @property {(step: number) => void} [leapt] by arrow keys to the sides of the empty box
 */

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const key = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code.slice(3) : event.key;
  const name = key.length === 1 ? key.toUpperCase() : key;
  const modifiers = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift"];
  return [...modifiers.filter(Boolean), name].join(" ");
}

/** @param {HTMLInputElement} box @param {Hands} hands */
export function listen(box, hands) {
  const take = () => {
    const text = box.value.trim();
    box.value = "";
    if (text) hands.scanned(text);
    else hands.opened();
  };
  document.addEventListener("keydown", (event) => {
    if (hands.isAway?.()) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const isOtherField = target !== box && target.matches("input, textarea, select");
    const isChord = event.ctrlKey || event.altKey || event.metaKey || /^F\d+$/.test(event.key);
    if (isChord) {
      const isEdited = event.ctrlKey && (box.value !== "" || isOtherField);
      if (!isEdited && hands.pressed(nameOf(event))) event.preventDefault();
      return;
    }
    if (isOtherField && event.key !== "Escape") return;
    if (event.key === "Escape") {
      box.value = "";
      hands.left();
      box.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && hands.moved) {
      event.preventDefault();
      hands.moved(event.key === "ArrowDown" ? 1 : -1);
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && hands.leapt && box.value === "") {
      hands.leapt(event.key === "ArrowRight" ? 1 : -1);
    } else if (event.key === "Enter" || (event.key === "Tab" && box.value !== "")) {
      // A button that has the focus is left alone: whoever went there by Tab has meant it, and a
      // scan brings the focus back to the box with its first letter.
      if (target !== box && event.key === "Enter" && target.matches("button, a, summary")) return;
      event.preventDefault();
      take();
    } else if (event.key.length === 1 && !(event.key === " " && target.matches("button, summary"))) {
      hands.typed();
      if (target !== box) box.focus();
    }
  });
  // A click is no reason to leave the box.
  document.addEventListener("mousedown", (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest("button")) event.preventDefault();
  });
  box.form?.addEventListener("submit", (event) => event.preventDefault());
}
