// What patrons want from other libraries: how a wish looks, and what can be done about it.
import { clock, day, now, say } from "./page.js";

/** @typedef {import("../types").Wish} Wish */

/** Who is asked now, or was asked last. @param {Wish} wish */
function loanOf(wish) {
  return wish.loans[wish.loans.length - 1];
}

/** @param {Wish} wish */
export function wishPath(wish) {
  return `/interlibrary-loans/${loanOf(wish)?.id}`;
}

/** The terms of the other library, on which somebody decides. @param {Wish} wish */
export function termsOf(wish) {
  return loanOf(wish)?.offer ?? "";
}

/** Has nothing been sent yet? @param {Wish} wish */
export function isNotSent(wish) {
  return ["asked", "expected", "offered"].includes(loanOf(wish)?.state ?? "");
}

/** @param {Wish} wish */
export function stateOf(wish) {
  return say(`WISH_${loanOf(wish)?.state ?? "asked"}`);
}

/** Which library, of how many that were asked, and its terms. @param {Wish} wish @returns {string[]} */
export function factsOf(wish) {
  const loan = loanOf(wish);
  const name = wish.suppliers.find(({ partner }) => partner === loan?.partner)?.name ?? loan?.partner ?? "";
  const number = wish.loans.length;
  return [
    name,
    number > 1 ? say("ASKED_LIBRARIES", { count: number }) : "",
    termsOf(wish),
    wish.needed_before ? say("NEEDED_BEFORE", { day: day(wish.needed_before) }) : "",
  ].filter(Boolean);
}

/** What was said between the libraries, a line each. @param {import("../types").Exchange[]} exchanges */
export function saidIn(exchanges) {
  return exchanges.map(({ at, direction, service, outcome }) => {
    const moment = new Date(at);
    const when = moment.toDateString() === now().toDateString() ? clock(moment) : day(at);
    return `${when} ${say(direction === "out" ? "WE_SAID" : "THEY_SAID")} ${service}: ${outcome}`;
  });
}
