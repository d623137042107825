// The desk: one box; what was scanned becomes rows, and what is to be done stands on the right.
import * as acts from "./acts.js";
import { drawAll, drawKeys, drawRow, isOffered } from "./drawing.js";
import { lookWhileTyping } from "./finding.js";
import { listen } from "./keys.js";
import { pay, payLabel } from "./money.js";
import { el, now, part, say } from "./page.js";
import { owedTo } from "./patron.js";
import { countAside, leaveAside, leaveNobodys, look } from "./aside.js";
import { isKeeping, keep, keepOpen } from "./offline.js";
import { printAgain } from "./printing.js";
import { Queue } from "./queue.js";
import { begin, changePerson, goTo, has, isLocked, isNobodyHere, lock } from "./session.js";
import { rowInHand, state } from "./state.js";
import { chosenLine, closeView, leapInView } from "./views.js";

/** Milliseconds without a key after which the patron and the mode leave. */
const IDLE = 5 * 60 * 1000;

const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
const queue = new Queue(drawLine);
acts.begin(queue, redraw, (key) => void isKey(key));

/** @param {number} waiting @param {boolean} isLost */
function drawLine(waiting, isLost) {
  const line = part("line");
  const text = isLost ? say("WAITING", { count: waiting }) : say("CONNECTED");
  if (line.textContent !== text) line.textContent = text;
  line.classList.toggle("todo", isLost);
  if (isLost) keepAll();
  drawWaiting(isLost ? queue.kept : []);
  const isKept = isKeeping();
  part("down").hidden = !queue.isDown && (isKept || !isLost);
  part("down-hint").textContent = say(isKept ? "LINE_DOWN_HINT" : "NOT_KEPT_HINT");
}

/** Keeps what waits beyond this page. */
function keepAll() {
  const { kept } = queue;
  kept.forEach(keep);
  if (kept[0]) keepOpen(kept[0].key, state.patron?.id ?? null, state.barring !== null);
}

/** What waits: the ends of the codes, for they may be those of persons. @param {import("./offline.js").Kept[]} waiting */
function drawWaiting(waiting) {
  const lines = waiting.filter((each) => each.text);
  const drawn = lines.map(({ text = "" }) => el("li", {}, `…${text.slice(-4)}`));
  part("waits").replaceChildren(...drawn);
}

/** @param {import("./rows.js").Row} [row] @param {boolean} [isNew] */
function redraw(row, isNew = false) {
  if (row) drawRow(row, isNew);
  drawAll(patronKeys(), dutyKeys());
}

/** @returns {import("./rows.js").Solution[]} */
function patronKeys() {
  const { patron } = state;
  if (!patron) {
    return has("patrons.edit") ? [{ letter: "I", label: say("REGISTER"), run: () => void patronForm("register") }] : [];
  }
  const keys = [];
  if (state.isHidden) return [{ letter: "X", label: say("SHOW"), run: hide }];
  keys.push({ letter: "P", label: say("KEY_PATRON"), run: showPatron });
  if (patron.counts.loans && has("lend")) {
    keys.push({ letter: "A", label: say("KEY_RENEW_ALL"), run: acts.renewAll });
  }
  if (patron.may.includes("edit")) {
    keys.push({ letter: "I", label: say("KEY_CHANGE"), run: () => void patronForm("change") });
    keys.push({ letter: "C", label: say("KEY_NEW_CARD"), run: newCard });
  }
  return [...keys, { letter: "X", label: say("KEY_HIDE"), run: hide }];
}

/** @returns {import("./rows.js").Solution[]} */
function dutyKeys() {
  const { patron } = state;
  const keys = [
    { letter: "H", label: say("DONE_SHELF"), run: () => acts.settle("shelf") },
    { letter: "K", label: say("DONE_VAN"), run: () => acts.settle("van") },
    { letter: "W", label: say("DONE_KEEP"), run: () => acts.settle("keep") },
    { letter: "Z", label: say("DONE_STAFF"), run: () => acts.settle("staff") },
  ];
  if (state.unprinted) {
    keys.push({ letter: "Y", label: say("PRINT_AGAIN"), run: () => void printAgain(redraw) });
  }
  if (!patron) return keys;
  keys.push({ letter: "S", label: say("KEY_END"), run: acts.endSession });
  const owed = owedTo(patron, state.session?.branch?.agency);
  if (owed && patron.may.includes("pay")) {
    keys.push({ letter: "B", label: payLabel(owed), run: () => pay(owed, acts.again) });
  }
  return keys;
}

function showPatron() {
  if (state.view?.name === "patron") closeView();
  else void import("./patron_page.js").then((page) => page.openPage());
  redraw();
}

/** @param {"register" | "change"} what */
async function patronForm(what) {
  const form = await import("./patron_form.js");
  await form[what]();
}

/** The next scan is the patron's new card. */
function newCard() {
  const { patron } = state;
  if (!patron) return;
  const path = `/patrons/${patron.id}/cards`;
  state.taking = {
    label: say("NEW_CARD", { name: patron.details.given_name || patron.details.name }),
    hint: say("SCAN_NEW_CARD"),
    scanned: (identifier) =>
      acts.have("POST", path, () => ({ identifier }), (body) => {
        state.patron = body;
        acts.tell(say("CARD_GIVEN", { card: identifier }), "done");
      }),
  };
  redraw();
}

