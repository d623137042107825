// The lists of what is to be seen to: where each comes from, how a line of it looks, what can be
// done about one, and what a scan does while it is open.
import { clock, day, now, say } from "./page.js";
import { factsOf, isNotSent, stateOf, termsOf, wishPath } from "./wishes.js";

/**
 * A line as it looks. `key` is what it is known by, `group` the heading it stands under.
 * @typedef {object} Line
 * @property {string} key
 * @property {string} group
 * @property {string} lead what the eye looks for
 * @property {string} text
 * @property {string[]} facts
 * @property {string} big
 * @property {string} small
 * @property {string} taken who sees to it, where that is somebody else
 * @property {boolean} isLater it comes up after all others
 */

/**
 * What can be done about a line.
 * @typedef {object} Act
 * @property {string} letter pressed with Alt
 * @property {string} label
 * @property {boolean} [isFirst]
 * @property {(line: any, text: string) => { path: string, body?: unknown }} [asks] `text` is the answer to the question
 * @property {string} [wantsText] the question whose answer it needs
 * @property {(answer: any) => string[]} [saysWhy] why nothing was done
 * @property {boolean} [scans] the same as if the item were scanned
 * @property {(line: any) => string} [tells] where it stands what was exchanged about it
 * @property {string} [right] without which nobody is shown it
 * @property {(line: any) => boolean} [isFor] the lines about which it can be done
 */

/**
 * @typedef {object} List
 * @property {string} path of the API
 * @property {string} right without which nobody is shown it
 * @property {string} hears the list that the stream of changes names
 * @property {"pick" | "return" | "look" | "receive"} mode what a scan does
 * @property {boolean} [isWhole] it comes in one piece
 * @property {(line: any, session: import("../types").Session) => Line} line
 * @property {readonly Act[]} [acts]
 */

/** @param {any} branch */
const called = (branch) => branch?.name ?? "";

/** @param {string} key @param {string} text @param {Partial<Line>} more @returns {Line} */
function line(key, text, more) {
  return { key, text, group: "", lead: "", facts: [], big: "", small: "", taken: "", isLater: false, ...more };
}

/** @param {any} found @returns {Line} */
function missing(found) {
  const facts = [found.item, found.patron?.name ?? ""];
  const small = found.mark ? say(`MARK_${found.mark}`) : "";
  return line(found.item, found.title, { facts, big: day(found.since), small });
}

/** An off-line act: what it was, when and from where. @param {any} found @returns {Line} */
function offLine(found) {
  const patron = found.patron?.name || found.patron_identifier || "";
  const what = found.act ? say(`OFF_LINE_${found.act}`) : "";
  const then = found.happened ? new Date(found.happened) : null;
  const when = then ? `${day(found.happened)} ${clock(then)}` : "";
  const text = found.title ?? (found.item ? say("ITEM", { code: found.item }) : patron);
  const source = found.source ? say(`FROM_${found.source}`) : "";
  const item = found.title ? found.item : "";
  const why = found.state === "done" ? [] : found.why;
  return line(found.id, text, {
    facts: [[what, when].filter(Boolean).join(" "), item, patron, found.amount ?? "", source, ...why, found.remark ?? ""],
    big: say(`STATE_${found.state}`),
    small: `${say("NOTED")} ${day(found.noted)}`,
  });
}

/** How long a settling can be undone, in milliseconds. */
const UNDONE_WITHIN = 24 * 3600 * 1000;

/** @param {any} found */
const offLinePath = (found) => `/lists/conflicts/${encodeURIComponent(found.id)}`;

/** @param {any} found @returns {Line} */
function onShelf(found) {
  return line(found.item, found.title, {
    lead: String(found.number),
    facts: [found.item],
    big: found.is_to_go ? say("TO_GO") : found.deadline ? day(found.deadline) : "",
    small: found.is_to_go || !found.deadline ? "" : say("KEPT_UNTIL"),
  });
}

/** Who did not find it, and when. @param {any} found @param {import("../types").Session} session */
function sought({ sought_by, sought }, session) {
  if (!sought) return "";
  const then = new Date(sought);
  const isToday = then.toDateString() === now().toDateString();
  const when = isToday ? say("AT_CLOCK", { time: clock(then) }) : day(then);
  return sought_by === session.name ? say("SOUGHT_BY_ME", { when }) : say("SOUGHT_BY", { name: sought_by, when });
}

