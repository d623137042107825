// In what the old system and this library differ: what each says, why, and what is done about it.
import { branches, form, mark, tell, when, wish } from "./admin_parts.js";
import { ask, day, el, say } from "./page.js";
import { has } from "./session.js";

/** Milliseconds between two readings while everything is compared, and while it is not. */
const COMPARING = 3000;
const NOW_AND_THEN = 120_000;
/** Milliseconds after the last key before a barcode is looked for. */
const TYPING = 300;
/** In the address, the branch of rows of which no branch is known. */
const NO_BRANCH = "-";

/** @typedef {{ branch: string, errand: string, find: string, pages: number }} Choice what is listed; empty: all */

/** @type {Map<string, string>} names of branches by ISIL */
let names = new Map();
/** @param {string} isil */
const branchName = (isil) => (isil === NO_BRANCH || !isil ? say("UNEQUAL_NO_BRANCH") : (names.get(isil) ?? isil));

/** @returns {Promise<Node[]>} */
export async function drawUnequal() {
  const answer = await ask("GET", "/proxy").catch(() => null);
  if (answer?.status === 403) return [el("p", { class: "here" }, mark("stop", answer.body.title))];
  if (answer?.status !== 200) return [el("p", { class: "here" }, mark("stop", say("PROXY_SILENT")))];
  if (!answer.body.is_there) return [el("p", { class: "here" }, say("UNEQUAL_NO_PROXY"))];
  names = new Map(await branches());
  const { terminals, unequal } = answer.body;
  const [state, list] = [el("div"), el("div")];
  const choice = chosen();
  const filters = drawFilters(choice, () => void read());
  let [next, asked] = [0, 0];
  const read = async () => {
    const turn = (asked += 1);
    const [proxy, rows] = [await ask("GET", "/proxy").catch(() => null), await readRows(choice)];
    // Somebody may have chosen something else, or left, in the meantime.
    if (turn !== asked) return;
    if (proxy?.status === 200) state.replaceChildren(...drawState(proxy.body));
    if (rows) {
      filters.offer(rows);
      list.replaceChildren(...drawRows(rows, choice, more));
      filters.form.hidden = !rows.branches.length && !choice.branch && !choice.errand && !choice.find;
    }
    clearTimeout(next);
    next = setTimeout(again, proxy?.body?.unequal?.is_comparing ? COMPARING : NOW_AND_THEN);
  };
  const again = () => {
    if (!state.isConnected) return;
    if (document.hidden) next = setTimeout(again, COMPARING);
    else void read();
  };
  const more = async () => {
    const shown = list.querySelectorAll(".differs").length;
    choice.pages += 1;
    keep(choice);
    await read();
    /** @type {HTMLElement | undefined} */ (list.querySelectorAll(".differs")[shown])?.focus();
  };
  await read();
  const isAllowed = has("rules.edit") && unequal.is_possible;
  return [state, isAllowed ? comparing(terminals, read) : el("span"), filters.form, list];
}

/** What the address says is to be listed. @returns {Choice} */
function chosen() {
  const said = new URLSearchParams(location.hash.split("?")[1] ?? "");
  const pages = Math.min(100, Math.max(1, Number(said.get("pages")) || 1));
  return { branch: said.get("branch") ?? "", errand: said.get("errand") ?? "", find: said.get("find") ?? "", pages };
}

/** Puts what is listed into the address. @param {Choice} choice */
function keep({ branch, errand, find, pages }) {
  const said = new URLSearchParams(Object.entries({ branch, errand, find, pages: pages > 1 ? String(pages) : "" }).filter(([, each]) => each));
  const address = `#unequal${said.size ? `?${said}` : ""}`;
  if (address !== location.hash) history.pushState(null, "", address);
}

/**
 * Reads as many pages of the list as are shown.
 * @param {Choice} choice
 * @returns {Promise<{ number: number, branches: any[], errands: any[], lines: any[], isMore: boolean } | null>}
 */
async function readRows({ branch, errand, find, pages }) {
  const query = new URLSearchParams({ find, ...(errand && { errand }), ...(branch && { branch: branch === NO_BRANCH ? "" : branch }) });
  let path = `/proxy/unequal?${query}`;
  const lines = [];
  for (let page = 1; ; page += 1) {
    const answer = await ask("GET", path).catch(() => null);
    if (answer?.status !== 200) return null;
    lines.push(...answer.body.lines);
    const next = /<\/api\/v1(\/[^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
    if (!next || page >= pages) return { ...answer.body, lines, isMore: Boolean(next) };
    path = next;
  }
}

/**
 * The choice of a branch, of what is to be done, and a barcode.
 * @param {Choice} choice
 * @param {() => void} changed
 */
function drawFilters(choice, changed) {
  const branch = /** @type {HTMLSelectElement} */ (el("select", { name: "branch" }));
  const errand = /** @type {HTMLSelectElement} */ (el("select", { name: "errand" }));
  const find = /** @type {HTMLInputElement} */ (el("input", { type: "search", name: "find", value: choice.find, autocomplete: "off" }));
  const take = () => {
    Object.assign(choice, { branch: branch.value, errand: errand.value, find: find.value.trim(), pages: 1 });
    keep(choice);
    changed();
  };
  let typed = 0;
  branch.addEventListener("change", take);
  errand.addEventListener("change", take);
  find.addEventListener("input", () => {
    clearTimeout(typed);
    typed = setTimeout(take, TYPING);
  });
  const made = el(
    "form",
    { class: "fields filters", role: "search" },
    el("label", {}, say("UNEQUAL_BRANCH"), branch),
    el("label", {}, say("UNEQUAL_ERRAND"), errand),
    el("label", {}, say("UNEQUAL_FIND"), find),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typed);
    take();
  });
  /** @param {any} rows */
  const offer = ({ branches: its, errands }) => {
    const places = its.map((/** @type {any} */ each) => [each.branch || NO_BRANCH, branchName(each.branch), each.number]);
    const acts = errands.map((/** @type {any} */ each) => [each.errand, each.text, each.number]);
    fill(branch, choice.branch, say("UNEQUAL_EVERYTHING"), places);
    fill(errand, choice.errand, say("UNEQUAL_ANY_ERRAND"), acts);
  };
  return { form: made, offer };
}

