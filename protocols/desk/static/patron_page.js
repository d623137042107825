// Everything of the patron who is open: loans, holds, cards, family, money, messages, look-ups.
import { have, openPatron, tell } from "./acts.js";
import { consents, contact, stay, wishes } from "./patron_ways.js";
import { amount, ask, clock, day, inDays, none, now, say } from "./page.js";
import { payCharge, payLabel, waive } from "./money.js";
import { has } from "./session.js";
import { state } from "./state.js";
import { drawView, show } from "./views.js";
import { takeWords } from "./whys.js";

/** @typedef {import("./views.js").Line} Line */
/** @typedef {import("./views.js").Section} Section */
/** @typedef {import("./rows.js").Solution} Solution */
/** @typedef {import("../types").PatronScreen} PatronScreen */

/** What is asked for, and the right without which it is not. */
const PARTS = {
  loans: "patrons.view",
  holds: "patrons.view",
  wishes: "patrons.view",
  charges: "patrons.view",
  notices: "notices.view",
  lookups: "lookups.view",
  contacts: "patrons.view",
  history: "patrons.history",
  preferences: "patrons.view",
};
/** Lines of messages and look-ups at first, and after the key for all. */
const FEW = 5;
const MANY = 100;

/** @typedef {keyof typeof PARTS} Part */

/** What was answered, by part. @type {Record<string, any>} */
let known = {};
let isAll = false;

/** @param {string | null} [chosen] the id of a line, or "first" */
export function openPage(chosen = null) {
  const { patron } = state;
  if (!patron) return;
  if (state.view?.name !== "patron") {
    known = { loans: { loans: patron.loans, total: patron.counts.loans } };
    isAll = false;
    for (const each of /** @type {Part[]} */ (Object.keys(PARTS))) void load(each);
  }
  const first = chosen === "first" ? `loan ${patron.loans[0]?.item.barcode}` : chosen;
  show({ name: "patron", chosen: first, isWide: true, sections, keys: pageKeys });
  drawView();
}

/** Of holds the first ones at once, and all where there are more. @param {Part} name */
async function load(name, isWhole = false) {
  const { patron } = state;
  if (!patron || !has(PARTS[name])) return;
  const isLog = name === "notices" || name === "lookups";
  const most = name === "holds" || isAll ? MANY : FEW;
  const limit = isLog || (name === "holds" && !isWhole) ? `?limit=${most}` : "";
  const answer = await ask("GET", `/patrons/${patron.id}/${name}${limit}`).catch(() => null);
  if (answer?.status !== 200 || state.patron?.id !== patron.id) return;
  known[name] = answer.body;
  if (state.view?.name === "patron") drawView();
  if (name === "holds" && !isWhole && known.holds?.holds.length === MANY) void load(name, true);
}

/** @returns {Solution[]} */
function pageKeys() {
  if (isAll || !["notices.view", "lookups.view", "patrons.history"].some(has)) return [];
  const run = () => {
    isAll = true;
    void load("notices");
    void load("lookups");
  };
  return [{ letter: "M", label: say("KEY_ALL_MESSAGES"), run }];
}

/** @returns {Section[]} */
function sections() {
  const { patron } = state;
  if (!patron) return [];
  const all = [
    loans(patron),
    holds(patron),
    wishes(patron, known.wishes?.cases ?? [], () => void load("wishes")),
    cards(patron),
    family(patron),
    contact(patron, known.contacts ?? {}, () => void load("contacts")),
    stay(patron, known.preferences, () => void load("preferences")),
    charges(patron),
    blocks(patron),
    past(),
    messages(),
    consents(patron, isNow),
    lookups(),
  ];
  return all.filter((each) => each !== null);
}

/** @param {PatronScreen} patron @returns {Section} */
function loans(patron) {
  const most = patron.counts.max_loans;
  const of = say("OF_AT_MOST", { count: patron.counts.loans, most: most ?? "" });
  return {
    name: say("LOANS"),
    small: most === null ? String(patron.counts.loans) : of,
    lines: (known.loans?.loans ?? []).map(loan),
  };
}

