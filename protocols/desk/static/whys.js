// What stands in the box goes with the key that is pressed: a digit for a why of the list, words of
// one's own, an amount. A scan leaves nothing there, so it is never taken for one.
import { el, say } from "./page.js";

/** The whys of each list, by their digit. */
const LISTS = {
  OVERRIDE: ["WHY_KNOWN", "WHY_AGREED", "WHY_OUR_MISTAKE", "WHY_AT_THE_DESK"],
  WAIVE: ["WHY_OUR_MISTAKE", "WHY_ILLNESS", "WHY_GOODWILL", "WHY_UNCOLLECTIBLE"],
};

/** @typedef {keyof typeof LISTS} List */

/** What stands in the box, which is empty then. */
export function takeWords() {
  const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
  const text = box.value.trim();
  box.value = "";
  return text;
}

/** The why of the digit in the box, or the words in it; the first of the list where it is empty. @param {List} list */
export function takeWhy(list) {
  const text = takeWords();
  const names = LISTS[list];
  if (text && !/^[1-9]$/.test(text)) return text;
  return say(names[Number(text || 1) - 1] ?? names[0] ?? "");
}

/** The list, to be read before the key is pressed. @param {List} list */
export function drawnWhys(list) {
  const whys = LISTS[list].map((name, index) =>
    el("span", {}, el("kbd", {}, String(index + 1)), ` ${say(name)}`),
  );
  return el("p", { class: "s whys" }, `${say("WHY")} `, ...whys);
}