/**
 * Offers choices with how many rows each has.
 * @param {HTMLSelectElement} select
 * @param {string} value
 * @param {string} all
 * @param {[string, string, number][]} choices
 */
function fill(select, value, all, choices) {
  const options = choices.map(([each, text, number]) => el("option", { value: each }, `${text} (${number})`));
  select.replaceChildren(el("option", { value: "" }, all), ...options);
  select.value = value;
}

/** @param {any} found */
function drawState({ unequal, can_go_back: canGoBack }) {
  return [
    drawNumber(unequal),
    el("p", { class: "s here" }, say(canGoBack ? "PROXY_CAN_GO_BACK" : "PROXY_CANNOT_GO_BACK")),
    ...unequal.not_compared.map((/** @type {string} */ each) => el("p", { class: "s here" }, say("UNEQUAL_NOT_COMPARED", { what: each }))),
  ];
}

/** How many there are, and of when that is. @param {any} unequal */
function drawNumber({ number, is_possible: isPossible, is_comparing: isComparing, ended }) {
  if (!isPossible) return el("p", { class: "here" }, mark("stop", say("UNEQUAL_NOT_POSSIBLE")));
  const found = number ? mark("todo", say("UNEQUAL_NUMBER", { count: number })) : mark("done", say("UNEQUAL_NONE"));
  const last = isComparing ? say("UNEQUAL_COMPARING") : ended ? say("UNEQUAL_COMPARED", { when: when(ended) }) : say("UNEQUAL_NEVER");
  return el("p", { class: "here", role: "status" }, found, el("span", { class: "s" }, ` ${last}`));
}

/** @param {any} rows @param {Choice} choice @param {() => Promise<void>} more */
function drawRows({ number, errands, lines, isMore }, { branch, errand, find }, more) {
  const isNarrowed = Boolean(branch || errand || find);
  if (!number) return isNarrowed ? [el("p", { class: "here s" }, say("NOTHING_THERE"))] : [];
  const drawn = errands
    .map((/** @type {any} */ each) => drawErrand(each, lines.filter((/** @type {any} */ line) => line.errand === each.errand)))
    .filter(Boolean);
  if (!isMore) return drawn;
  const key = el("button", { type: "button", class: "act" }, say("MORE"));
  key.addEventListener("click", () => void more());
  return [...drawn, el("p", { class: "here more" }, say("UNEQUAL_SHOWN", { shown: lines.length, number }), " ", key)];
}

/** What a person must do, with all that it is to be done about. @param {any} errand @param {any[]} lines */
function drawErrand({ text, number }, lines) {
  if (!lines.length) return null;
  const heading = el("h3", { class: "errand" }, say("UNEQUAL_YOU", { must: text }), el("small", {}, String(number)));
  return el("section", { "aria-label": text }, heading, el("ol", {}, ...lines.map(drawRow)));
}

/** @param {any} found */
function drawRow(found) {
  const { patron } = found;
  const name = found.item ? found.title || say("ITEM", { code: found.item }) : (patron?.name ?? say("UNEQUAL_PATRON", { number: found.request }));
  const code = found.item ? found.title && found.item : (patron?.card ?? "");
  const facts = [code, branchName(found.branch), when(found.since)].filter(Boolean).join(" · ");
  return el(
    "li",
    { class: "differs", tabindex: "-1" },
    el("div", {}, el("h4", {}, name), el("p", { class: "s" }, facts)),
    el(
      "div",
      {},
      el("dl", {}, ...side("PROXY_OLD", found.old), ...side("PROXY_NEW", found.new)),
      el("p", { class: "s" }, say("UNEQUAL_CAUSE", { cause: found.cause })),
      el("p", { class: "s" }, say("UNEQUAL_TIRO", { does: found.remedy })),
    ),
  );
}

/** What a system says, its dates as they are written here. @param {string} system @param {string} says */
function side(system, says) {
  const text = says.replace(/\b\d{4}-\d{2}-\d{2}\b/g, (date) => day(date, true));
  return [el("dt", {}, say(system)), el("dd", {}, text)];
}

/** Compares now: everything, or one branch. @param {any[]} terminals @param {() => Promise<void>} read */
function comparing(terminals, read) {
  const isils = [...new Set(terminals.map((each) => each.branch))].sort();
  const choices = /** @type {[string, string][]} */ ([["", say("UNEQUAL_EVERYTHING")], ...isils.map((each) => [each, branchName(each)])]);
  const fields = [{ name: "branch", label: say("UNEQUAL_BRANCH"), choices }];
  return form(say("UNEQUAL_COMPARE"), fields, say("UNEQUAL_COMPARE_NOW"), async ({ branch }) => {
    const answer = await wish("PUT", "/proxy/reconciliation", { branch });
    if (answer === null) return;
    tell(say("UNEQUAL_BEGUN", { count: answer.compares }));
    await read();
  });
}
