// Titles and patrons that were found: choosing one, where its copies are, reserving it.
import { have, redraw, settleRow, tell, whyNot } from "./acts.js";
import { ask, day, say } from "./page.js";
import { state } from "./state.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../types").Title} Title */

/** The title that was chosen of what a row has found. @param {Row} row */
function chosenTitle(row) {
  const hit = row.hits[row.hit];
  return hit && "title" in hit ? hit : null;
}

/** Chooses what was found, and shows where the copies of a title are. @param {Row} row @param {number} index */
export function chooseHit(row, index) {
  row.hit = index;
  redraw(row);
  const title = index < 0 ? row.scanned.titles[0] : chosenTitle(row);
  if (title && row.title?.id !== title.id) void showCopies(row, title);
}

/** @param {Row} row @param {Title} title */
async function showCopies(row, title) {
  const answer = await ask("GET", `/titles/${title.id}`).catch(() => null);
  if (answer?.status !== 200) return;
  row.title = answer.body;
  redraw(row);
}

/** Reserves the chosen title of the row for the open patron. @param {Row} row */
export function hold(row) {
  const title = chosenTitle(row);
  const { patron } = state;
  if (!patron) return;
  if (!title) {
    tell(say("CHOOSE_FIRST"));
    redraw();
    return;
  }
  const wish = () => ({ patron: patron.id, title: title.id });
  const done = (/** @type {{ hold: import("../types").Hold }} */ { hold: placed }) => {
    patron.counts.holds += 1;
    const number = placed.number_in_queue ?? "";
    const days = placed.days === null ? "" : say("IN_ABOUT", { day: day(inDays(placed.days)) });
    settleRow(row, [say("HELD", { title: title.title, number }), days].filter(Boolean).join(" · "));
    tell(row.note, "done");
  };
  const refused = (/** @type {import("../types").Answer} */ answer) => {
    row.note = whyNot(answer);
    tell(row.note);
    redraw(row);
  };
  have("POST", "/holds", wish, done, { refused });
}

/** @param {number} days */
export function inDays(days) {
  const moment = new Date();
  moment.setDate(moment.getDate() + days);
  return moment;
}