/** @param {import("../types").PatronLoan} each @returns {Line} */
function loan(each) {
  const { item } = each;
  /** @type {Solution[]} */
  const keys = [];
  if (has("lend")) {
    keys.push({ letter: "N", label: say("KEY_RENEW_LOAN"), run: () => renew(item.barcode) });
  }
  if (has("items.change")) {
    keys.push(
      { letter: "G", label: say("KEY_CLAIMED"), run: () => mark(item.barcode, "claimed_returned") },
      { letter: "V", label: say("KEY_LOST"), run: () => mark(item.barcode, "lost") },
    );
  }
  return {
    id: `loan ${item.barcode}`,
    heading: item.title || say("ITEM", { code: item.barcode }),
    by: item.author,
    facts: [
      item.barcode,
      each.loan.renewals > 0 && say("RENEWED_TIMES", { count: each.loan.renewals }),
      each.is_recalled && say("RECALLED"),
      each.lent_onward_to && say("LENT_ONWARD_TO", { name: each.lent_onward_to.name }),
      each.mark ? say(`MARK_${each.mark}`) : known[item.barcode],
    ],
    mark: each.is_overdue ? "todo" : "plain",
    big: day(each.loan.due),
    small: each.is_overdue ? say("IS_OVERDUE") : say("DUE"),
    keys,
  };
}

/** @param {string} barcode */
function renew(barcode) {
  have("POST", "/renewals", () => ({ item: barcode, seen: false }), (body) => {
    tell(say("RENEWED_UNTIL", { title: body.item.title, day: day(body.loan.due) }), "done");
    void load("loans");
  });
}

/** @param {string} barcode @param {string} to */
function mark(barcode, to) {
  have("POST", `/items/${encodeURIComponent(barcode)}/state`, () => ({ to }), ({ item }) => {
    known[barcode] = say(`STATE_${item.state}`);
    tell(`${item.item.title}: ${known[barcode]}`, "done");
    void load("loans");
    void load("charges");
  });
}

/** @param {PatronScreen} patron @returns {Section | null} */
function holds(patron) {
  const list = known.holds?.holds ?? [];
  return list.length ? { name: say("HOLDS"), small: String(patron.counts.holds), lines: list.map(hold) } : null;
}

/** @param {import("../types").Hold} each @returns {Line} */
function hold(each) {
  const path = `/holds/${each.id}`;
  const again = () => void load("holds");
  const isPaused = each.paused_from !== null;
  /** @type {Solution[]} */
  const keys = [];
  if (each.may.includes("pause")) {
    const first = now().toLocaleDateString("sv");
    const pause = isPaused ? null : { first };
    const run = () => have("PATCH", path, () => ({ pause }), again);
    keys.push({ letter: "W", label: say(isPaused ? "KEY_GO_ON" : "KEY_PAUSE"), run });
  }
  if (each.may.includes("cancel")) {
    keys.push({ letter: "Z", label: say("KEY_CANCEL_HOLD"), run: () => have("DELETE", path, none, again) });
  }
  if (has("holds.reorder") && (each.number_in_queue ?? 1) > 1) {
    const run = () => {
      const why = takeWords();
      if (why) have("POST", `${path}/place`, () => ({ number: 1, why }), again);
      else tell(say("WRITE_WHY_FIRST"));
    };
    keys.push({ letter: "O", label: say("KEY_FIRST_IN_QUEUE"), run });
  }
  const isReady = each.state === "READY";
  const estimate = each.days === null ? "" : say("IN_ABOUT", { day: day(inDays(each.days)) });
  const queue = each.number_in_queue === null ? "" : say("NUMBER_IN_QUEUE", { number: each.number_in_queue });
  return {
    id: `hold ${each.id}`,
    heading: each.title,
    by: each.author,
    facts: [each.pickup_branch.name, isPaused && say("PAUSED"), each.part, say("PLACED_ON", { day: day(each.placed) })],
    mark: isReady ? "done" : "plain",
    big: isReady ? say("ON_SHELF", { number: each.number ?? "" }) : queue || say(`HOLD_${each.state}`),
    small: each.deadline ? say("FETCHED_BEFORE", { day: day(each.deadline) }) : estimate,
    keys,
  };
}


/** The patron as an answer shows them. @param {PatronScreen} body */
function isNow(body) {
  state.patron = body;
  void load("lookups");
}

