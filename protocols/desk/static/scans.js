// What is scanned on a page that is about something else: rows above it say what it was and what was
// done. A card opens nobody there: nobody's name stands beside a list. A key takes it to the desk.
import { carry } from "./offline.js";
import { part, say } from "./page.js";
import { draw, newRow, scannedOf } from "./rows.js";
import { account, has } from "./session.js";
import { play } from "./sounds.js";

/** Scans that are shown. */
const SCANS = 3;
/** Milliseconds within which the same code again is the same scan. */
const TWICE = 4000;

const last = { code: "", at: -Infinity };
/** A card that may be taken to the desk. */
let card = "";

/** Was the same code read a moment ago? Then it is one scan, and a tick says so. @param {string} code */
export function isTwice(code) {
  const now = performance.now();
  const is = code === last.code && now - last.at < TWICE;
  Object.assign(last, { code, at: now });
  if (is) play("tick");
  return is;
}

/**
 * @param {import("./queue.js").Queue} queue
 * @param {string} code
 * @param {string} mode
 * @param {() => void} [then]
 */
export function scanHere(queue, code, mode, then) {
  queue.add({
    path: "/desk/scan",
    body: () => ({ text: code, mode }),
    done: (answer) => {
      show(scannedOf(answer, code), code, mode);
      then?.();
    },
  });
}

/** @param {import("../types").Scanned} scanned @param {string} code @param {string} mode */
export function show(scanned, code, mode) {
  const isPerson = scanned.outcome === "patron" || scanned.outcome === "choice";
  const row = newRow(isPerson ? { ...scanned, outcome: "patron", patron: null } : scanned, code, mode, null);
  card = isPerson ? code : "";
  if (isPerson) {
    Object.assign(row.look, { mark: "todo", heading: say("CARD_AT_THE_DESK") });
    row.solutions = [{ letter: "P", label: say("OPEN_AT_THE_DESK"), run: openAtDesk }];
  }
  drawScan(draw(row, { isNew: true }));
  const { mark } = row.look;
  play(mark === "stop" ? "stop" : mark === "todo" ? "act" : "done");
  if (mark === "stop") tell([row.look.word, row.look.heading, ...scanned.reasons.map((each) => each.text)]);
}

/** Takes the card that was scanned last to the desk: in no address, and sealed until it is there. */
export function openAtDesk() {
  if (!card || !has("lend")) return;
  const taken = card;
  card = "";
  void carry({ key: crypto.randomUUID(), account: account(), text: taken, mode: "desk" }).then(() => location.assign("/desk"));
}

/** @param {HTMLElement} row */
export function drawScan(row) {
  const rows = part("rows");
  rows.querySelector(".new")?.classList.remove("new");
  rows.prepend(row);
  while (rows.childElementCount > SCANS) rows.lastElementChild?.remove();
}

/** Says at once what a reader of the screen would not see. @param {(string | undefined)[]} texts */
export function tell(texts) {
  part("alert").textContent = texts.filter(Boolean).join(". ");
}
