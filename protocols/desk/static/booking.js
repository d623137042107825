// Copies of a title for some days: what is free on which, a booking for the open patron, and those
// that are there, changed or cancelled.
import { have, redraw, tell, whyNot } from "./acts.js";
import { dropLive } from "./finding.js";
import { dateIn, madeForm, showBeside, showErrors, valuesOf } from "./form.js";
import { ask, day, el, figures, now, say } from "./page.js";
import { state } from "./state.js";
import { closeView, show } from "./views.js";
import { takeWords } from "./whys.js";

/** @typedef {import("../types").Title} Title */
/** @typedef {import("../types").Booking} Booking */
/** @typedef {{ day: string, free: number }} Day */

/** Weeks of the calendar. */
const WEEKS = 5;

/**
 * The fields; those of a booking that is there hold what it says.
 * @param {Title} title
 * @param {Booking | null} booking
 * @param {() => void} left
 */
function formFor(title, booking, left) {
  const name = state.patron?.details.name;
  const whose = booking?.borrower?.name ?? booking?.group ?? "";
  let heading = name ? say("BOOK_FOR", { title: title.title, name }) : title.title;
  if (booking) heading = say("BOOKING_OF", { title: title.title, name: whose });
  const fields = [
    { name: "first", label: say("FIRST_DAY"), hint: say("DATE_HINT"), isNeeded: true },
    { name: "last", label: say("LAST_DAY"), hint: say("DATE_HINT"), isNeeded: true },
    { name: "copies", label: say("COPIES"), hint: booking ? "" : say("SIZE_OF_CLASS") },
    { name: "minimum", label: say("AT_LEAST") },
    ...(booking ? [{ name: "why", label: say("WHY_CANCELLED"), hint: say("TOLD_TO_BORROWER") }] : []),
  ];
  /** @type {Record<string, string>} */
  const values = booking
    ? {
        first: figures(booking.first),
        last: figures(booking.last),
        copies: String(booking.copies),
        minimum: String(booking.minimum),
      }
    : {};
  return madeForm(heading, fields, values, left);
}

/** @param {Title} title */
export function openBookings(title) {
  let first = monday(now());
  /** @type {Day[]} */
  let days = [];
  /** @type {Booking[]} */
  let bookings = [];
  /** @type {Booking | null} */
  let chosen = null;
  const draw = () => {
    const { first: from = "", last: to = "" } = valuesOf(form);
    const calendar = drawnDays(days, dateIn(from, true), dateIn(to, true), fill);
    showBeside(form, calendar, drawnBookings(bookings, chosen, choose));
  };
  let form = formFor(title, null, draw);
  /** A click on a day fills the first day, then the last. @param {string} date */
  const fill = (date) => {
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
    redraw();
  };
  const later = () => {
    first = new Date(first.getFullYear(), first.getMonth(), first.getDate() + 7 * (WEEKS - 1));
    void load();
  };
  /** One that is there is to be changed or cancelled; null is a new one. @param {Booking | null} booking */
  const choose = (booking) => {
    chosen = booking;
    form = formFor(title, chosen, draw);
    draw();
    redraw();
    focusFirst(form);
  };
  const next = () => choose(bookings[chosen ? bookings.findIndex((each) => each.id === chosen?.id) + 1 : 0] ?? null);
  /** @param {string} told */
  const changed = (told) => {
    tell(told, "done");
    choose(null);
    void load();
  };
  const keys = () => {
    const found = [{ letter: "T", label: say("KEY_LATER"), run: later }];
    const booking = chosen;
    if (bookings.length) found.unshift({ letter: "N", label: say("KEY_NEXT_BOOKING"), run: next });
    if (booking) {
      found.unshift(
        { letter: "S", label: say("KEY_CHANGE_BOOKING"), run: () => change(booking, form, changed) },
        { letter: "Z", label: say("KEY_CANCEL_BOOKING"), run: () => cancel(booking, form, changed) },
      );
    } else if (state.patron) {
      found.unshift({ letter: "S", label: say("KEY_BOOK_NOW"), run: () => save(title, form) });
    }
    return found;
  };
  takeWords();
  dropLive();
  show({ name: "booking", chosen: null, nodes: () => [form], keys });
  redraw();
  void load();
  if (state.patron) focusFirst(form);
}

/** @param {HTMLFormElement} form */
function focusFirst(form) {
  const input = form.elements.namedItem("first");
  if (input instanceof HTMLElement) input.focus();
}

/** What was written, as the API takes it. @param {HTMLFormElement} form */
function written(form) {
  const { first = "", last = "", copies, minimum } = valuesOf(form);
  return {
    first: dateIn(first, true) ?? first,
    last: dateIn(last, true) ?? last,
    ...(copies ? { copies: Number(copies) } : {}),
    ...(minimum ? { minimum: Number(minimum) } : {}),
  };
}

/** @param {HTMLFormElement} form */
function refusedIn(form) {
  return (/** @type {import("../types").Answer} */ answer) => {
    tell(whyNot(answer));
    showErrors(form, answer.body?.errors ?? []);
  };
}

/** @param {Booking} booking */
function daysOf({ first, last }) {
  return { first: day(first), last: day(last) };
}

/** @param {Booking} booking @param {HTMLFormElement} form @param {(told: string) => void} changed */
function change(booking, form, changed) {
  const differs = (/** @type {[string, unknown]} */ [name, value]) => value !== booking[/** @type {"copies"} */ (name)];
  const body = Object.fromEntries(Object.entries(written(form)).filter(differs));
  const done = (/** @type {Booking} */ now) =>
    changed(say("BOOKING_CHANGED", { count: now.copies, ...daysOf(now) }));
  have("PATCH", `/bookings/${booking.id}`, () => body, done, { refused: refusedIn(form) });
}

/** @param {Booking} booking @param {HTMLFormElement} form @param {(told: string) => void} changed */
function cancel(booking, form, changed) {
  const { why = "" } = valuesOf(form);
  const done = () => changed(say("BOOKING_CANCELLED", daysOf(booking)));
  have("POST", `/bookings/${booking.id}/cancellation`, () => ({ why }), done, { refused: refusedIn(form) });
}

/** @param {Date} date */
function monday(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - ((date.getDay() + 6) % 7));
}

/** @param {Title} title @param {HTMLFormElement} form */
function save(title, form) {
  const { patron } = state;
  if (!patron) return;
  const body = { patron: patron.id, title: title.id, ...written(form) };
  const done = (/** @type {Booking} */ booking) => {
    closeView();
    document.getElementById("box")?.focus();
    tell(say("BOOKED", { count: booking.copies, title: title.title, ...daysOf(booking) }), "done");
  };
  have("POST", "/bookings", () => body, done, { refused: refusedIn(form) });
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

/** @param {Booking[]} bookings @param {Booking | null} chosen @param {(booking: Booking) => void} choose */
function drawnBookings(bookings, chosen, choose) {
  const lines = bookings.map((each) => {
    const whose = [each.borrower?.name, each.group].filter(Boolean).join(", ");
    const when = `${day(each.first)} – ${day(each.last)}`;
    const isChosen = each.id === chosen?.id;
    const name = el("button", { type: "button", "aria-pressed": isChosen ? "true" : "false" }, `${when} ${whose}`);
    name.addEventListener("click", () => choose(each));
    const copies = el("b", {}, say("SO_MANY_COPIES", { count: each.copies }));
    return el("li", { class: isChosen ? "pick" : "", "data-booking": each.id }, name, copies);
  });
  if (!lines.length) lines.push(el("li", { class: "s" }, say("NO_BOOKINGS")));
  return el("ul", { class: "copies" }, ...lines);
}
