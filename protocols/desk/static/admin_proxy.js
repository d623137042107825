// The proxy before two systems: who is in which mode, what is left to be told, what shadow has shown.
import { done, form, mark, table, when, wish } from "./admin_parts.js";
import { ask, el, say } from "./page.js";
import { has } from "./session.js";

/** @typedef {import("./admin_parts.js").Again} Again */

/** @type {Record<string, string>} */
const MODES = {
  old: "PROXY_OLD",
  shadow: "PROXY_SHADOW",
  "new with write-back": "PROXY_WRITE_BACK",
  new: "PROXY_NEW",
};

/** @type {Record<string, string>} */
const KINDS = {
  "date only": "DIFFERS_DATE",
  policy: "DIFFERS_POLICY",
  "missing data": "DIFFERS_DATA",
  unreadable: "DIFFERS_UNREADABLE",
  state: "DIFFERS_STATE",
};

/** What is done again while differences are being counted. */
const SOON = 3000;

/**
 * Nothing where no proxy stands before this library.
 * @param {Again} again
 * @returns {Promise<Node[]>}
 */
export async function drawProxy(again) {
  const answer = await ask("GET", "/proxy").catch(() => null);
  if (!answer || answer.status === 403 || answer.body?.is_there === false) return [];
  const heading = el("h2", {}, say("PROXY"));
  if (answer.status !== 200) return [heading, el("p", { class: "here" }, mark("stop", say("PROXY_SILENT")))];
  const found = answer.body;
  const shadow = el("div", {}, ...drawnShadow(found));
  if (found.is_counting) countedSoon(shadow);
  return [
    heading,
    drawnSystems(found),
    el("p", { class: "here" }, say(found.can_go_back ? "PROXY_CAN_GO_BACK" : "PROXY_CANNOT_GO_BACK")),
    found.trouble ? el("p", { class: "here" }, mark("stop", say("PROXY_TROUBLE", { why: found.trouble }))) : el("span"),
    drawnBranches(found),
    has("rules.edit") ? flipping(found, again) : el("span"),
    shadow,
    drawnTasks(found, again),
  ];
}

/** Asks once more while the part is shown. @param {HTMLElement} part */
function countedSoon(part) {
  setTimeout(async () => {
    if (!part.isConnected) return;
    const answer = await ask("GET", "/proxy").catch(() => null);
    if (answer?.status === 200) part.replaceChildren(...drawnShadow(answer.body));
    if (answer?.body?.is_counting) countedSoon(part);
  }, SOON);
}

/** @param {string} system */
const called = (system) => say(system === "old" ? "PROXY_OLD" : "PROXY_NEW");

/** @param {any} found */
function drawnSystems({ systems }) {
  const rows = systems.map((/** @type {any} */ each) => {
    const state = each.is_down ? mark("stop", say("PROXY_DOWN")) : mark("done", say("RUNS"));
    const waited = each.to_be_told ? say("PROXY_WAITED", { minutes: Math.ceil(each.oldest_seconds / 60) }) : "";
    const left = [el("div", {}, String(each.to_be_told)), el("div", { class: "s" }, waited)];
    return [called(each.system), [state, el("div", { class: "s" }, each.why), drawnClock(each.clock_seconds)], left, each.to_be_judged];
  });
  return table(say("PROXY_SYSTEMS"), ["NAME", "STATE", "PROXY_TO_BE_TOLD", "PROXY_TO_BE_JUDGED"], rows);
}

/** A clock that differs by less is right. */
const WARNED_SECONDS = 60;

/** @param {number | null} seconds */
function drawnClock(seconds) {
  if (seconds === null || Math.abs(seconds) < WARNED_SECONDS) return el("span");
  const minutes = Math.round(Math.abs(seconds) / 60);
  return el("div", { class: "s" }, mark("todo", say(seconds < 0 ? "PROXY_CLOCK_BEHIND" : "PROXY_CLOCK_AHEAD", { minutes })));
}

/** @param {any} found */
function drawnBranches({ terminals, gates }) {
  const branches = [...new Set(terminals.map((/** @type {any} */ each) => each.branch))].sort();
  const rows = branches.map((branch) => {
    const its = terminals.filter((/** @type {any} */ each) => each.branch === branch);
    const modes = Object.keys(MODES).flatMap((mode) => {
      const logins = its.filter((/** @type {any} */ each) => each.mode === mode).map((/** @type {any} */ each) => each.login);
      const name = say(MODES[mode] ?? "");
      return logins.length ? [el("div", {}, `${name}: ${logins.length}`), el("div", { class: "s" }, logins.join(", "))] : [];
    });
    const gate = gates.find((/** @type {any} */ each) => each.branch === branch);
    return [branch, modes, gate ? drawnGate(gate) : ""];
  });
  return table(say("PROXY_BRANCHES"), ["BRANCH_ISIL", "PROXY_TERMINALS", "PROXY_GATE"], rows);
}

