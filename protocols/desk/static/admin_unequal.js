// In what the old system and this library differ: what each says, why, and what is done about it.
import { branches, form, mark, table, tell, when, wish } from "./admin_parts.js";
import { ask, day, el, say } from "./page.js";
import { has } from "./session.js";

/** Milliseconds between two readings while everything is compared, and while it is not. */
const COMPARING = 3000;
const NOW_AND_THEN = 120_000;

/** @returns {Promise<Node[]>} */
export async function drawUnequal() {
  const [answer, names] = [await ask("GET", "/proxy").catch(() => null), new Map(await branches())];
  if (answer?.status === 403) return [el("p", { class: "here" }, mark("stop", answer.body.title))];
  if (answer?.status !== 200) return [el("p", { class: "here" }, mark("stop", say("PROXY_SILENT")))];
  if (!answer.body.is_there) return [el("p", { class: "here" }, say("UNEQUAL_NO_PROXY"))];
  const [state, rows] = [el("div"), el("div")];
  /** @param {any} found */
  const draw = (found) => {
    state.replaceChildren(...drawState(found));
    rows.replaceChildren(...drawRows(found, names));
  };
  draw(answer.body);
  const { terminals, unequal } = answer.body;
  let next = 0;
  /** @param {boolean} isSoon */
  const follow = (isSoon) => {
    clearTimeout(next);
    next = setTimeout(read, isSoon ? COMPARING : NOW_AND_THEN);
  };
  // The form is left alone: somebody may be filling it in.
  const read = async () => {
    if (!state.isConnected) return;
    const again = document.hidden ? null : await ask("GET", "/proxy").catch(() => null);
    if (again?.status === 200) draw(again.body);
    follow(again?.body?.unequal?.is_comparing ?? false);
  };
  follow(unequal.is_comparing);
  const isAllowed = has("rules.edit") && unequal.is_possible;
  return [state, isAllowed ? comparing(terminals, names, read) : el("span"), rows];
}

/** @param {any} found */
function drawState({ unequal, can_go_back: canGoBack }) {
  return [
    drawNumber(unequal),
    el("p", { class: "s here" }, say(canGoBack ? "PROXY_CAN_GO_BACK" : "PROXY_CANNOT_GO_BACK")),
    ...unequal.not_compared.map((/** @type {string} */ each) => el("p", { class: "s here" }, say("UNEQUAL_NOT_COMPARED", { what: each }))),
  ];
}

/** @param {any} found @param {Map<string, string>} names of branches */
function drawRows({ unequal }, names) {
  const { number, rows, branches: its } = unequal;
  const drawn = [];
  if (its.length > 1) drawn.push(byBranch(its, names));
  if (number > rows.length) drawn.push(el("p", { class: "s here" }, say("UNEQUAL_SHOWN", { shown: rows.length, number })));
  return [...drawn, ...byErrand(rows, names)];
}

/** How many there are, and of when that is. @param {any} unequal */
function drawNumber({ number, is_possible: isPossible, is_comparing: isComparing, ended }) {
  if (!isPossible) return el("p", { class: "here" }, mark("stop", say("UNEQUAL_NOT_POSSIBLE")));
  const found = number ? mark("todo", say("UNEQUAL_NUMBER", { count: number })) : mark("done", say("UNEQUAL_NONE"));
  const last = isComparing ? say("UNEQUAL_COMPARING") : ended ? say("UNEQUAL_COMPARED", { when: when(ended) }) : say("UNEQUAL_NEVER");
  return el("p", { class: "here", role: "status" }, found, el("span", { class: "s" }, ` ${last}`));
}

/** @param {any[]} its @param {Map<string, string>} names */
function byBranch(its, names) {
  const rows = its.map((each) => [branchName(each.branch, names) || say("UNEQUAL_NO_BRANCH"), each.number]);
  const drawn = table(say("UNEQUAL_BRANCHES"), ["UNEQUAL_BRANCH", "UNEQUAL_HOW_MANY"], rows);
  drawn.classList.add("few");
  return drawn;
}

/** @param {string} isil @param {Map<string, string>} names */
const branchName = (isil, names) => names.get(isil) ?? isil;

/** What a person must do, with all that it is to be done about. @param {any[]} rows @param {Map<string, string>} names */
function byErrand(rows, names) {
  const errands = [...new Set(rows.map((each) => each.errand))];
  return errands.map((errand) => {
    const its = rows.filter((each) => each.errand === errand);
    const heading = el("h3", { class: "errand" }, say("UNEQUAL_YOU", { must: errand }), el("small", {}, String(its.length)));
    return el("section", { "aria-label": errand }, heading, el("ol", {}, ...its.map((each) => drawRow(each, names))));
  });
}

/** @param {any} found @param {Map<string, string>} names */
function drawRow(found, names) {
  const name = found.item || say("UNEQUAL_PATRON", { number: found.request });
  const facts = [branchName(found.branch, names), when(found.since)].filter(Boolean).join(" · ");
  return el(
    "li",
    { class: "differs" },
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

/** Compares now: everything, or one branch. @param {any[]} terminals @param {Map<string, string>} names @param {() => Promise<void>} read */
function comparing(terminals, names, read) {
  const isils = [...new Set(terminals.map((each) => each.branch))].sort();
  const choices = /** @type {[string, string][]} */ ([["", say("UNEQUAL_EVERYTHING")], ...isils.map((each) => [each, branchName(each, names)])]);
  const fields = [{ name: "branch", label: say("UNEQUAL_BRANCH"), choices }];
  return form(say("UNEQUAL_COMPARE"), fields, say("UNEQUAL_COMPARE_NOW"), async ({ branch }) => {
    const answer = await wish("PUT", "/proxy/reconciliation", { branch });
    if (answer === null) return;
    tell(say("UNEQUAL_BEGUN", { count: answer.compares }));
    await read();
  });
}
