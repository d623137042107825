// What the desk does. Everything goes through the queue, in the order in which it was asked for.
import { chooseHit, dropLive, hold, narrowNext, refine } from "./finding.js";
import { amount, ask, clock, now, part, say } from "./page.js";
import { forget } from "./offline.js";
import { watchPrinting } from "./printing.js";
import { newRow, scannedOf } from "./rows.js";
import { has } from "./session.js";
import { play } from "./sounds.js";
import { MOST_ROWS, rowInHand, state, stops } from "./state.js";
import { chosenLine, closeView, moveInView } from "./views.js";
import { takeWhy, takeWords } from "./whys.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Solution} Solution */
/** @typedef {import("../types").Scanned} Scanned */
/** @typedef {import("../types").Answer} Answer */

/** Milliseconds within which the same code again is the same scan. */
const TWICE = 4000;
/** What is written on record where nothing is said. */
const WHY = "WHY_AT_THE_DESK";

/** @type {import("./queue.js").Queue} */
let queue;
/** @type {(row?: Row, isNew?: boolean) => void} */
export let redraw;

/** Does what a function key does. @type {(key: string) => void} */
let press;

/** @param {import("./queue.js").Queue} theQueue @param {typeof redraw} theRedraw @param {typeof press} thePress */
export function begin(theQueue, theRedraw, thePress) {
  queue = theQueue;
  redraw = theRedraw;
  press = thePress;
}

/**
 * Has something done in its turn; says what stands against it.
 * @param {string} method
 * @param {string} path
 * @param {() => unknown} body
 * @param {(body: any) => void} done
 * @param {{ version?: string, refused?: (answer: Answer) => void }} [more]
 */
export function have(method, path, body, done, { version, refused } = {}) {
  queue.add({
    method,
    path,
    body,
    version,
    done: (answer) => {
      if (answer.status < 300) done(answer.body);
      else (refused ?? ((each) => tell(whyNot(each))))(answer);
      redraw();
    },
  });
}

/** @param {Answer} answer */
export function whyNot({ body }) {
  const reasons = [...(body?.reasons ?? []), ...(body?.errors ?? [])];
  const texts = reasons.map((/** @type {{ text: string }} */ each) => each.text);
  return texts.join(" ") || [body?.title, body?.detail].filter(Boolean).join(" ") || say("NO_ANSWER");
}

/**
 * Code 128 on the sheet beside the desk. They are known here too, so that they count for what is
 * scanned after them, and also while there is no line.
 * @type {Record<string, string>}
 */
const COMMANDS = {
  TIROUNDO: "undo",
  TIRODONE: "done",
  TIRORECEIPT: "receipt",
  TIRORETURN: "return",
  TIRORENEW: "renew",
  TIROLOOK: "look",
  TIROCONFIRM: "confirm",
  TIROLASTPATRON: "last_patron",
};

/** The scan before: whoever reads it once more within seconds has read it twice. */
const last = { code: "", mode: "", at: -Infinity, row: /** @type {Row | null} */ (null) };

/** @param {string} code */
export function scan(code) {
  const at = performance.now(); // the clock may be set meanwhile
  leaveChosen();
  tell("");
  dropLive();
  const name = COMMANDS[code.toUpperCase()];
  if (name) {
    command(name);
    return;
  }
  if (state.taking) {
    const { taking } = state;
    state.taking = null;
    taking.scanned(code);
    redraw();
    return;
  }
  if (code === last.code && state.mode === last.mode && at - last.at < TWICE) {
    last.at = at;
    if (last.row) {
      last.row.note = say("SCANNED_TWICE");
      redraw(last.row);
    }
    play("tick");
    return;
  }
  Object.assign(last, { code, mode: state.mode, at, row: null });
  send(code, {});
}

/**
 * @param {string} code
 * @param {Record<string, unknown>} more override, accept_fee, mode
 * @param {Row} [instead] the row that the answer replaces
 */
function send(code, more, instead) {
  const { mode } = state;
  const at = mode === "drop" ? state.dropped.toISOString() : undefined;
  // Without a line for a while, whoever was here has left with their things: it has happened.
  const happened = queue.isDown && has("backdate") ? now().toISOString() : undefined;
  const kept = { ...byWhom(), text: code, mode, at, happened };
  const then = instead?.happened ? { happened: instead.happened } : {};
  sendKept(instead || Object.keys(more).length ? { ...kept, ...then, key: "" } : kept, more, instead);
}

