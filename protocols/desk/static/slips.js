// What can be printed at the desk: F9 with its digit in the box, or a line of the view.
import { redraw, tell } from "./acts.js";
import { ask, clock, day, now, say } from "./page.js";
import { state } from "./state.js";
import { closeView, show } from "./views.js";

/** @typedef {import("./rows.js").Row} Row */

/** What goes into an item on its way. @type {Record<string, string>} */
const PLACES = { HOLD_SHELF_HERE: "pickup", TRANSIT_HOME: "transit", TRANSIT_TO_PICKUP: "transit" };

/** Kinds of slips by their digit; what each is about: a patron, or the desk itself. */
const SLIPS = /** @type {const} */ ([
  ["receipt", true],
  ["loans", true],
  ["returns", true],
  ["payment", true],
  ["status", true],
  ["group", true],
  ["emergency", false],
]);

/**
 * What is asked for by a digit; null where there is no such slip, or nobody to whom it belongs.
 * @param {string} digit
 * @param {string | null} patron
 * @returns {Record<string, string> | null}
 */
function wishOf(digit, patron) {
  const [kind, isOfPatron] = SLIPS[Number(digit) - 1] ?? [];
  if (!kind || (isOfPatron && !patron)) return null;
  return isOfPatron && patron ? { kind, patron } : { kind };
}

/** Whose slips are printed: whoever is open, else the patron before. */
function whose() {
  return state.patron?.id ?? state.lastPatron;
}

/**
 * The slip with that digit; without one that of the chosen row, or the receipt. While the line is down there is one.
 * @param {string} digit
 * @param {import("./offline.js").Kept[] | null} kept what waits for a line that is lost
 */
export function printSlip(digit, kept) {
  const wish = digit ? wishOf(digit, whose()) : wishFor(state.chosen, whose());
  if (kept) giveEmergencySlip(kept);
  else if (wish) void print(wish);
  else showSlips();
}

/** All slips there are, with their digits. */
export function showSlips() {
  const lines = () =>
    SLIPS.map(([kind], index) => {
      const digit = String(index + 1);
      const wish = wishOf(digit, whose());
      const run = () => void (wish && print(wish));
      return {
        id: `slip ${kind}`,
        heading: say(`SLIP_${kind}`),
        facts: [say(wish ? `SLIP_TELLS_${kind}` : "PATRON_FIRST")],
        big: `${digit} F9`,
        keys: wish ? [{ letter: "O", label: say("KEY_PRINT"), run }] : [],
        open: run,
      };
    });
  show({ name: "slips", chosen: null, sections: () => [{ name: say("SLIPS"), lines: lines() }] });
  redraw();
}

/** @param {Record<string, unknown>} wish */
async function print(wish) {
  const { slip, why } = await slipFor(wish);
  if (slip || !why) closeView();
  state.slip = slip;
  if (why) tell(why);
  else if (!slip) tell(say("PRINTS"), "done");
  redraw();
}

/** While the line is down the page itself says what was scanned since the last session ended. @param {import("./offline.js").Kept[]} kept */
export function giveEmergencySlip(kept) {
  state.slip = emergencySlip(kept, state.session?.branch?.name ?? "");
  if (!state.slip) tell(say("NOTHING_TO_PRINT"));
  redraw();
}

/**
 * Prints a slip: at the desk's printer, or on the screen and by the browser where there is none.
 * @param {Record<string, unknown>} wish
 * @returns {Promise<{ slip: import("../types").Slip | null, why: string }>} what the browser is to
 *   print; why there is nothing to be printed
 */
async function slipFor(wish) {
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
function wishFor(row, patron) {
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
function emergencySlip(kept, branch) {
  const last = kept.map((each) => each.isEnd === true).lastIndexOf(true);
  const codes = kept.slice(last + 1).flatMap(({ text }) => (text ? [`* ${text}`] : []));
  if (!codes.length) return null;
  const moment = now();
  const where = [branch, day(moment, true), clock(moment)].filter(Boolean).join(", ");
  const lines = [...codes, "", say("EMERGENCY_HINT"), "", where];
  const { lang: language } = document.documentElement;
  return { heading: say("EMERGENCY_RECEIPT"), language, lines, big: "", barcode: "" };
}
