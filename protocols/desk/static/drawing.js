// Draws what the desk knows. Rows are drawn one by one; the sides as a whole.
import { barcode } from "./code128.js";
import { drawnPatron, owedTo } from "./patron.js";
import { amount, day, el, icon, part, say } from "./page.js";
import { button, draw } from "./rows.js";
import { has } from "./session.js";
import { state, stops } from "./state.js";
import { drawView } from "./views.js";

/** @typedef {import("./rows.js").Solution} Solution */

const MODES = {
  desk: ["READY", "SCAN_OR_TYPE"],
  return: ["RETURN", "SCAN_RETURN"],
  drop: ["BOOK_DROP", "SCAN_RETURN"],
  renew: ["RENEW", "SCAN_RENEW"],
  look: ["LOOK", "SCAN_LOOK"],
};

/** @param {Solution[]} patronKeys @param {Solution[]} dutyKeys */
export function drawAll(patronKeys, dutyKeys) {
  drawMode();
  drawSaid();
  drawPatron(patronKeys);
  drawDuties(dutyKeys);
  drawView();
  drawLive();
  const done = (/** @type {string} */ outcome) =>
    state.rows.filter((row) => row.scanned.outcome === outcome && !row.isUndone).length;
  part("count").textContent = say("COUNTS", {
    lent: done("checked_out"),
    returned: done("checked_in"),
    stops: stops().length,
  });
  const open = stops().length;
  document.title = `${open ? `(${open}) ` : ""}${say("DESK")} · Tiro`;
}

/** @param {import("./rows.js").Row} row @param {boolean} [isNew] */
export function drawRow(row, isNew = false) {
  if (row === state.live) return;
  const list = part("rows");
  const isThere = row.element !== null;
  if (isNew) list.querySelector(".new")?.classList.remove("new");
  const drawn = draw(row, { isNew, isChosen: row === state.chosen });
  if (!isThere) list.prepend(drawn);
  while (list.childElementCount > state.rows.length) list.lastElementChild?.remove();
}

function drawSaid() {
  const { text, mark } = state.said;
  const line = part("said");
  line.hidden = !text;
  line.className = `said mark ${mark}`;
  line.replaceChildren(icon(mark, "i m"), text);
}

/** What is found while somebody types stands above the rows: it is none, for nothing was scanned. */
function drawLive() {
  const { live } = state;
  const place = part("live");
  if (!live) {
    if (place.firstChild) place.replaceChildren();
    return;
  }
  const drawn = draw(live);
  delete drawn.dataset.code;
  if (drawn.parentElement !== place) place.replaceChildren(drawn);
}

function drawMode() {
  const { mode, patron, taking } = state;
  const [label = "", hint = ""] = state.barring && mode === "desk" ? ["NOBODYS_TURN", "SCAN_A_CARD"] : MODES[mode];
  const name = patron && !state.isHidden ? patron.details.given_name || patron.details.name : say("PATRON");
  const isLending = mode === "desk" && patron !== null && !state.barring;
  part("label").textContent = taking?.label ?? (isLending ? say("LEND_TO", { name }) : say(label));
  const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
  box.type = taking?.isSecret ? "password" : "text";
  box.placeholder = taking?.hint ?? (isLending ? say("SCAN_ITEM") : say(hint));
  const bar = part("mode");
  const was = bar.dataset.mode;
  bar.dataset.mode = (taking?.label ?? mode) + day(state.dropped);
  if (was === bar.dataset.mode) return;
  bar.hidden = mode === "desk" && !taking;
  bar.className = `mode ${mode}`;
  bar.replaceChildren();
  if (taking) {
    const end = el("span", { class: "end" }, el("kbd", {}, "Esc"), ` ${say("LEAVES")}`);
    bar.append(icon("scan"), el("b", {}, taking.label), el("span", {}, taking.hint), end);
    return;
  }
  if (mode === "desk") return;
  bar.append(
    icon(mode === "look" ? "find" : "back"),
    el("b", {}, say(label)),
    el("span", {}, say(`MODE_${mode}`, { day: day(state.dropped) })),
    el("span", { class: "end" }, `${say("MODE_ENDS")} `, el("kbd", {}, "F2"), ` ${say("DESK")}`),
  );
}

