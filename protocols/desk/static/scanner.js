// What a scanner types where no scan is expected: over the log-in form.

/** Milliseconds that a scanner takes for a key at most, one with another: no hand is as fast. */
const PACE = 50;
/** Milliseconds after which what is typed begins anew. */
const GAP = 200;
/** Keys of the shortest code. */
const SHORTEST = 4;

/**
 * Keeps codes out of a log-in form: whatever comes faster than a hand and ends with Enter. What stands
 * in its other fields (a password, a code) is left alone, for programs that fill in passwords type as
 * fast.
 * @param {HTMLFormElement} form
 * @param {(code: string) => void} scanned
 * @param {HTMLInputElement | null} [box] the form has come over it, perhaps in the middle of a code
 * @returns {() => void} stops
 */
export function hear(form, scanned, box = null) {
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
  let typed = box?.value ?? "";
  let isBegun = typed !== "";
  let before = "";
  let last = isBegun ? performance.now() : -Infinity;
  let first = last;

  function forget() {
    typed = "";
    isBegun = false;
  }

  /** @param {KeyboardEvent} event */
  function heard(event) {
    const { key, target, timeStamp } = event;
    const isSecret = target !== name && /** @type {HTMLElement} */ (target).matches("input");
    if (isSecret || event.ctrlKey || event.altKey || event.metaKey) {
      forget();
      return;
    }
    const isSoon = timeStamp - last < GAP;
    last = timeStamp;
    const isFast = timeStamp - first < PACE * typed.length;
    if (key === "Enter" && isSoon && isFast && typed.length >= SHORTEST) {
      event.preventDefault();
      event.stopPropagation();
      name.value = before;
      if (isBegun && box) box.value = "";
      const code = typed.trim();
      forget();
      scanned(code);
    } else if (key.length === 1) {
      if (!isSoon || !typed) {
        forget();
        first = timeStamp;
        before = name.value;
      }
      typed += key;
    } else if (key !== "Shift") forget();
  }

  document.addEventListener("keydown", heard, true);
  return () => document.removeEventListener("keydown", heard, true);
}
