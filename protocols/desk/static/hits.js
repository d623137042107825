// What was found, drawn: facets to narrow to, titles with what can be had of them, patrons.
import { wordOf } from "./facets.js";
import { narrow } from "./finding.js";
import { amount, day, el, icon, inDays, say } from "./page.js";

/** @typedef {import("./rows.js").Row} Row */

/** @param {Row} row @returns {Node[]} */
export function drawnHits(row) {
  const titles = el("ul", { class: "found" });
  const patrons = el("ul", { class: "found" });
  row.hits.forEach((hit, index) => {
    const list = "title" in hit ? titles : patrons;
    const isChosen = index === row.hit;
    const line = el("li", { class: isChosen ? "pick" : "", "aria-current": isChosen && "true" });
    if ("title" in hit) {
      const year = hit.year ? `, ${hit.year}` : "";
      const what = el("div", {}, el("b", {}, hit.title), el("span", { class: "s" }, ` ${hit.author}${year}`));
      line.append(el("div", { class: "hit" }, what, hit.availability ? availability(hit.availability) : null));
      if (row.title?.id === hit.id) line.append(copies(row.title), prospect(row.prospect));
    } else {
      line.append(...person(hit));
      if (isChosen) line.append(el("span", { class: "s end" }, el("kbd", {}, "Enter"), ` ${say("OPENS")}`));
    }
    list.append(line);
  });
  const above = row.facets.length && !row.isSettled ? [chips(row)] : [];
  const [first] = row.hits;
  return first && "name" in first ? [patrons, ...above, titles] : [...above, titles, patrons];
}

/** Facets: a click or Alt T narrows. @param {Row} row */
function chips(row) {
  const all = el("button", { type: "button", "aria-pressed": row.narrowed ? "false" : "true" });
  all.append(say("ALL_TITLES", { count: row.total }));
  all.addEventListener("click", () => narrow(row, null));
  const drawn = el("div", { class: "facets s" }, all);
  for (const facet of row.facets) {
    const group = el("span", {}, `${say(`FACET_${facet.index.replace("dc.", "")}`)} `);
    for (const value of facet.values) {
      const isOn = value.cql === row.narrowed?.cql;
      const chip = el("button", { type: "button", "aria-pressed": isOn ? "true" : "false" });
      chip.append(`${wordOf(facet.index, value.text)} ${value.hits}`);
      chip.addEventListener("click", () => narrow(row, isOn ? null : value));
      group.append(chip);
    }
    drawn.append(group);
  }
  drawn.append(el("span", {}, el("kbd", {}, "Alt T"), ` ${say("KEY_NARROW")}`));
  return drawn;
}

/** @param {NonNullable<import("../types").Title["availability"]>} there */
function availability({ open_holds, places }) {
  const home = places.reduce((sum, each) => sum + each.available, 0);
  if (home) {
    const where = places.filter((each) => each.available).map((each) => each.branch.name);
    const mark = el("b", { class: "mark done" }, icon("done", "i m"), say("AT_HOME", { count: home }));
    return el("div", { class: "r" }, mark, el("small", {}, [...new Set(where)].join(", ")));
  }
  const queue = open_holds ? say("OPEN_HOLDS", { count: open_holds }) : say(places.length ? "ALL_OUT" : "NO_COPIES");
  return el("div", { class: "r" }, el("b", {}, queue));
}

/** What tells two of the same name apart. @param {import("../types").PatronHit} hit */
export function person(hit) {
  const facts = [hit.address, hit.home_branch.name, hit.card && say("CARD", { card: hit.card })];
  if (hit.is_deceased) facts.unshift(say("BLOCK_deceased"));
  const born = hit.birth_date ? say("BORN", { day: day(hit.birth_date, true) }) : "";
  return [
    el("b", {}, hit.name),
    el("span", {}, ` ${born}`),
    el("p", { class: "s" }, facts.filter(Boolean).join(" · ")),
  ];
}

/** What a hold could expect, before anybody places it. @param {import("../types").HoldProspect | null} expected */
function prospect(expected) {
  if (!expected) return "";
  const { number_in_queue: number, days, reasons, pickup_branch } = expected;
  const facts = [
    say("PROSPECT", { number: number ?? "", branch: pickup_branch.name }),
    days === null ? say("NOBODY_KNOWS") : say("IN_ABOUT", { day: day(inDays(days)) }),
  ];
  const drawn = el("div", { class: "prospect" }, el("p", {}, facts.join(" · ")));
  for (const { text, fee } of reasons) {
    drawn.append(el("p", { class: "mark todo" }, icon("todo", "i m"), fee ? `${text} ${amount(fee)}` : text));
  }
  return drawn;
}

/** @param {import("../types").TitleShown} title */
function copies(title) {
  const list = el("ul", { class: "copies" });
  for (const copy of title.copies) {
    const place = [copy.item.home_branch.name, ...copy.item.placement, copy.item.call_number];
    const why = copy.not_for_loan ? ` (${say("NOT_FOR_LOAN", { why: copy.not_for_loan })})` : "";
    const state = say(`STATE_${copy.state}`) + (copy.due ? `, ${day(copy.due)}` : "") + why;
    list.append(
      el("li", {}, el("span", {}, place.filter(Boolean).join(" · ")), el("b", {}, state)),
    );
  }
  if (!title.copies.length) list.append(el("li", {}, say("NO_COPIES")));
  if (title.open_holds) {
    list.append(el("li", { class: "s" }, say("OPEN_HOLDS", { count: title.open_holds })));
  }
  return list;
}
