// Copies of a title for some days: what is free on which, and a booking for the open patron.
import { have, redraw, tell, whyNot } from "./acts.js";
import { dropLive } from "./finding.js";
import { dateIn, madeForm, showBeside, showErrors, valuesOf } from "./form.js";
import { ask, day, el, figures, say } from "./page.js";
import { state } from "./state.js";
import { closeView, show } from "./views.js";
import { takeWords } from "./whys.js";

/** @typedef {import("../types").Title} Title */
/** @typedef {{ day: string, free: number }} Day */

/** Weeks of the calendar. */
const WEEKS = 5;

/** @param {Title} title */
export function openBookings(title) {
  let first = monday(new Date());
  /** @type {Day[]} */
  let days = [];
  /** @type {import("../types").Booking[]} */
  let bookings = [];
  const name = state.patron?.details.name;
  const heading = name ? say("BOOK_FOR", { title: title.title, name }) : title.title;
  const fields = [
    { name: "first", label: say("FIRST_DAY"), hint: say("DATE_HINT"), isNeeded: true },
    { name: "last", label: say("LAST_DAY"), hint: say("DATE_HINT"), isNeeded: true },
    { name: "copies", label: say("COPIES"), hint: say("SIZE_OF_CLASS") },
    { name: "minimum", label: say("AT_LEAST") },
  ];
  const form = madeForm(heading, fields, {}, () => draw());
  const draw = () => {
    const { first: from = "", last: to = "" } = valuesOf(form);
    showBeside(form, drawnDays(days, dateIn(from, true), dateIn(to, true), choose), drawnBookings(bookings));
  };
  /** A click on a day fills the first day, then the last. @param {string} date */
  const choose = (date) => {
    const [from, to] = ["first", "last"].map((each) => form.elements.namedItem(each));
    if (!(from instanceof HTMLInputElement) || !(to instanceof HTMLInputElement)) return;
    const isFirst = !from.value || to.value || date < (dateIn(from.value, true) ?? "");
    (isFirst ? from : to).value = figures(date);
    if (isFirst) to.value = "";
    draw();
  };
  const load = async () => {
    const query = `first=${first.toLocaleDateString("sv")}&days=${WEEKS * 7}`;
    const [calendar, open] = await Promise.all([
      ask("GET", `/titles/${title.id}/booking-calendar?${query}`).catch(() => null),
      ask("GET", `/bookings?title=${title.id}`).catch(() => null),
    ]);
    days = calendar?.body?.days ?? [];
    bookings = open?.body?.bookings ?? [];
    draw();
  };
  const later = () => {
    first = new Date(first.getFullYear(), first.getMonth(), first.getDate() + 7 * (WEEKS - 1));
    void load();
  };
  const keys = [{ letter: "T", label: say("KEY_LATER"), run: later }];
  if (name) keys.unshift({ letter: "S", label: say("KEY_BOOK_NOW"), run: () => save(title, form) });
  takeWords();
  dropLive();
  show({ name: "booking", chosen: null, nodes: () => [form], keys: () => keys });
  redraw();
  void load();
  const input = form.elements.namedItem("first");
  if (name && input instanceof HTMLElement) input.focus();
}

/** @param {Date} date */
function monday(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - ((date.getDay() + 6) % 7));
}

/** @param {Title} title @param {HTMLFormElement} form */
function save(title, form) {
  const { patron } = state;
  const { first = "", last = "", copies, minimum } = valuesOf(form);
  if (!patron) return;
  const body = {
    patron: patron.id,
    title: title.id,
    first: dateIn(first, true) ?? first,
    last: dateIn(last, true) ?? last,
    ...(copies ? { copies: Number(copies) } : {}),
    ...(minimum ? { minimum: Number(minimum) } : {}),
  };
  const done = (/** @type {import("../types").Booking} */ booking) => {
    closeView();
    document.getElementById("box")?.focus();
    const days = { first: day(booking.first), last: day(booking.last) };
    tell(say("BOOKED", { count: booking.copies, title: title.title, ...days }), "done");
  };
  have("POST", "/bookings", () => body, done, {
    refused: (answer) => {
      tell(whyNot(answer));
      showErrors(form, answer.body?.errors ?? []);
    },
  });
}

/**
 * Weeks of days with how many copies are free on each.
 * @param {Day[]} days
 * @param {string | null} first
 * @param {string | null} last
 * @param {(date: string) => void} choose
 */
function drawnDays(days, first, last, choose) {
  const table = el("table", { class: "calendar" });
  table.append(el("caption", { class: "s" }, say("FREE_ON_DAYS")));
  const head = days.slice(0, 7).map((each) => el("th", { scope: "col" }, weekday(each.day)));
  table.append(el("thead", {}, el("tr", {}, ...head)));
  const body = el("tbody");
  for (let at = 0; at < days.length; at += 7) {
    const cells = days.slice(at, at + 7).map((each) => {
      const isIn = first !== null && each.day >= first && each.day <= (last ?? first);
      const facts = el("button", { type: "button", "aria-pressed": isIn ? "true" : "false" });
      facts.append(el("span", { class: "s" }, day(each.day)), el("b", {}, String(each.free)));
      facts.addEventListener("click", () => choose(each.day));
      return el("td", { class: each.free ? "" : "off" }, facts);
    });
    body.append(el("tr", {}, ...cells));
  }
  table.append(body);
  return table;
}

/** @param {string} date */
function weekday(date) {
  return new Date(date).toLocaleDateString(document.documentElement.lang, { weekday: "short", timeZone: "UTC" });
}

/** @param {import("../types").Booking[]} bookings */
function drawnBookings(bookings) {
  const lines = bookings.map((each) => {
    const whose = [each.borrower?.name, each.group].filter(Boolean).join(", ");
    const when = `${day(each.first)} – ${day(each.last)}`;
    const copies = el("b", {}, say("SO_MANY_COPIES", { count: each.copies }));
    return el("li", {}, el("span", {}, `${when} ${whose}`), copies);
  });
  if (!lines.length) lines.push(el("li", { class: "s" }, say("NO_BOOKINGS")));
  return el("ul", { class: "copies" }, ...lines);
}