/** @param {PatronScreen} patron @returns {Section} */
function cards(patron) {
  const path = `/patrons/${patron.id}/cards`;
  const lines = patron.identifiers.map((each) => {
    const blocked = each.blocked ? null : "lost";
    const wish = () => ({ identifier: each.shown, blocked });
    const run = () => have("PATCH", path, wish, isNow);
    const label = say(each.blocked ? "KEY_VALID_AGAIN" : "KEY_CARD_LOST");
    const isOurs = patron.may.includes("edit") && each.kind === "card";
    return /** @type {Line} */ ({
      id: `card ${each.shown}`,
      heading: each.shown,
      facts: [
        say(`IDENTIFIER_${each.kind}`),
        say("ADDED_ON", { day: day(each.added, true) }),
        each.expires && say("UNTIL", { day: day(each.expires, true) }),
      ],
      mark: each.blocked ? "plain" : "done",
      big: say(each.blocked ? `CARD_${each.blocked}` : "CARD_VALID"),
      keys: isOurs ? [{ letter: "V", label, run }] : [],
    });
  });
  if (patron.may.includes("edit")) lines.push(pin(patron));
  return { name: say("CARDS"), small: String(patron.identifiers.length), lines };
}

/** The PIN: the patron types it into the box, which shows nobody what. @param {PatronScreen} patron @returns {Line} */
function pin(patron) {
  const path = `/patrons/${patron.id}/pin`;
  const isThere = patron.details.has_pin;
  const is = (/** @type {boolean} */ has_pin) => {
    patron.details.has_pin = has_pin;
    tell(say(has_pin ? "PIN_GIVEN" : "PIN_TAKEN"), "done");
  };
  const give = () => {
    state.taking = {
      label: say("PIN_OF", { name: patron.details.given_name || patron.details.name }),
      hint: say("WRITE_PIN"),
      isSecret: true,
      scanned: (chosen) => have("PUT", path, () => ({ pin: chosen }), () => is(true)),
    };
  };
  const keys = [
    { letter: "O", label: say("KEY_GIVE_PIN"), run: give },
    { letter: "J", label: say("KEY_LET_IN_AGAIN"), run: () => have("DELETE", `${path}/failures`, none, () => is(isThere)) },
  ];
  if (isThere) keys.push({ letter: "Z", label: say("KEY_REMOVE"), run: () => have("DELETE", path, none, () => is(false)) });
  return { id: "pin", heading: say("PIN_CODE"), big: say(isThere ? "GIVEN" : "NOT_GIVEN"), keys };
}

/** @param {PatronScreen} patron @returns {Section | null} */
function family(patron) {
  /** @param {import("../types").Related} each @param {string} word */
  const line = (each, word) => {
    const path = `/patrons/${patron.id}/guardians/${each.id}`;
    const run = () => have("DELETE", path, none, isNow);
    const isGuardian = word === "IS_GUARDIAN";
    const keys = isGuardian && patron.may.includes("edit") ? [{ letter: "Z", label: say("KEY_REMOVE"), run }] : [];
    return {
      id: `${word} ${each.id}`,
      heading: each.name,
      facts: [say(word), each.sees_account && say("SEES_ACCOUNT")],
      small: say("ENTER_OPENS"),
      open: () => void openPatron(each.id),
      keys,
    };
  };
  /** @type {Line[]} */
  const lines = [
    ...patron.guardians.map((each) => line(each, "IS_GUARDIAN")),
    ...patron.wards.map((each) => line(each, "IS_WARD")),
  ];
  if (patron.may.includes("edit")) {
    const run = () => {
      state.taking = {
        label: say("NEW_GUARDIAN", { name: patron.details.given_name || patron.details.name }),
        hint: say("SCAN_GUARDIAN"),
        scanned: (card) => addGuardian(patron, card),
      };
    };
    const keys = [{ letter: "O", label: say("KEY_ADD"), run }];
    lines.push({ id: "guardian new", heading: say("GUARDIAN_IS_NEW"), keys });
  }
  return lines.length ? { name: say("FAMILY"), lines } : null;
}

/** @param {PatronScreen} patron @param {string} card of somebody who is to answer for the patron */
function addGuardian(patron, card) {
  have("POST", "/patrons/search", () => ({ text: card, limit: 2 }), ({ patrons }) => {
    const [found, other] = /** @type {import("../types").PatronHit[]} */ (patrons);
    if (!found || other) {
      tell(say("NOBODY_WITH_CARD", { card }));
      return;
    }
    const wish = () => ({ guardian: found.id });
    have("POST", `/patrons/${patron.id}/guardians`, wish, (body) => {
      isNow(body);
      tell(say("IS_GUARDIAN_NOW", { name: found.name }), "done");
    });
  });
}