/** @param {any} gate */
function drawnGate({ is_open: isOpen, against }) {
  const state = isOpen ? mark("done", say("PROXY_OPEN")) : mark("todo", say("PROXY_NOT_YET"));
  const reasons = against.map((/** @type {any} */ { code, count, of, example }) => {
    const lines = [say(`GATE_${code}`, { count, of }), example, say(`ADVICE_${code}`)].filter(Boolean);
    return el("div", { class: "s" }, ...lines.map((each) => el("div", {}, each)));
  });
  return [state, ...reasons];
}

/** A terminal, or all of a branch. @param {any} found @param {Again} again */
function flipping({ terminals }, again) {
  const names = terminals.flatMap((/** @type {any} */ each) => [each.branch, each.login]);
  const offered = /** @type {[string, string][]} */ ([...new Set(names)].map((each) => [each, each]));
  const choices = /** @type {[string, string][]} */ (Object.entries(MODES).map(([mode, name]) => [mode, say(name)]));
  const fields = [
    { name: "where", label: say("PROXY_WHERE"), offered, isNeeded: true },
    { name: "mode", label: say("PROXY_MODE"), choices },
    { name: "why", label: say("PROXY_WHY"), isNeeded: true },
    { name: "despite", label: say("PROXY_DESPITE") },
  ];
  return form(say("PROXY_FLIP"), fields, say("PROXY_FLIP_IT"), ({ where, mode, why, despite }) => {
    const meant = terminals.filter((/** @type {any} */ each) => where === each.login || where === each.branch);
    const logins = meant.map((/** @type {any} */ each) => each.login);
    return done(wish("PUT", "/proxy/modes", { terminals: logins.length ? logins : [where], mode, why, despite_readiness: despite }), again);
  });
}

/** @param {any} found */
function drawnShadow({ patterns, counted, is_counting: isCounting }) {
  const rows = patterns.map((/** @type {any} */ each) => {
    const values = [each.old, each.new].filter(Boolean).join(" / ");
    const what = [el("div", {}, say(`SIP_${each.message}`)), el("div", { class: "s" }, `${each.field} ${values}`)];
    const isState = each.kind === "state";
    const state = each.accepted ? mark("done", say("PROXY_ACCEPTED")) : mark(isState ? "stop" : "todo", say(KINDS[each.kind] ?? "DIFFERS_STATE"));
    const about = el("div", { class: "s" }, each.accepted || each.pattern);
    return [what, [state, about], each.count, when(each.last)];
  });
  const told = isCounting ? say("PROXY_COUNTING") : say("PROXY_COUNTED", { when: when(counted) });
  return [
    table(say("PROXY_DIFFERENCES"), ["WHAT", "STATE", "PROXY_OFTEN", "PROXY_LAST"], rows),
    el("p", { class: "s here", role: "status" }, told),
  ];
}

/** @param {any} found @param {Again} again */
function drawnTasks({ for_a_person: tasks, number_for_a_person: number }, again) {
  const rows = tasks.map((/** @type {any} */ each) => {
    const fields = [{ name: "why", label: say("PROXY_WHAT_WAS_DONE"), isNeeded: true }];
    const path = `/proxy/for-a-person/${each.request}`;
    const settle = form(say("PROXY_SETTLE"), fields, say("SAVE"), ({ why }) => done(wish("PUT", path, { why }), again));
    const what = [el("div", {}, say(`SIP_${each.message}`)), el("div", { class: "s" }, [each.item, each.terminal].filter(Boolean).join(" · "))];
    const told = [el("div", {}, `${called(each.system)}: ${each.why}`), el("div", { class: "s" }, when(each.at))];
    return [String(each.request), what, told, has("rules.edit") ? settle : ""];
  });
  const caption = number > tasks.length ? say("PROXY_TASKS_OF", { shown: tasks.length, number }) : say("PROXY_TASKS");
  return table(caption, ["PROXY_NUMBER", "WHAT", "PROXY_WHY_NOT", "ACTS"], rows);
}
