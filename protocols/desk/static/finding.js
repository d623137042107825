// Titles and patrons that were found: choosing one, where its copies are, reserving it.
import { have, keepRow, redraw, settleRow, solutionsOf, tell, whyNot } from "./acts.js";
import { ask, day, inDays, say } from "./page.js";
import { newRow } from "./rows.js";
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

/** Where the copies are, and what a hold of the open patron could expect. @param {Row} row @param {Title} title */
async function showCopies(row, title) {
  const { patron } = state;
  const isHeld = patron?.may.includes("hold") ?? false;
  const [shown, expected] = await Promise.all([
    ask("GET", `/titles/${title.id}`).catch(() => null),
    isHeld ? ask("GET", `/patrons/${patron?.id}/hold-prospect?title=${title.id}`).catch(() => null) : null,
  ]);
  const chosen = row.hit < 0 ? row.scanned.titles[0] : chosenTitle(row);
  if (shown?.status !== 200 || chosen?.id !== title.id) return;
  row.title = shown.body;
  row.prospect = expected?.status === 200 ? expected.body : null;
  redraw(row);
}

/** Milliseconds after the last key before what stands in the box is looked for. */
const PAUSE = 250;
const TITLES = 10;
const FACET_VALUES = 4;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

/** Somebody types words: titles are found meanwhile. A scan is through before the first is asked for. @param {string} text */
export function lookWhileTyping(text) {
  clearTimeout(typing);
  const isWords = /^\D{3,}$/.test(text) && !state.view && !state.taking;
  if (!isWords) dropLive();
  else typing = setTimeout(() => void look(text), PAUSE);
}

export function dropLive() {
  clearTimeout(typing);
  if (!state.live) return;
  state.live = null;
  redraw();
}

/** @param {string} text */
async function look(text) {
  const nothing = { outcome: "search", text, titles: [], patrons: [], reasons: [] };
  const row = newRow(nothing, text, "live", state.patron?.id ?? null);
  const isThere = await refine(row);
  const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
  if (!isThere || box.value.trim() !== text) return;
  row.solutions = solutionsOf(row);
  state.live = row;
  chooseHit(row, -1);
}

/** Asks what can be had of the titles of a row, and what they can be narrowed to. @param {Row} row */
export async function refine(row) {
  const quoted = row.code.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  const words = `cql.anywhere all "${quoted}"`;
  const asked = row.narrowed ? { cql: `${words} and ${row.narrowed.cql}` } : { q: row.code };
  const body = { ...asked, limit: TITLES, facets: FACET_VALUES, availability: true };
  const answer = await ask("POST", "/titles/search", body).catch(() => null);
  if (answer?.status !== 200) return false;
  const { titles, facets, total } = /** @type {import("../types").TitlesFound} */ (answer.body);
  const patrons = row.narrowed ? [] : row.scanned.patrons;
  row.hits = row.patron ? [...titles, ...patrons] : [...patrons, ...titles];
  row.scanned = { ...row.scanned, titles };
  if (!row.narrowed) Object.assign(row, { facets, total });
  return true;
}

/** @param {Row} row @param {Row["narrowed"]} value */
export function narrow(row, value) {
  row.narrowed = value;
  void refine(row).then(() => chooseHit(row, -1));
}

/** The next value of the facets, after the last all titles. @param {Row} row */
export function narrowNext(row) {
  const values = row.facets.flatMap((each) => each.values);
  const at = values.findIndex((each) => each.cql === row.narrowed?.cql);
  narrow(row, values[at + 1] ?? null);
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
    if (row === state.live) keepRow(row);
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
