// What the desk knows: who works here, the patron who is open, the rows. Gone with the page.

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../types").PatronScreen} PatronScreen */

/** @typedef {"desk" | "return" | "renew" | "look" | "drop"} Mode */

export const state = {
  /** @type {import("../types").Session | null} */
  session: null,
  /** @type {Mode} */
  mode: "desk",
  /** The day on which the book drop was filled. @type {Date} */
  dropped: new Date(),
  /** @type {PatronScreen | null} */
  patron: null,
  /** Who was open before, for one key. @type {string | null} */
  lastPatron: null,
  isHidden: false,
  /** Reasons that are passed over for this patron until they leave. @type {Set<string>} */
  passedOver: new Set(),
  /** The newest first. @type {Row[]} */
  rows: [],
  /** A row chosen by arrow keys. @type {Row | null} */
  chosen: null,
  /** A sum that a second press takes. @type {import("../types").Money | null} */
  paying: null,
  /** What stands on the right until something else does. @type {import("../types").Slip | null} */
  slip: null,
  isHelpOpen: false,
};

/** Rows that are kept to look back at. */
export const MOST_ROWS = 200;

/** Refusals that nobody has dealt with. */
export function stops() {
  return state.rows.filter((row) => row.look.mark === "stop" && !row.isSettled);
}

/** The row that keys with Alt are about: the chosen one, else the newest that has any. */
export function rowInHand() {
  if (state.chosen) return state.chosen;
  return state.rows.find((row) => row.solutions.length > 0 && !row.isSettled) ?? null;
}