/** Milliseconds after which a transit is looked into. */
const LATE = 7 * 24 * 60 * 60 * 1000;

/** @param {string} moment */
const isLate = (moment) => now().getTime() - new Date(moment).getTime() > LATE;

/** @type {readonly Act[]} */
const PICKING = [
  { letter: "O", label: "LINE_FOUND", isFirst: true, scans: true, right: "lend" },
  {
    letter: "I",
    label: "NOT_HERE",
    asks: (found) => ({ path: `/lists/pick/${encodeURIComponent(found.item)}`, body: { done: "not_found" } }),
  },
  {
    letter: "G",
    label: "GOING",
    asks: (found) => ({ path: `/lists/pick/${encodeURIComponent(found.item)}`, body: { done: "gone" } }),
  },
  {
    letter: "V",
    label: "DECLARE_MISSING",
    right: "items.change",
    isFor: (found) => found.sought !== null,
    asks: (found) => ({ path: `/items/${encodeURIComponent(found.item)}/state`, body: { to: "lost" } }),
  },
];
/** @param {string} list @returns {readonly Act[]} */
const settling = (list) => [
  {
    letter: "O",
    label: "SETTLED",
    isFirst: true,
    asks: (found) => ({ path: `/lists/${list}/${encodeURIComponent(found.id)}/settle` }),
  },
];

/** @type {readonly Act[]} */
const DECIDING = [
  {
    letter: "O",
    label: "ACCEPT_TERMS",
    isFirst: true,
    isFor: (found) => termsOf(found) !== "",
    asks: (found) => ({ path: `${wishPath(found)}/acceptance` }),
  },
  {
    letter: "N",
    label: "NEXT_LIBRARY",
    isFor: isNotSent,
    asks: (found) => ({ path: `${wishPath(found)}/next` }),
  },
  {
    letter: "Z",
    label: "CANCEL_WISH",
    isFor: isNotSent,
    asks: (found) => ({ path: `${wishPath(found)}/cancellation` }),
  },
  { letter: "U", label: "WHAT_WAS_SAID", tells: (found) => `${wishPath(found)}/exchanges` },
];