/** @param {Solution[]} keys */
function drawPatron(keys) {
  const side = part("patron");
  const { patron } = state;
  if (patron && state.isHidden) {
    const parts = keys.map((each) => button(each, "act wide"));
    side.replaceChildren(el("h1", { class: "big" }, say("HIDDEN")), el("div", { class: "stack" }, ...parts));
  } else if (patron) {
    side.replaceChildren(...drawnPatron(patron, state.session?.branch?.agency, keys));
  } else {
    side.replaceChildren(
      el("h1", { class: "big" }, say("NOBODY")),
      el("p", { class: "s" }, say("NOBODY_HINT")),
      el("section", { class: "stack" }, ...keys.map((each) => button(each, "act wide"))),
    );
  }
}

/** @param {"todo" | "stop"} mark @param {string} duty @param {string[]} things @param {Solution} [key] */
function drawnDuty(mark, duty, things, key) {
  return el(
    "li",
    {},
    el("div", { class: `mark ${mark}` }, icon(mark, "i m"), duty),
    ...things.map((each) => el("p", { class: "s" }, each)),
    key ? button(key) : null,
  );
}

/** @param {Solution[]} keys */
function drawDuties(keys) {
  const key = (/** @type {string} */ letter) => keys.find((each) => each.letter === letter);
  const list = el("ul", { class: "list" });
  for (const row of stops()) {
    list.append(drawnDuty("stop", row.look.duty ?? "", [say("DUTY_STOP_HINT")]));
  }
  /** @type {Record<string, string>} */
  const letters = { shelf: "H", van: "K", keep: "W", staff: "Z" };
  for (const [place, letter] of Object.entries(letters)) {
    const rows = state.rows.filter((row) => row.look.place === place && !row.isSettled);
    /** @type {Map<string, string[]>} */
    const duties = new Map();
    for (const row of rows) {
      const duty = row.look.duty ?? "";
      duties.set(duty, [...(duties.get(duty) ?? []), row.look.heading]);
    }
    [...duties].forEach(([duty, things], index) => {
      list.append(drawnDuty("todo", duty, things, index === duties.size - 1 ? key(letter) : undefined));
    });
  }
  const { patron } = state;
  if (patron && !state.isHidden) {
    if (patron.counts.ready) {
      list.append(drawnReady(patron.counts.ready));
    }
    const owed = owedTo(patron, state.session?.branch?.agency);
    if (owed) list.append(drawnDuty("todo", say("DUTY_OWED", { amount: amount(owed) }), [], key("B")));
  }
  if (state.unprinted) {
    list.append(drawnDuty("todo", say("DUTY_PRINTER"), [state.unprinted.why], key("Y")));
  }
  const side = part("duties");
  const count = list.childElementCount;
  const head = el("h2", { class: "h" }, say("TO_DO"), el("small", {}, count ? "" : say("NOTHING_TO_DO")));
  side.replaceChildren(el("section", {}, head, list));
  const end = key("S");
  if (end) side.append(drawnEnd(end));
  if (state.slip) side.append(drawnSlip(state.slip));
  if (state.isHelpOpen) side.append(drawnHelp());
}

/** What is to be fetched for the patron: its number is what the hand looks for. @param {number} count */
function drawnReady(count) {
  const here = state.session?.branch?.isil;
  const drawn = drawnDuty("todo", say("DUTY_READY", { count }), []);
  for (const { number, title, branch } of state.ready) {
    const place = branch.isil === here ? String(number ?? "") : branch.name;
    const isFar = branch.isil !== here;
    drawn.append(
      el("p", { class: "ready" }, el("b", { class: isFar ? "" : "big" }, place), el("span", { class: "s" }, title)),
    );
  }
  return drawn;
}