/** What is known of a scan by who makes it. */
function byWhom() {
  const { session } = state;
  return { key: crypto.randomUUID(), account: session?.account ?? "", branch: session?.branch?.isil };
}

/**
 * Sends what was scanned, now or by an earlier page.
 * @param {import("./offline.js").Kept} kept without a key where it is not to be kept
 * @param {Record<string, unknown>} more
 * @param {Row} [instead]
 */
function sendKept(kept, more, instead) {
  const { text: code = "", mode = "desk", at, happened } = kept;
  /** @type {string | null} */
  let patron = null;
  let isBarred = false;
  queue.add({
    path: "/desk/scan",
    ...(kept.key ? { kept } : {}),
    body: () => {
      const sent = /** @type {{ patron: string | null, mode: string } | undefined} */ (kept.sent);
      if (sent) {
        patron = sent.patron;
        isBarred = sent.mode !== mode;
        return sent;
      }
      patron = state.patron?.id ?? null;
      isBarred = state.barring !== null && mode === "desk" && !instead;
      if (isBarred) return { text: code, patron, mode: "look" };
      const why = { reasons: [...state.passedOver], why: state.why || say(WHY) };
      const override = state.passedOver.size ? { override: why } : {};
      const when = { ...(at ? { at } : {}), ...(happened ? { happened } : {}) };
      return { text: code, patron, mode, ...when, ...override, ...more };
    },
    done: (answer) => {
      const scanned = isBarred ? barred(scannedOf(answer, code)) : scannedOf(answer, code);
      const isAnothers = Boolean(kept.account) && kept.account !== state.session?.account;
      const asked = /** @type {import("./state.js").Mode} */ (more.mode ?? mode);
      if (instead) settleRow(instead, "");
      const row = taken(scanned, code, asked, patron, happened);
      const isSaid = [200, 403, 404].includes(answer.status);
      if (isSaid && asked === "desk" && isBarring(scanned, happened)) state.barring = row;
      if (isAnothers) row.note = say("SCANNED_BY", { name: nameOf(kept.account ?? "") });
      redraw(row);
      // Who may not do it leaves it to who has scanned it.
      if (!isAnothers || answer.status !== 403) forget(kept.key, state.patron?.id ?? null, state.barring !== null);
    },
  });
}

/** The name of an account, as others are shown it. @param {string} account */
export function nameOf(account) {
  return account.slice(account.indexOf(":") + 1);
}

/** Does the code open nobody, so that what comes after it is not known to be anybody's? @param {Scanned} scanned @param {string} [happened] */
function isBarring({ outcome, item }, happened) {
  if (outcome === "choice") return true;
  if (outcome === "refused") return !item;
  // Nobody saw that it was not known: it may have been a card.
  return happened !== undefined && ["nothing", "search", "titles"].includes(outcome);
}

/** An item that was scanned after such a code: it is neither lent nor taken back. @param {Scanned} scanned @returns {Scanned} */
function barred(scanned) {
  if (scanned.outcome !== "item") return scanned;
  const nothing = { overridable: false, may: false, fee: null, limit: null, opens: null, block: null };
  return { ...scanned, outcome: "refused", reasons: [{ code: "NOBODYS", text: say("NOBODYS"), ...nothing }] };
}

/** Sends what was kept, in its turn, for whoever was open then. @param {import("./offline.js").Batch} batch */
export function goOn({ patron, isBarred, scans }) {
  const all = () => {
    if ((state.patron?.id ?? null) !== patron) close();
    if (patron && !state.patron) reopen(patron);
    if (isBarred && !state.barring) bar();
    for (const each of scans) {
      if (each.isEnd) end(each);
      else sendKept(each, {});
    }
    redraw();
  };
  queue.after(() => queue.ahead(all));
}

/** It is not known whose turn it was. */
function bar() {
  const nothing = { outcome: "item", text: "", titles: [], patrons: [], reasons: [] };
  const row = taken(barred(nothing), "", "desk", null);
  row.look.heading = say("NOBODYS_TURN");
  state.barring = row;
  redraw(row);
}

/** Opens the patron whose turn it was; what follows is nobody's where that cannot be done. @param {string} patron */
function reopen(patron) {
  queue.add({
    method: "GET",
    path: `/patrons/${patron}`,
    body: () => undefined,
    done: (answer) => {
      if (answer.status === 200) open(answer.body);
      else state.barring = taken(scannedOf(answer, ""), "", "desk", patron);
      redraw();
    },
  });
}

