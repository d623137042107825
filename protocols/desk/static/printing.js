// Slips: the server prints them at the desk's own printer; where the desk has none, the browser does.
import { ask, say } from "./page.js";
import { state } from "./state.js";

/** @typedef {import("./rows.js").Row} Row */

/** Milliseconds after which a slip should lie beside the printer. */
const SOON = 2500;
const LATER = 10_000;

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
