// Search: words as they are typed, what narrows them, and where each title can be had now.
import { wordOf } from "./facets.js";
import { el, icon, part, say } from "./page.js";
import { drawnTitle } from "./public_title.js";
import { announce, call } from "./public_session.js";

/** @typedef {import("../public").Title} Title */
/** @typedef {import("../public").FacetValue} FacetValue */

/** Milliseconds without a key before what was typed so far is looked for. */
const PAUSE = 250;
/** Letters of a word that is not finished, before it is looked for. */
const FEW = 3;
/** Values of each facet; titles of a page. */
const VALUES = 6;
const AT_ONCE = 20;

const box = /** @type {HTMLInputElement} */ (document.getElementById("words"));
const at = /** @type {HTMLSelectElement} */ (document.getElementById("at"));
const more = /** @type {HTMLElement} */ (document.querySelector('[data-do="more"]'));
/** What narrows the search: the CQL of each value by its index. @type {Map<string, FacetValue>} */
const narrowed = new Map();
/** @type {import("../public").Library} */
let library = { name: "", branches: [], material_groups: [], payment_pages: {} };
/** The latest search: an older answer that comes late is dropped. */
let latest = 0;
let following = "";
/** The button of the title that is open. @type {HTMLElement | null} */
let opener = null;
/** @type {() => void} */
let askWhoItIs = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

/** @param {() => void} theAskWhoItIs asks for card and PIN */
export async function beginSearch(theAskWhoItIs) {
  askWhoItIs = theAskWhoItIs;
  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typing);
    void search();
  });
  box.addEventListener("input", () => {
    clearTimeout(typing);
    narrowed.clear();
    if (box.value.trim().length < FEW && box.value !== "") return;
    typing = setTimeout(() => void search(), PAUSE);
  });
  at.addEventListener("change", () => void search());
  more.addEventListener("click", () => void goOn());
  const wide = matchMedia("(min-width:44.01rem)");
  const facets = /** @type {HTMLDetailsElement} */ (part("narrow"));
  facets.open = wide.matches;
  wide.addEventListener("change", () => (facets.open = wide.matches));
  const found = await call("GET", "/library");
  if (found?.status !== 200) return;
  library = found.body;
  if (library.name) part("library").textContent = library.name;
  drawBranches();
}

function drawBranches() {
  const agencies = new Map(library.branches.map((each) => [each.agency, each.agency_name]));
  for (const [isil, name] of agencies) {
    const group = el("optgroup", { label: name });
    const its = library.branches.filter((each) => each.agency === isil);
    if (its.length > 1) group.append(el("option", { value: isil }, say("ALL_OF", { name })));
    group.append(...its.map((each) => el("option", { value: each.isil }, each.name)));
    at.append(group);
  }
  at.parentElement?.toggleAttribute("hidden", library.branches.length < 2);
}

/** The kinds of material that are booked as sets. */
function sets() {
  return new Set(library.material_groups.filter((each) => each.is_bookable).map((each) => each.code));
}