function hide() {
  state.isHidden = !state.isHidden;
  redraw();
}

/** @type {Record<string, () => void>} */
const FUNCTIONS = {
  F1: () => {
    state.isHelpOpen = !state.isHelpOpen;
    redraw();
  },
  F2: () => setMode("desk"),
  F3: () => setMode("look"),
  F4: () => setMode("return"),
  "Shift F4": dropBefore,
  F6: () => setMode("renew"),
  F8: () => acts.openLastPatron(),
  "Shift F8": () => void acts.continueHere(),
  F9: () => acts.printSlip(),
  "Shift F9": () => acts.showSlips(),
  "Ctrl Z": () => acts.undo(),
  F10: () => void changePerson(),
  "Alt Q": () => void lock(),
};

/** @param {import("./state.js").Mode} mode */
function setMode(mode) {
  state.mode = mode;
  state.taking = null;
  closeView();
  box.focus();
  redraw();
}

/** The book drop was filled yesterday; each further press says a day earlier. */
function dropBefore() {
  const from = state.mode === "drop" ? state.dropped : now();
  state.dropped = new Date(from.getFullYear(), from.getMonth(), from.getDate() - 1, 23, 59);
  setMode("drop");
}

/** Is it a key of the desk? Then it does what it is for, if whoever works here may. @param {string} key */
function isKey(key) {
  const named = FUNCTIONS[key];
  if (named && isOffered(key)) named();
  return named !== undefined;
}

/** @param {string} key */
function pressed(key) {
  if (isLocked()) return false;
  if (isKey(key)) return true;
  const letter = /^Alt ([A-Z])$/.exec(key)?.[1];
  if (!letter) return goTo(key);
  if ("DEF".includes(letter)) return false; // the browser's own
  // Without a line the end of a session is kept with the scans, in its place among them.
  if (letter === "S" && queue.isLost && !state.view) acts.endSession();
  else queue.after(() => queue.ahead(() => act(letter)));
  return true;
}

/** What a key with Alt does now, if anything: a scan that was made before it is answered. @param {string} letter */
function act(letter) {
  const inHand = state.view ? chosenLine()?.keys : rowInHand()?.solutions;
  const keys = [...(inHand ?? []), ...(state.view?.keys?.() ?? []), ...dutyKeys(), ...patronKeys()];
  const found = keys.find((each) => each.letter === letter);
  if (!found) return;
  acts.tell("");
  found.run();
  redraw();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;
function stirred() {
  clearTimeout(idle);
  // In its turn: what waits for the line is still this patron's.
  idle = setTimeout(
    () =>
      queue.after(() => {
        acts.close();
        setMode("desk");
      }),
    IDLE,
  );
}

/** Is the patron to leave, too? */
let isLeaving = false;
/** Is somebody else here than when the patron was opened? */
let isTakenOver = false;

/** @param {import("../types").Session} session */
function arrived(session) {
  const isFirst = state.session === null;
  state.session = session;
  drawKeys();
  redraw();
  box.focus();
  if (isTakenOver && state.patron) void acts.openPatron(state.patron.id, true);
  isTakenOver = false;
  if (!isFirst) void look();
}

/** Another is here: what the one before has scanned is not sent in their name. */
function handOver() {
  const open = { patron: state.patron?.id ?? null, isBarred: state.barring !== null };
  const scans = queue.takeOut();
  if (scans.length) void leaveAside(scans, open);
  if (isLeaving) acts.close();
  // What may be done is theirs, too, and not what whoever was here before might do.
  for (const row of state.rows) if (!row.isSettled) row.solutions = acts.solutionsOf(row);
  isTakenOver = state.patron !== null;
}

function left() {
  state.isHidden = true;
  isLeaving = true;
  redraw();
  queue.after(() => {
    isLeaving = false;
    acts.close();
    redraw();
  });
}

/** Something was scanned over the log-in form: by whoever was here, unless they have left. @param {string} code */
function scannedMeanwhile(code) {
  if (isNobodyHere()) {
    void leaveNobodys(code);
  } else {
    acts.scan(code);
    keepAll();
  }
  return true;
}

/** What waits here for somebody to sign in. */
function countWaiting() {
  return queue.kept.filter((each) => each.text).length + countAside();
}

drawLine(0, false);
const mine = {
  arrived,
  another: handOver,
  left,
  covered: keepAll,
  scanned: scannedMeanwhile,
  waiting: countWaiting,
  mayLock: () => !queue.isLost,
};
if (await begin(mine)) {
  listen(box, {
    scanned: acts.scan,
    pressed,
    moved: acts.move,
    opened: acts.openChosen,
    left: acts.leave,
    typed: acts.typed,
    leapt: leapInView,
    isAway: isLocked,
  });
  box.addEventListener("input", () => lookWhileTyping(box.value.trim()));
  document.addEventListener("keydown", stirred);
  stirred();
  void look();
  document.body.dataset.ready = "";
  void import("./slips.js"); // there without a line, too
  if (has("patrons.edit")) void import("./patron_form.js").then((form) => form.prepare());
  window.addEventListener("beforeunload", (event) => {
    const isKept = isKeeping() && (queue.isLost || isLocked());
    if (queue.length > queue.kept.length || (queue.length && !isKept)) event.preventDefault();
    else if (countAside() && !isKeeping()) event.preventDefault();
  });
}