/** @param {Solution} key */
function drawnEnd(key) {
  const drawn = button(key, "act wide");
  const isOpen = stops().length > 0;
  if (isOpen) drawn.setAttribute("aria-disabled", "true");
  return el("section", {}, drawn, isOpen ? el("p", { class: "s" }, say("ANSWER_THE_STOP")) : null);
}

/** @param {import("../types").Slip} slip */
function drawnSlip(slip) {
  const text = el("div", { lang: slip.language, class: "receipt" });
  if (slip.big) text.append(el("b", { class: "nr" }, slip.big));
  for (const each of slip.lines) {
    text.append(el("div", { class: each.startsWith("* ") ? "point" : undefined }, each || el("br")));
  }
  if (slip.barcode) text.append(barcode(slip.barcode));
  const key = el("small", {}, el("kbd", {}, "Ctrl P"), ` ${say("KEY_PRINT")}`);
  return el("section", { class: "paper" }, el("h2", { class: "h" }, slip.heading, key), text);
}

/** The keys of the desk, in the order of the sheet, and the rights of which each takes one. */
export const KEYS = [
  ["F1", "KEY_HELP"],
  ["F2", "DESK"],
  ["F3", "LOOK", "lend"],
  ["F4", "RETURN", "lend"],
  ["Shift F4", "BOOK_DROP", "backdate"],
  ["F6", "RENEW", "lend"],
  ["F8", "KEY_LAST_PATRON", "patrons.view"],
  ["Shift F8", "LIST_machines", "patrons.view"],
  ["F9", "KEY_RECEIPT", "lend"],
  ["Shift F9", "SLIPS", "lend"],
  ["Ctrl Z", "KEY_UNDO", "lend"],
  ["↑ ↓ ← →", "KEY_CHOOSE"],
  ["Esc", "KEY_BOX"],
  ["Alt P", "KEY_PATRON", "patrons.view"],
  ["Alt I", "KEY_FORM", "patrons.edit"],
  ["Alt C", "KEY_NEW_CARD", "patrons.edit"],
  ["Alt B", "KEY_PAY", "fees.take"],
  ["Alt S", "KEY_END"],
  ["Alt U", "KEY_OVERRIDE", "override.soft override.hard"],
  ["Alt N", "KEY_RENEW_LOAN", "lend"],
  ["Alt A", "KEY_RENEW_ALL", "lend"],
  ["Alt R", "KEY_HOLD", "lend"],
  ["Alt L", "KEY_DISMISS"],
  ["Alt X", "KEY_HIDE"],
  ["F10", "KEY_CHANGE_PERSON"],
  ["Alt Q", "LOCK"],
];

/** The keys for which whoever works here has a right. */
function keysOffered() {
  return KEYS.filter(([, , rights]) => !rights || rights.split(" ").some(has));
}

/** Does the key do anything for whoever works here? @param {string} key */
export function isOffered(key) {
  return keysOffered().some(([each]) => each === key);
}

function drawnHelp() {
  const list = el("dl", { class: "help" });
  for (const [key = "", name = ""] of keysOffered()) {
    list.append(el("div", {}, el("dt", {}, el("kbd", {}, key)), el("dd", {}, say(name))));
  }
  return el("section", {}, el("h2", { class: "h" }, say("KEY_HELP")), list);
}

/** The keys below the box. */
export function drawKeys() {
  const shown = ["F3", "F4", "F6", "F8", "F9", "Ctrl Z"];
  const parts = keysOffered().filter(([key]) => shown.includes(key ?? "")).map(([key = "", name = ""]) =>
    el("span", {}, el("kbd", {}, key), ` ${say(name)}`),
  );
  const help = el("span", { class: "end" }, el("kbd", {}, "F1"), ` ${say("KEY_HELP")}`);
  part("keys").replaceChildren(...parts, help);
}