/** @param {PatronScreen} patron @returns {Section} */
function charges(patron) {
  const again = () => void load("charges");
  const list = /** @type {import("../types").Charge[]} */ (known.charges?.charges ?? []);
  const lines = list.map((each) => {
    /** @type {Solution[]} */
    const keys = [];
    const owed = { amount: each.balance, currency: each.currency };
    if (each.may.includes("pay")) {
      keys.push({ letter: "B", label: payLabel(owed, each.id), run: () => payCharge(owed, each.id, again) });
    }
    if (each.may.includes("waive")) {
      keys.push({ letter: "Y", label: say("KEY_WAIVE"), whys: "WAIVE", run: () => waive(each.id, again) });
    }
    const [first, ...more] = each.loans;
    return /** @type {Line} */ ({
      id: `charge ${each.id}`,
      heading: each.text,
      by: first?.title ?? "",
      facts: [
        day(each.created, true),
        each.reason,
        more.length > 0 && say("AND_MORE", { count: more.length }),
        each.paid > 0 && say("PAID_OF_IT", { amount: amount({ ...owed, amount: each.paid }) }),
        each.agency !== state.session?.branch?.agency && each.agency,
      ],
      big: amount(owed),
      keys,
    });
  });
  const sums = patron.owed.map(({ fees, compensations }) =>
    amount({ amount: fees.amount + compensations.amount, currency: fees.currency }),
  );
  return { name: say("CHARGES"), small: sums.join(", "), lines, isAside: true };
}

/** @param {PatronScreen} patron @returns {Section | null} */
function blocks(patron) {
  const path = `/patrons/${patron.id}/blocks`;
  /** @type {Line[]} */
  const lines = patron.blocks.map((each) => {
    const run = () => have("DELETE", `${path}/${each.reason}`, none, isNow);
    return {
      id: `block ${each.reason}`,
      heading: each.message || say(`BLOCK_${each.reason.toLowerCase()}`),
      facts: [day(each.since, true), each.agency ?? say("EVERYWHERE")],
      mark: "todo",
      big: say("BLOCKED"),
      keys: patron.may.includes("unblock") ? [{ letter: "Z", label: say("KEY_LIFT_BLOCK"), run }] : [],
    };
  });
  if (patron.may.includes("block")) {
    const run = () => {
      const message = takeWords();
      if (message) have("POST", path, () => ({ reason: "other", message }), isNow);
      else tell(say("WRITE_WHY_FIRST"));
    };
    lines.push({
      id: "block new",
      heading: say("NEW_BLOCK"),
      facts: [say("WRITE_WHY_IN_THE_BOX")],
      keys: [{ letter: "O", label: say("KEY_BLOCK"), run }],
    });
  }
  return lines.length ? { name: say("BLOCKS"), lines, isAside: true } : null;
}

/** Loans that are over, of whoever keeps them. @returns {Section | null} */
function past() {
  const list = /** @type {import("../types").EndedLoan[]} */ (known.history?.loans ?? []);
  if (!list.length) return null;
  const lines = list.slice(0, isAll ? MANY : FEW).map((each) => ({
    id: `past ${each.loan}`,
    heading: each.title,
    by: each.author,
    facts: [each.item, each.branch.name],
    big: day(each.returned, true),
    small: say("RETURNED"),
  }));
  return { name: say("PAST_LOANS"), lines, isAside: true };
}

/** @returns {Section | null} */
function messages() {
  const list = /** @type {import("../types").Message[]} */ (known.notices?.messages ?? []);
  if (!list.length) return null;
  const lines = list.map((each) => {
    const hasFailed = ["failed", "no contact data", "unsure"].includes(each.state);
    const isThere = ["sent", "delivered", "read"].includes(each.state);
    const mark = hasFailed ? "todo" : isThere ? "done" : "plain";
    return /** @type {Line} */ ({
      id: `message ${each.id}`,
      heading: each.subject || each.kind,
      by: "",
      facts: [each.channel, each.address, moment(each.sent ?? each.created), each.why],
      text: each.text,
      mark,
      big: say(`MESSAGE_${each.state.replaceAll(" ", "_")}`),
    });
  });
  const small = isAll ? "" : say("NEWEST", { count: lines.length });
  return { name: say("MESSAGES"), small, lines, isAside: true };
}

/** @returns {Section | null} */
function lookups() {
  const list = /** @type {import("../types").LookUp[]} */ (known.lookups?.lookups ?? []);
  if (!list.length) return null;
  const lines = list.map((each, index) => ({
    id: `lookup ${index}`,
    heading: moment(each.at),
    by: [each.actor, each.device].filter(Boolean).join(", "),
    small: say(`SEEN_${each.what}`),
  }));
  return { name: say("LOOKUPS"), lines, isAside: true };
}

/** @param {string} at */
function moment(at) {
  return `${day(at)} ${clock(new Date(at))}`;
}