/**
 * @param {Scanned} scanned
 * @param {string} code
 * @param {string} mode
 * @param {string | null} patron
 * @param {string} [happened]
 */
function taken(scanned, code, mode, patron, happened) {
  const row = newRow(scanned, code, mode, patron);
  row.happened = happened;
  row.solutions = solutionsOf(row);
  state.rows.unshift(row);
  state.rows.length = Math.min(state.rows.length, MOST_ROWS);
  if (code === last.code) last.row = row;
  if (scanned.outcome === "patron" && scanned.patron) open({ ...scanned.patron, scanned: code });
  count(scanned);
  if (!state.view?.nodes) closeView();
  redraw(row, true);
  chooseHit(row, -1);
  if (scanned.outcome === "search" && scanned.titles.length) void detail(row);
  watchPrinting(row, redraw);
  const { mark } = row.look;
  play(mark === "stop" ? "stop" : mark === "todo" ? "act" : "done");
  if (mark === "stop") {
    const why = scanned.reasons.map((each) => each.text).join(" ");
    part("alert").textContent = `${row.look.word}: ${row.look.heading}. ${why}`;
  }
  return row;
}

/** Facets, and what can be had of each title. @param {Row} row */
async function detail(row) {
  if (!(await refine(row))) return;
  row.solutions = solutionsOf(row);
  redraw(row);
}

/** @param {Row} row */
async function book(row) {
  const { openBookings } = await import("./booking.js");
  const hit = row.hits[row.hit];
  if (hit && "title" in hit) openBookings(hit);
  else tell(say("CHOOSE_FIRST"));
  redraw();
}

/** Keeps the figures of the patron as the answer says them. @param {Scanned} scanned */
function count(scanned) {
  const { patron } = state;
  if (!patron) return;
  const lent = scanned.checked_out?.item.title_id;
  if (lent && state.ready.some((each) => each.titleId === lent)) {
    state.ready = state.ready.filter((each) => each.titleId !== lent);
    patron.counts.ready -= 1;
  }
  if (typeof scanned.loans === "number") patron.counts.loans = scanned.loans;
  if (typeof scanned.overdue === "number") patron.counts.overdue = scanned.overdue;
  const done = scanned.checked_out ?? scanned.renewed ?? scanned.checked_in;
  for (const fee of done?.charged ?? []) {
    const owed = patron.owed.find((each) => each.fees.currency === fee.amount.currency);
    if (owed) owed.fees.amount += fee.amount.amount;
  }
}

/** @param {import("../types").PatronScreen} patron */
export function open(patron) {
  if (state.patron?.id !== patron.id) close();
  state.patron = patron;
  state.barring = null;
  if (patron.counts.ready) void readReady(patron.id);
}

/** Where what is ready for the patron stands. @param {string} id */
async function readReady(id) {
  const answer = await ask("GET", `/patrons/${id}/holds?ready=true`).catch(() => null);
  if (answer?.status !== 200 || state.patron?.id !== id) return;
  const holds = /** @type {any[]} */ (answer.body.holds);
  state.ready = holds.map(({ title_id, title, number, pickup_branch }) => ({
    titleId: title_id,
    title,
    number,
    branch: pickup_branch,
  }));
  redraw();
}

/** The patron leaves the screen. */
export function close() {
  if (state.patron) state.lastPatron = state.patron.id;
  const gone = { patron: null, ready: [], isHidden: false, paying: null, taking: null, slip: null };
  const nothing = { ...gone, why: "", draft: {}, barring: null };
  Object.assign(state, nothing);
  state.passedOver.clear();
  closeView();
}

/** What was found while somebody typed becomes a row like others. @param {Row} row */
export function keepRow(row) {
  row.element?.remove();
  Object.assign(row, { element: null, mode: state.mode });
  state.live = null;
  takeWords();
  state.rows.unshift(row);
  redraw(row, true);
}