/** The words that were typed, in CQL; the last may be the beginning of one. @param {string} words */
function inCql(words) {
  const quoted = words.replace(/["\\*?^]/g, " ").trim();
  const begun = /[\p{L}\p{N}]$/u.test(quoted) ? `${quoted}*` : quoted;
  const parts = [...narrowed.values()].map((each) => ` and ${each.cql}`);
  return `cql.anywhere all "${begun}"${parts.join("")}`;
}

async function search() {
  latest += 1;
  const mine = latest;
  const words = box.value.trim();
  if (!/[\p{L}\p{N}]/u.test(words)) {
    draw([], 0, []);
    part("found").textContent = say("BEGIN");
    return;
  }
  const query = new URLSearchParams({
    cql: inCql(words),
    limit: String(AT_ONCE),
    facets: String(VALUES),
    availability: "true",
  });
  if (at.value) query.set("at", at.value);
  const answer = await found(`/titles?${query}`);
  if (mine !== latest || answer === null) return;
  part("titles").replaceChildren();
  draw(answer.titles, answer.total, answer.facets);
  const count = answer.total;
  part("found").textContent = say("FOUND", { count });
}

/** @param {string} path @returns {Promise<import("../public").TitlesFound | null>} */
async function found(path) {
  const answer = await call("GET", path);
  if (answer?.status !== 200) {
    part("found").textContent = answer === null ? say("NO_LINE") : say("NOT_FOUND");
    return null;
  }
  following = /<[^>]*(\/titles\?[^>]*)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1] ?? "";
  return answer.body;
}

async function goOn() {
  const mine = latest;
  const answer = await found(following);
  if (mine !== latest || answer === null) return;
  part("titles").append(...answer.titles.map(drawnRow));
  more.hidden = following === "";
}

/** @param {Title[]} titles @param {number} total @param {import("../public").TitlesFound["facets"]} facets */
function draw(titles, total, facets) {
  closeTitle();
  part("titles").replaceChildren(...titles.map(drawnRow));
  more.hidden = following === "" || total <= titles.length;
  part("facets").replaceChildren(...facets.map((each) => drawnFacet(each.index, each.values)));
}

/** @param {Title} title */
function drawnRow(title) {
  const open = el("button", { type: "button", class: "to-title", "data-title": title.id }, title.title);
  open.addEventListener("click", () => void openTitle(title.id, open));
  const by = [title.author, title.year].filter(Boolean).join(" · ");
  const [answer, where] = answerOf(title);
  return el(
    "li",
    { class: "res" },
    el("div", {}, el("h2", { class: "what" }, open), el("p", { class: "s" }, by)),
    el("div", { class: "r" }, answer, el("p", { class: "s" }, where)),
  );
}

/** Where it stands, or how many wait for it. @param {Title} title @returns {[HTMLElement, string]} */
function answerOf({ availability }) {
  const bookable = sets();
  const all = availability?.places ?? [];
  const places = all.filter((each) => !bookable.has(each.material_group));
  if (!places.length) {
    const text = all.length ? say("ONLY_AS_SET") : say("NO_COPIES");
    return [el("span", { class: "s" }, text), ""];
  }
  const home = places.filter((each) => each.available > 0);
  const count = home.reduce((sum, each) => sum + each.available, 0);
  const waiting = availability?.open_holds ?? 0;
  const queue = waiting ? say("WAITING", { count: waiting }) : "";
  if (count === 0) return [el("span", {}, say("ALL_OUT")), queue];
  const names = [...new Set(home.map((each) => each.branch.name))];
  const where = names.length > 2 ? say("AT_BRANCHES", { count: names.length }) : names.join(", ");
  const mark = el("span", { class: "mark done" }, icon("done", "i m"), say("IN", { count }));
  return [mark, [where, queue].filter(Boolean).join(" · ")];
}

/** @param {string} index @param {FacetValue[]} values */
function drawnFacet(index, values) {
  const list = el("ul", { class: "list" });
  const chosen = narrowed.get(index);
  for (const value of values) {
    const isChosen = chosen?.cql === value.cql;
    const button = el(
      "button",
      { type: "button", class: "value", "aria-pressed": String(isChosen) },
      el("span", {}, wordOf(index, value.text)),
      el("small", {}, String(value.hits)),
    );
    button.addEventListener("click", () => {
      if (isChosen) narrowed.delete(index);
      else narrowed.set(index, value);
      void search().then(() => announce(part("found").textContent ?? ""));
    });
    list.append(el("li", {}, button));
  }
  return el("section", {}, el("h2", { class: "h" }, say(`FACET_${index.slice(3)}`)), list);
}

/** @param {string} id @param {HTMLElement} button */
async function openTitle(id, button) {
  const answer = await call("GET", `/titles/${id}`);
  if (answer?.status !== 200) return;
  const isFirst = opener === null;
  closeTitle();
  if (isFirst) history.pushState({ view: "search" }, "");
  opener = button;
  button.closest("li")?.classList.add("pick");
  document.body.classList.add("with-title");
  part("title").replaceChildren(
    ...drawnTitle(answer.body, { library, sets: sets(), askWhoItIs, close: leaveTitle }),
  );
  /** @type {HTMLElement | null} */ (part("title").querySelector("h2"))?.focus();
}

/** Draws the open title anew, for whoever has come or gone. */
export function openTitleAgain() {
  if (opener) void openTitle(opener.dataset.title ?? "", opener);
}

/** The same as the browser's own way back. */
function leaveTitle() {
  history.back();
}

/** The list alone is there again, and whoever was in the title is in the list. */
export function closeTitle() {
  const wasInTitle = part("title").contains(document.activeElement);
  document.body.classList.remove("with-title");
  if (wasInTitle) opener?.focus();
  opener?.closest("li")?.classList.remove("pick");
  opener = null;
  part("title").replaceChildren();
}
