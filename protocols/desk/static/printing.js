// Slips: the server prints them at the desk's own printer; where the desk has none, the browser does.
import { ask, clock, day, say } from "./page.js";
import { state } from "./state.js";

/** @typedef {import("./rows.js").Row} Row */

/** Milliseconds after which a slip should lie beside the printer. */
const SOON = 2500;
const LATER = 10_000;
/** What goes into an item on its way. @type {Record<string, string>} */
const PLACES = { HOLD_SHELF_HERE: "pickup", TRANSIT_HOME: "transit", TRANSIT_TO_PICKUP: "transit" };

/**
 * Looks whether what goes into the item of a row was printed, and says so where it was not.
 * @param {Row} row
 * @param {(row?: Row) => void} redraw
 */
export function watchPrinting(row, redraw) {
  const job = row.scanned.checked_in?.printing;
  if (job) setTimeout(() => void look(job, row, redraw, LATER), SOON);
}

/** @param {string} job @param {Row} row @param {(row?: Row) => void} redraw @param {number} pause */
async function look(job, row, redraw, pause) {
  const answer = await ask("GET", "/prints").catch(() => null);
  if (answer?.status !== 200) return;
  const found = answer.body.jobs.find((/** @type {any} */ each) => each.id === job);
  if (!found) return;
  if (found.state === "printed") {
    row.note = say("NOTE_PRINTED");
    if (state.unprinted?.job === job) state.unprinted = null;
  } else {
    row.note = say("NOT_PRINTED");
    state.unprinted = { job, why: whyNot(found.problem), row };
    if (found.state === "waiting") setTimeout(() => void look(job, row, redraw, pause * 2), pause);
  }
  redraw(row);
}

/** @param {string} problem as the server has noted it */
function whyNot(problem) {
  if (!problem) return say("PRINTER_ASKS_NOT");
  return say(problem.endsWith("no paper") ? "NO_PAPER" : "PRINTER_SILENT");
}

/** Somebody has seen to the printer: what waits is tried at once. @param {(row?: Row) => void} redraw */
export async function printAgain(redraw) {
  const { unprinted } = state;
  if (!unprinted) return;
  await ask("POST", `/prints/${unprinted.job}/again`, undefined, crypto.randomUUID()).catch(() => null);
  state.unprinted = null;
  redraw();
  setTimeout(() => void look(unprinted.job, unprinted.row, redraw, LATER), SOON);
}

/**
 * Prints a slip: at the desk's printer, or on the screen and by the browser where there is none.
 * @param {Record<string, unknown>} wish
 * @returns {Promise<{ slip: import("../types").Slip | null, why: string }>} what the browser is to
 *   print; why there is nothing to be printed
 */
export async function slipFor(wish) {
  const printed = await ask("POST", "/prints", wish, crypto.randomUUID()).catch(() => null);
  if (printed?.status === 200) return { slip: null, why: "" };
  const made = ask("POST", "/slips", wish, crypto.randomUUID());
  const { status, body } = await made.catch(() => ({ status: 0, body: null }));
  if (status === 200) return { slip: body, why: "" };
  return { slip: null, why: say(status === 409 ? "NOTHING_TO_PRINT" : "NO_ANSWER") };
}

/**
 * Which slip is wanted: of a chosen row the note of a return or the receipt for it, or the label of an item; else the
 * receipt of a patron.
 * @param {Row | null} row
 * @param {string | null} patron
 */
export function wishFor(row, patron) {
  if (row?.scanned.outcome === "item") return { kind: "label", item: row.code };
  const done = row?.scanned.checked_in;
  if (row && done && PLACES[done.destination]) return { kind: PLACES[done.destination], item: row.code };
  if (done?.borrower) return { kind: "returns", patron: done.borrower.id };
  return patron ? { kind: "receipt", patron } : null;
}

/**
 * What was scanned since the last session ended: what a patron takes home while the line is down.
 * @param {import("./offline.js").Kept[]} kept
 * @param {string} branch
 * @returns {import("../types").Slip | null}
 */
export function emergencySlip(kept, branch) {
  const last = kept.map((each) => each.isEnd === true).lastIndexOf(true);
  const codes = kept.slice(last + 1).flatMap(({ text }) => (text ? [`* ${text}`] : []));
  if (!codes.length) return null;
  const now = new Date();
  const where = [branch, day(now, true), clock(now)].filter(Boolean).join(", ");
  const lines = [...codes, "", say("EMERGENCY_HINT"), "", where];
  const { lang: language } = document.documentElement;
  return { heading: say("EMERGENCY_RECEIPT"), language, lines, big: "", barcode: "" };
}