/** What may be done about a row. @param {Row} row @returns {Solution[]} */
export function solutionsOf(row) {
  const { scanned } = row;
  const { reasons } = scanned;
  /** @type {Solution[]} */
  const found = [];
  const { patron, item } = scanned;
  if (scanned.outcome === "choice" && patron && item) {
    found.push({ letter: "P", label: say("OPEN_PATRON"), run: () => choose(row, patron) });
    found.push({ letter: "M", label: say("TAKE_ITEM"), run: () => takeItem(row, item) });
  }
  if (scanned.outcome === "search" || scanned.outcome === "titles") {
    const hasTitles = scanned.titles.length > 0;
    if (hasTitles && state.patron?.may.includes("hold")) {
      found.push({ letter: "R", label: say("KEY_HOLD"), run: () => hold(row) });
    }
    if (hasTitles && has("bookings")) found.push({ letter: "M", label: say("KEY_BOOK"), run: () => void book(row) });
    if (row.facets.length) found.push({ letter: "T", label: say("KEY_NARROW"), run: () => narrowNext(row) });
    if (scanned.outcome === "search") registering(row, found);
    return found;
  }
  if (scanned.outcome !== "refused" && scanned.outcome !== "nothing") return found;
  found.push({ letter: "L", label: say("KEY_DISMISS"), isFirst: true, run: () => dismiss(row) });
  if (scanned.outcome === "nothing") registering(row, found);
  if (!item) return found;
  const codes = reasons.map((each) => each.code);
  if (codes.includes("ALREADY_ON_LOAN_TO_PATRON")) {
    found.push({
      letter: "N",
      label: say("KEY_RENEW_LOAN"),
      run: () => send(row.code, { mode: "renew" }, row),
    });
  }
  const fee = reasons.find((each) => each.fee !== null)?.fee;
  if (fee && reasons.length === 1) {
    const label = say("ACCEPT_FEE", { amount: amount(fee) });
    const run = () => send(row.code, { mode: row.mode, accept_fee: fee.amount }, row);
    found.push({ letter: "J", label, run });
  } else if (reasons.length && reasons.every((each) => each.overridable && each.may && has(each.right ?? ""))) {
    const label = say(row.mode === "renew" ? "RENEW_ANYWAY" : "LEND_ANYWAY");
    found.push({ letter: "U", label, whys: "OVERRIDE", run: () => passOver(row) });
  }
  if (row.look.mark === "stop") {
    found.push({ letter: "T", label: say("TRY_AGAIN"), run: () => again(row) });
  }
  return found;
}

/** Nobody was found: they may be new, with that card or by that name. @param {Row} row @param {Solution[]} found */
function registering(row, found) {
  if (state.patron || row.scanned.patrons.length || !has("patrons.edit")) return;
  const names = row.code.split(/\s+/);
  const family_name = names.length > 1 ? (names.pop() ?? "") : "";
  /** @type {Record<string, string>} */
  const known = /\d/.test(row.code) ? { card: row.code } : { given_name: names.join(" "), family_name };
  const run = () => {
    settleRow(row, say("REGISTER"));
    void import("./patron_form.js").then((form) => form.register(known));
  };
  found.push({ letter: "I", label: say("REGISTER"), run });
}

/** @param {Row} row */
export function again(row) {
  // What was to be lent is not taken back because nobody is open.
  if (isNobodys(row) && !state.patron) {
    tell(say("OPEN_PATRON_FIRST"));
    redraw();
    return;
  }
  send(row.code, { mode: row.mode }, row);
}

/** @param {Row} row */
function isNobodys({ scanned }) {
  return scanned.reasons.some((each) => each.code === "NOBODYS");
}

/** Passes over the reasons, for this patron until they leave. @param {Row} row */
function passOver(row) {
  state.why = takeWhy("OVERRIDE");
  for (const each of row.scanned.reasons) state.passedOver.add(each.code);
  again(row);
}

/** @param {Row} row @param {import("../types").PatronScreen} patron */
function choose(row, patron) {
  open(patron);
  settleRow(row, say("PATRON_OPENED"));
}

/** @param {Row} row @param {import("../types").Item} item */
function takeItem(row, item) {
  if (state.barring === row) state.barring = null;
  const isLoan = state.mode === "desk" && state.patron !== null;
  queue.add({
    path: isLoan ? "/checkouts" : "/checkins",
    body: () => ({ item: item.barcode, ...(isLoan ? { patron: state.patron?.id } : {}) }),
    done: (answer) => {
      const { status, body } = answer;
      const nothing = { text: item.barcode, titles: [], patrons: [], reasons: [], item };
      /** @type {Scanned} */
      let scanned = { ...scannedOf(answer, item.barcode), item };
      if (status === 200 && isLoan) scanned = { ...nothing, outcome: "checked_out", checked_out: body };
      else if (status === 200) scanned = { ...nothing, outcome: "checked_in", checked_in: body };
      settleRow(row, "");
      taken(scanned, item.barcode, row.mode, state.patron?.id ?? null);
    },
  });
}

