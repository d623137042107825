// The patron who is open, on the left.
import { amount, day, el, icon, now, say } from "./page.js";
import { button, stoppedCard } from "./rows.js";

/** @typedef {import("../types").PatronScreen} PatronScreen */

/**
 * What is owed to the agency of the desk, in one sum.
 * @param {PatronScreen} patron
 * @param {string | undefined} agency
 * @returns {import("../types").Money | null}
 */
export function owedTo(patron, agency) {
  const owed = patron.owed.find((each) => each.agency === agency);
  if (!owed) return null;
  const sum = owed.fees.amount + owed.compensations.amount;
  return sum > 0 ? { amount: sum, currency: owed.fees.currency } : null;
}

/**
 * What is owed to other agencies than the desk's, with where to pay it.
 * @param {PatronScreen} patron
 * @param {string | undefined} agency
 */
function owedElsewhere(patron, agency) {
  return patron.owed
    .filter((each) => each.agency !== agency && each.fees.amount + each.compensations.amount > 0)
    .map((each) => {
      const sum = { ...each.fees, amount: each.fees.amount + each.compensations.amount };
      return figure(say("OWES"), amount(sum), say("PAID_AT", { agency: `${each.agency_name} (${each.agency})` }));
    });
}

/** @param {string} name @param {string} figure @param {string} [more] */
function figure(name, figure, more = "") {
  const drawn = el("div", { class: "fig" }, el("span", {}, name), el("b", {}, figure));
  if (more) drawn.append(el("small", {}, more));
  return drawn;
}

/** @param {string} birth */
function age(birth) {
  const [year = 0, month = 1, date = 1] = birth.split("-").map(Number);
  const today = now();
  const hadBirthday =
    today.getMonth() + 1 > month || (today.getMonth() + 1 === month && today.getDate() >= date);
  return today.getFullYear() - year - (hadBirthday ? 0 : 1);
}

/** @param {PatronScreen} patron */
function warnings(patron) {
  const lines = patron.blocks.map((each) =>
    say(each.ends ? "BLOCKED_UNTIL" : "BLOCKED_SINCE", {
      day: day(each.since),
      ends: each.ends ? day(each.ends) : "",
      why: each.message || say(`BLOCK_${each.reason.toLowerCase()}`),
    }),
  );
  if (patron.is_expired) lines.unshift(say("CARD_EXPIRED"));
  const stopped = stoppedCard(patron, patron.scanned);
  if (stopped) lines.unshift(stopped);
  return lines.map((each) =>
    el("section", { class: "note" }, el("div", { class: "mark todo" }, icon("todo", "i m"), each)),
  );
}

/**
 * @param {PatronScreen} patron
 * @param {string | undefined} agency
 * @param {import("./rows.js").Solution[]} keys
 * @returns {Node[]}
 */
export function drawnPatron(patron, agency, keys) {
  const { details, counts } = patron;
  const who = [
    details.birth_date ? say("YEARS", { years: age(details.birth_date) }) : "",
    patron.card ? say("CARD", { card: patron.card }) : "",
  ].filter(Boolean);
  const family = [
    ...patron.wards.map((each) => say("WARD", { name: each.name })),
    ...patron.guardians.map((each) => say("GUARDIAN", { name: each.name })),
  ];
  const owed = owedTo(patron, agency);
  const figures = el(
    "section",
    {},
    owed ? figure(say("OWES"), amount(owed)) : null,
    ...owedElsewhere(patron, agency),
    figure(say("READY_TO_FETCH"), String(counts.ready)),
    figure(
      say("LOANS"),
      String(counts.loans),
      counts.overdue ? say("OVERDUE", { count: counts.overdue }) : "",
    ),
    figure(say("HOLDS"), String(counts.holds)),
  );
  return [
    el(
      "section",
      {},
      el("h1", { class: "big" }, details.name),
      el("p", { class: "s" }, who.join(" · ")),
      ...family.map((each) => el("p", { class: "s" }, each)),
    ),
    ...warnings(patron),
    figures,
    details.note
      ? el("section", {}, el("p", { class: "s" }, el("b", {}, say("NOTE")), el("br"), details.note))
      : el("section"),
    el("section", { class: "stack" }, ...keys.map((each) => button(each, "act wide"))),
  ];
}
