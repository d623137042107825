// The box on a page that is about something else: a scan is looked up there, and changes nothing.
import { listen } from "./keys.js";
import { part, say } from "./page.js";
import { Queue } from "./queue.js";
import { isTwice, openAtDesk, scanHere } from "./scans.js";
import { begin, goTo, has, isLocked, isNobodyHere, lock } from "./session.js";

/**
 * @typedef {object} About what the page is about
 * @property {() => void} arrived somebody is there
 * @property {() => void} [left] nobody is
 * @property {(key: string) => boolean} [pressed] a key of the page's own; was it one?
 */

/**
 * Begins the page, with a box for whoever may use one.
 * @param {About} about
 * @returns {Promise<boolean>} is anybody there?
 */
export async function beside({ arrived, left, pressed }) {
  const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
  const queue = new Queue(drawLine);
  /** @param {string} code @returns {boolean} is it looked up? */
  function look(code) {
    if (has("lend") && !isTwice(code)) scanHere(queue, code, "look");
    return has("lend");
  }
  const isThere = await begin({
    arrived: () => {
      part("form").hidden = !has("lend");
      box.focus();
      arrived();
    },
    left: () => {
      part("rows").replaceChildren();
      left?.();
    },
    another: () => queue.takeOut(),
    scanned: (code) => !isNobodyHere() && look(code),
    waiting: () => queue.length,
    mayLock: () => !queue.isLost,
  });
  if (!isThere) return false;
  part("label").textContent = say("LOOK");
  box.placeholder = say("SCAN_LOOK");
  drawLine(0, false);
  listen(box, {
    scanned: (code) => {
      look(code);
    },
    isAway: isLocked,
    pressed: (key) => {
      if (isLocked()) return false;
      if (key === "Alt Q") void lock();
      else if (key === "Alt P") openAtDesk();
      else return pressed?.(key) || goTo(key);
      return true;
    },
    opened: () => {},
    left: () => {},
    typed: () => {},
  });
  window.addEventListener("beforeunload", (event) => {
    if (queue.length) event.preventDefault();
  });
  return true;
}

/** @param {number} waiting @param {boolean} isLost */
function drawLine(waiting, isLost) {
  const line = part("line");
  line.textContent = isLost ? say("WAITING", { count: waiting }) : say("CONNECTED");
  line.classList.toggle("todo", isLost);
}