/** @param {Row} row @param {string} note */
export function settleRow(row, note) {
  Object.assign(row, { isSettled: true, note, solutions: [] });
  redraw(row);
}

/** @param {Row} row */
function dismiss(row) {
  if (state.barring === row) state.barring = null;
  settleRow(row, say("DISMISSED"));
}

/** What lies in one place is done. @param {string} place */
export function settle(place) {
  for (const row of state.rows.filter((each) => each.look.place === place && !each.isSettled)) {
    settleRow(row, say(`SETTLED_${place}`));
  }
}

/** Takes back what was done last with the row in hand, else the newest that can be. */
export function undo() {
  queue.add({
    path: "/undo",
    body: () => ({ item: undoable()?.scanned.item?.barcode ?? "-" }),
    done: ({ status, body }) => {
      const row = undoable();
      if (!row) {
        tell(say("NOTHING_TO_UNDO"));
        redraw();
      } else if (status === 200) {
        Object.assign(row, { isUndone: true, isSettled: true, solutions: [] });
        if (state.patron && row.patron === state.patron.id) {
          state.patron.counts.loans += row.scanned.checked_out ? -1 : 0;
        }
        last.code = "";
        play("done");
        redraw(row);
      } else {
        tell(say("CANNOT_UNDO", { why: body?.reasons?.[0]?.text ?? body?.title ?? "" }));
        redraw();
      }
    },
  });
}

function undoable() {
  const can = (/** @type {Row} */ row) =>
    !row.isUndone && (row.scanned.checked_out || row.scanned.checked_in);
  return state.chosen && can(state.chosen) ? state.chosen : state.rows.find(can);
}

/** Says something that stands on no row. @param {string} text @param {"done" | "stop"} [mark] */
export function tell(text, mark = "stop") {
  state.said = { text, mark };
  if (text && mark === "stop") part("alert").textContent = text;
  if (text) play(mark);
}

/** Ends the session of the patron, with a receipt; not while a stop is unanswered. */
export function endSession() {
  if (stops().length) {
    tell(say("ANSWER_THE_STOP"));
    redraw();
    return;
  }
  if (queue.isLost) {
    const { kept } = queue;
    void import("./slips.js").then((slips) => slips.giveEmergencySlip(kept));
  }
  if (state.patron || queue.isLost) end({ ...byWhom(), isEnd: true });
}

/** @param {import("./offline.js").Kept} kept */
function end(kept) {
  queue.add({
    path: "/desk/end",
    kept,
    body: () => ({ patron: state.patron?.id ?? "" }),
    done: ({ status, body }) => {
      close();
      if (status === 200) state.slip = body;
      forget(kept.key, null, false);
      redraw();
    },
  });
}

/** The slip whose digit stands in the box; else that of the chosen row, or the receipt. */
export function printSlip() {
  const digit = takeWords();
  const kept = queue.isLost ? queue.kept : null;
  void import("./slips.js").then((slips) => slips.printSlip(digit, kept));
}

/** All slips there are, with their digits. */
export function showSlips() {
  void import("./slips.js").then((slips) => slips.showSlips());
}

/** Who stood at a machine that refused something: chosen and opened as other patrons are. */
export async function continueHere() {
  const answer = await ask("GET", "/lists/machines").catch(() => null);
  if (answer?.status !== 200) return;
  const named = answer.body.lines.filter((/** @type {any} */ each) => each.patron !== null);
  const patrons = named.map((/** @type {any} */ each) => ({
    id: each.patron.id,
    name: each.patron.name,
    card: "",
    birth_date: null,
    category: "",
    home_branch: { isil: "", name: `${each.machine}, ${clock(new Date(each.at))}`, agency: "" },
    address: [each.title ?? each.item, ...each.why].join(" · "),
    is_deceased: false,
  }));
  const outcome = patrons.length ? "search" : "nothing";
  taken({ outcome, text: say("LIST_machines"), titles: [], patrons, reasons: [] }, "", "desk", null);
}

export function openLastPatron() {
  if (state.lastPatron) void openPatron(state.lastPatron);
}

