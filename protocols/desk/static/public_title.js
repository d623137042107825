// A title: its copies by branch, sets apart, and a hold for whoever is signed in.
import { amount, day, el, icon, say } from "./page.js";
import { announce, call, feeOf, inDays, reasonsOf, whoIsIn } from "./public_session.js";

/** @typedef {import("../public").TitleShown} TitleShown */
/** @typedef {import("../public").Copy} Copy */

/**
 * @typedef {object} Around
 * @property {import("../public").Library} library
 * @property {Set<string>} sets kinds of material that are booked as sets
 * @property {() => void} askWhoItIs
 * @property {() => void} close
 */

/** Copies that nobody can have, now or later. */
const GONE = new Set(["LOST", "MISSING", "CLAIMED_RETURNED"]);

/** @param {TitleShown} title @param {Around} around @returns {Node[]} */
export function drawnTitle(title, around) {
  const copies = title.copies.filter((each) => !GONE.has(each.state));
  const lent = copies.filter((each) => !around.sets.has(each.item.material_group));
  const sets = copies.filter((each) => around.sets.has(each.item.material_group));
  const close = el("button", { type: "button", class: "act back" }, icon("back"), say("BACK"));
  close.addEventListener("click", around.close);
  const parts = [
    close,
    el("h2", { class: "big", tabindex: "-1" }, title.title),
    el("p", { class: "s" }, [title.author, title.year].filter(Boolean).join(" · ")),
  ];
  if (title.open_holds) parts.push(el("p", { class: "s" }, say("WAITING", { count: title.open_holds })));
  if (lent.length) parts.push(drawnWish(title, around), drawnCopies(say("COPIES"), lent));
  else if (!sets.length) parts.push(el("p", { class: "s" }, say("NO_COPIES")));
  if (sets.length) {
    parts.push(drawnCopies(say("SETS"), sets, say("SETS_HINT")));
  }
  parts.push(drawnRecord(title.lines));
  return parts;
}

/** @param {string} heading @param {Copy[]} copies @param {string} [hint] */
function drawnCopies(heading, copies, hint = "") {
  /** @type {Map<string, Copy[]>} */
  const branches = new Map();
  for (const each of copies) {
    const { name } = each.item.home_branch;
    branches.set(name, [...(branches.get(name) ?? []), each]);
  }
  const list = el("ul", { class: "list" });
  for (const [name, there] of [...branches].sort(([one], [other]) => one.localeCompare(other))) {
    list.append(drawnBranch(name, there));
  }
  return el(
    "section",
    {},
    el("h3", { class: "h" }, heading, el("small", {}, say("COUNT", { count: copies.length }))),
    hint ? el("p", { class: "s" }, hint) : null,
    list,
  );
}

/** @param {string} name @param {Copy[]} there */
function drawnBranch(name, there) {
  const home = there.filter((each) => each.state === "AVAILABLE" && !each.stay);
  const due = there.map((each) => each.due).filter((each) => each !== null).sort()[0];
  const answer = home.length
    ? el("span", { class: "mark done" }, icon("done", "i m"), say("IN", { count: home.length }))
    : el("span", {}, due ? say("BACK_ON", { day: day(due) }) : say("ALL_OUT"));
  const shelves = new Set(
    (home.length ? home : there).map(({ item }) => [...item.placement, item.call_number].filter(Boolean).join(", ")),
  );
  return el(
    "li",
    { class: "fig" },
    el("span", {}, name),
    answer,
    ...[...shelves].filter(Boolean).map((each) => el("small", {}, each)),
  );
}

/** The button that places a hold, and the branch for it. @param {TitleShown} title @param {Around} around */
function drawnWish(title, around) {
  const me = whoIsIn();
  const place = el("div", { class: "stack wish" });
  if (!me) {
    const button = el("button", { type: "button", class: "act go wide" }, say("LOG_IN_TO_HOLD"));
    button.addEventListener("click", around.askWhoItIs);
    place.append(button);
    return place;
  }
  const choice = /** @type {HTMLSelectElement} */ (el("select", { id: "pickup" }));
  for (const each of around.library.branches) {
    const isHome = each.isil === me.branch?.isil;
    choice.append(el("option", { value: each.isil, selected: isHome }, each.name));
  }
  const said = el("div", { role: "status" });
  const expected = el("div", { role: "status", "data-part": "prospect" });
  const button = el("button", { type: "button", class: "act go wide" }, say("HOLD"));
  /** What it would lead to there, and what the rules say against it. */
  const expect = async () => {
    const query = new URLSearchParams({ title: title.id, pickup_branch: choice.value });
    const answer = await call("GET", `/self/hold-prospect?${query}`);
    if (answer?.status !== 200) return;
    /** @type {import("../types").HoldProspect} */
    const { number_in_queue: number, days, reasons } = answer.body;
    const facts = [number ? say("WOULD_BE", { number }) : "", days ? inDays(days) : ""].filter(Boolean);
    const against = reasons.filter((each) => each.fee === null);
    expected.replaceChildren(
      el("p", { class: "s" }, facts.join(" · ")),
      ...against.map((each) => el("p", { class: "mark todo" }, icon("todo", "i m"), each.text)),
    );
    button.toggleAttribute("disabled", against.length > 0);
  };
  /** @param {number} [fee] */
  const wish = async (fee) => {
    const more = fee === undefined ? {} : { accept_fee: fee };
    const answer = await call("POST", "/self/holds", {
      title: title.id,
      pickup_branch: choice.value,
      ...more,
    });
    said.replaceChildren(...drawnAnswer(answer, wish));
    if (answer?.status !== 201) return;
    button.hidden = true;
    expected.replaceChildren();
  };
  choice.addEventListener("change", () => void expect());
  void expect();
  button.addEventListener("click", () => void wish());
  place.append(
    el("div", { class: "field" }, el("label", { for: "pickup" }, say("PICK_UP_AT")), choice),
    expected,
    button,
    said,
  );
  return place;
}

/** @param {import("../types").Answer | null} answer @param {(fee: number) => void} wish */
function drawnAnswer(answer, wish) {
  if (answer?.status === 201) {
    /** @type {import("../public").Hold} */
    const hold = answer.body.hold;
    const { number_in_queue: number, days } = hold;
    const text = [
      number ? say("NUMBER", { number }) : "",
      days ? inDays(days) : "",
    ].filter(Boolean);
    announce(say("HELD"));
    return [
      el("p", { class: "mark done" }, icon("done", "i m"), say("HELD")),
      el("p", { class: "s" }, text.join(" · ")),
    ];
  }
  const fee = feeOf(answer);
  if (fee) {
    const button = el("button", { type: "button", class: "act wide" }, say("HOLD_FOR", { amount: amount(fee) }));
    button.addEventListener("click", () => wish(fee.amount));
    return [button];
  }
  return reasonsOf(answer).map((each) => el("p", { class: "mark stop" }, icon("stop", "i m"), each));
}

/** The record in full. Its labels are those of the catalogue. @param {string[]} lines */
function drawnRecord(lines) {
  const list = el("ul", { class: "s", lang: "en" });
  for (const each of lines) {
    if (/^(?!Record|Class)[A-Z]/.test(each)) list.append(el("li", {}, each));
  }
  return el("details", {}, el("summary", {}, say("RECORD")), list);
}
