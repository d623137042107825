// What the desk knows: who works here, the patron who is open, the rows. Gone with the page.

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../types").PatronScreen} PatronScreen */

/** @typedef {"desk" | "return" | "renew" | "look" | "drop"} Mode */

/**
 * @typedef {object} Taking
 * @property {string} label
 * @property {string} hint
 * @property {boolean} [isSecret] nobody is to read it from the screen
 * @property {(code: string) => void} scanned
 */

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
  /** A card that opened nobody: what is scanned after it is nobody's. @type {Row | null} */
  barring: null,
  /** The newest first. @type {Row[]} */
  rows: [],
  /** A row chosen by arrow keys. @type {Row | null} */
  chosen: null,
  /** A sum that a second press takes. @type {(import("../types").Money & { charge?: string }) | null} */
  paying: null,
  /** Why something is passed over for this patron. */
  why: "",
  /** Where the next scan goes, if it does not do what scans do. @type {Taking | null} */
  taking: null,
  /** What stands in place of the rows. @type {import("./views.js").View | null} */
  view: null,
  /** What was typed for a new patron and is not sent yet. @type {Record<string, string>} */
  draft: {},
  /** What is found while somebody types. @type {Row | null} */
  live: null,
  /** What stands on no row. @type {{ text: string, mark: "done" | "stop" }} */
  said: { text: "", mark: "done" },
  /** What stands on the right until something else does. @type {import("../types").Slip | null} */
  slip: null,
  isHelpOpen: false,
  /** What the printer has not printed. @type {{ job: string, why: string, row: Row } | null} */
  unprinted: null,
  /**
   * What is ready for the patron, and where it stands.
   * @type {{ titleId: string, title: string, number: number | null, branch: import("../types").Branch }[]}
   */
  ready: [],
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
  if (state.live) return state.live;
  return state.rows.find((row) => row.solutions.length > 0 && !row.isSettled) ?? null;
}