/** @param {string} id @param {boolean} [isOpen] who is not open any more stays closed, and who is not to be seen is closed */
export async function openPatron(id, isOpen = false) {
  const { status, body } = await ask("GET", `/patrons/${id}`).catch(() => ({ status: 0, body: null }));
  if (isOpen && state.patron?.id !== id) return;
  if (isOpen && status >= 400) close();
  if (status !== 200) {
    tell(body ? whyNot({ status, body, headers: new Headers() }) : say("LINE_LOST"));
    redraw();
    return;
  }
  open(body);
  redraw();
}

export function renewAll() {
  const patron = state.patron?.id;
  if (!patron) return;
  queue.add({
    path: "/renewals/all",
    body: () => ({ patron }),
    done: ({ status, body }) => {
      if (status !== 200) {
        taken(scannedOf({ status, body, headers: new Headers() }, say("KEY_RENEW_ALL")), "", "renew", patron);
        return;
      }
      for (const each of body.results) {
        const outcome = each.renewed ? "renewed" : "refused";
        const parts = { renewed: each.renewed, item: each.renewed?.item, reasons: each.reasons ?? [] };
        taken({ outcome, text: each.barcode, titles: [], patrons: [], ...parts }, each.barcode, "renew", patron);
      }
    },
  });
}

/** Arrow keys: through the lines of the view, what the newest row has found, or the rows. @param {number} step */
export function move(step) {
  const newest = state.live ?? state.rows[0];
  if (state.view) {
    moveInView(step);
  } else if (newest?.hits.length && !newest.isSettled && !state.chosen) {
    chooseHit(newest, Math.max(0, Math.min(newest.hits.length - 1, newest.hit + step)));
  } else if (step < 0 && state.patron && !state.chosen) {
    void import("./patron_page.js").then((page) => page.openPage("first"));
  } else {
    moveInRows(step);
  }
}

/** @param {number} step */
function moveInRows(step) {
  const at = state.chosen ? state.rows.indexOf(state.chosen) : -1;
  const row = state.rows[Math.max(0, Math.min(state.rows.length - 1, at + step))];
  const before = state.chosen;
  state.chosen = row ?? null;
  if (before) redraw(before);
  if (row) redraw(row);
  row?.element?.scrollIntoView({ block: "nearest" });
}

/** Enter in the empty box only opens: the patron of the row, or what was found. */
export function openChosen() {
  const newest = state.rows[0];
  const hit = state.chosen ? undefined : newest?.hits[newest.hit];
  if (state.view) {
    chosenLine()?.open?.();
  } else if (newest && hit && "name" in hit) {
    settleRow(newest, say("PATRON_OPENED"));
    void openPatron(hit.id);
  } else {
    const scanned = state.chosen?.scanned;
    const whose = scanned?.checked_in?.borrower ?? scanned?.checked_out?.patron;
    if (whose) void openPatron(whose.id);
  }
}

/** Escape: what was begun is left, one thing at a time. */
export function leave() {
  tell("");
  dropLive();
  if (state.taking) state.taking = null;
  else if (!state.chosen) closeView();
  leaveChosen();
  redraw();
}

export function leaveChosen() {
  const before = state.chosen;
  state.chosen = null;
  const wasPaying = state.paying !== null;
  state.paying = null;
  if (before) redraw(before);
  else if (wasPaying) redraw();
}

/** A letter in the box: a sum that was shown is not taken any more, what was chosen stays. */
export function typed() {
  if (state.paying === null) return;
  state.paying = null;
  redraw();
}

/** @param {string} name a command barcode, as the sheet beside the desk has them */
function command(name) {
  const key = new Map([["return", "F4"], ["renew", "F6"], ["look", "F3"], ["last_patron", "F8"]]);
  if (name === "undo") undo();
  else if (name === "done") endInTurn();
  else if (name === "receipt") printSlip();
  else if (name === "confirm") confirmInTurn();
  else press(key.get(name) ?? "");
}

/** What was scanned before is answered first; without a line the end is kept in its place. */
function endInTurn() {
  if (queue.isLost) endSession();
  else queue.after(() => queue.ahead(endSession));
}

/** Confirms the row that waits; where there is no line nobody has seen one. */
function confirmInTurn() {
  if (queue.isLost) {
    tell(say("LINE_LOST"));
    redraw();
    return;
  }
  const confirm = () => rowInHand()?.solutions.find((each) => !each.isFirst)?.run();
  queue.after(() => queue.ahead(confirm));
}