/** @type {Readonly<Record<string, List>>} */
export const LISTS = {
  pick: {
    path: "/lists/pick",
    right: "lists",
    hears: "pick",
    mode: "pick",
    line: (found, session) =>
      line(found.item, found.title, {
        group: [found.location, found.sublocation].filter(Boolean).join(", "),
        lead: found.call_number || found.author.split(",")[0],
        facts: [found.author, found.item, sought(found, session)],
        isLater: found.sought !== null,
        ...(found.pickup_branch.isil === session.branch?.isil
          ? { big: say("HOLD_SHELF"), small: say("HERE") }
          : { big: called(found.pickup_branch), small: say("TO_VAN") }),
        taken: found.fetched_by && found.fetched_by !== session.name ? found.fetched_by : "",
      }),
    acts: PICKING,
  },
  shelf: { path: "/lists/shelf", right: "lists", hears: "shelf", mode: "look", line: onShelf },
  expired: { path: "/lists/shelf?to_go=true", right: "lists", hears: "shelf", mode: "return", line: onShelf },
  transits: {
    path: "/lists/transits?days=0",
    right: "lists",
    hears: "transits",
    mode: "return",
    line: (found) =>
      line(found.item, found.title, {
        facts: [found.item, say("SENT", { day: day(found.since) }), isLate(found.since) ? say("IS_LATE") : ""],
        big: called(found.from_branch),
        small: say("COMES_FROM"),
      }),
  },
  conflicts: {
    path: "/lists/conflicts",
    right: "lists",
    hears: "conflicts",
    mode: "look",
    line: offLine,
    acts: [
      {
        letter: "O",
        label: "TRY_AGAIN",
        isFirst: true,
        isFor: (found) => found.state === "open",
        asks: (found) => ({ path: `${offLinePath(found)}/try` }),
        saysWhy: ({ state, why }) => (state === "open" ? [say("STILL_OPEN"), ...why] : []),
      },
      {
        letter: "A",
        label: "SETTLE",
        wantsText: "SETTLE_WHY",
        asks: (found, text) => ({ path: `${offLinePath(found)}/settle`, body: { reason: text } }),
      },
    ],
  },
  settled: {
    path: "/lists/conflicts?settled=true",
    right: "lists",
    hears: "conflicts",
    mode: "look",
    line: offLine,
    acts: [
      {
        letter: "O",
        label: "REOPEN",
        isFirst: true,
        isFor: (found) => found.state === "settled" && Date.now() - Date.parse(found.settled) < UNDONE_WITHIN,
        asks: (found) => ({ path: `${offLinePath(found)}/reopen` }),
      },
    ],
  },
  hopeless: {
    path: "/lists/hopeless",
    right: "lists",
    hears: "hopeless",
    mode: "look",
    line: (found) =>
      line(found.hold, found.title, {
        facts: [found.patron?.name ?? "", say(`VAIN_${found.why}`)],
        big: day(found.placed),
        small: say("WAITS_SINCE"),
      }),
  },
  claims: { path: "/lists/claims", right: "lists", hears: "claims", mode: "return", line: missing },
  missing: { path: "/lists/missing", right: "lists", hears: "missing", mode: "return", line: missing },
  overdue: {
    path: "/lists/overdue",
    right: "lists",
    hears: "overdue",
    mode: "return",
    line: (found) =>
      line(found.item, found.title, {
        facts: [found.item, found.patron?.name ?? ""],
        big: day(found.due),
        small: say("WAS_DUE"),
      }),
  },
  machines: {
    path: "/lists/machines",
    right: "patrons.view",
    hears: "machines",
    mode: "look",
    isWhole: true,
    line: (found) =>
      line(found.id, found.patron?.name ?? "", {
        facts: [found.title ?? found.item, ...found.why],
        big: found.machine,
        small: clock(new Date(found.at)),
      }),
  },
  wishes: {
    path: "/interlibrary-loans/cases",
    right: "lend",
    hears: "wishes",
    mode: "look",
    isWhole: true,
    line: (found) =>
      line(found.id, found.title, {
        facts: [found.author, found.patron_name ?? "", ...factsOf(found)],
        big: stateOf(found),
        small: day(found.created),
      }),
    acts: DECIDING,
  },
  letters: {
    path: "/interlibrary-loans/remarks",
    right: "lend",
    hears: "letters",
    mode: "look",
    isWhole: true,
    line: (found) =>
      line(found.id, found.title, {
        facts: [`${say(`REMARK_${found.kind}`)} ${found.text}`],
        big: found.partner.toUpperCase(),
        small: day(found.at),
      }),
    acts: [
      {
        letter: "O",
        label: "SETTLED",
        isFirst: true,
        asks: (found) => ({ path: `/interlibrary-loans/remarks/${found.id}/settlement` }),
      },
    ],
  },
  deliveries: {
    path: "/deliveries",
    right: "catalogue.edit",
    hears: "deliveries",
    mode: "receive",
    line: (found) =>
      line(found.id, found.supplier, {
        facts: [found.order, found.expected ? say("EXPECTED", { day: day(found.expected) }) : ""],
        big: say("OF_COPIES", { received: found.received, copies: found.copies }),
        small: say("RECEIVED"),
      }),
  },
  unexpected: {
    path: "/lists/unexpected",
    right: "catalogue.edit",
    hears: "unexpected",
    mode: "receive",
    line: (found) =>
      line(found.id, found.title ?? found.scanned, {
        facts: [found.scanned, found.by],
        big: day(found.noted),
        small: say("NOTED"),
      }),
    acts: settling("unexpected"),
  },
  prepare: {
    path: "/lists/bookings-to-prepare",
    right: "bookings",
    hears: "bookings-to-prepare",
    mode: "look",
    isWhole: true,
    line: (found) =>
      line(found.booking.id, found.booking.title, {
        group: day(found.booking.first),
        facts: [found.booking.borrower?.name ?? "", found.short ? say("TOO_FEW", { count: found.short }) : ""],
        big: say("COPIES_WANTED", { count: found.copies }),
        small: called(found.booking.deliver_to),
      }),
  },
  move: {
    path: "/lists/to-move",
    right: "bookings",
    hears: "to-move",
    mode: "look",
    line: (found) =>
      line(found.item, found.title, {
        lead: found.call_number,
        facts: [found.item, found.name],
        big: called(found.to),
        small: found.place,
      }),
  },
};
