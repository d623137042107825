// In what the old system and this library differ: what each says, why, and what is done about it.
import { done, form, mark, table, when, wish } from "./admin_parts.js";
import { ask, el, say } from "./page.js";
import { has } from "./session.js";

/** @typedef {import("./admin_parts.js").Again} Again */

/**
 * @param {Again} again
 * @returns {Promise<Node[]>}
 */
export async function drawUnequal(again) {
  const answer = await ask("GET", "/proxy").catch(() => null);
  if (!answer || answer.status === 403) return [];
  if (answer.status !== 200) return [el("p", { class: "here" }, mark("stop", say("PROXY_SILENT")))];
  if (!answer.body.is_there) return [el("p", { class: "here" }, say("UNEQUAL_NO_PROXY"))];
  const { unequal, can_go_back: canGoBack, terminals } = answer.body;
  return [
    state(unequal),
    el("p", { class: "here" }, say(canGoBack ? "PROXY_CAN_GO_BACK" : "PROXY_CANNOT_GO_BACK")),
    unequal.number ? byBranch(unequal) : el("span"),
    rowsOf(unequal),
    has("rules.edit") && unequal.is_possible ? comparing(terminals, again) : el("span"),
  ];
}

/** How many there are, and of when that is. @param {any} unequal */
function state({ number, is_possible: isPossible, is_comparing: isComparing, ended }) {
  if (!isPossible) return el("p", { class: "here" }, mark("stop", say("UNEQUAL_NOT_POSSIBLE")));
  const found = number ? mark("todo", say("UNEQUAL_NUMBER", { number })) : mark("done", say("UNEQUAL_NONE"));
  const last = isComparing ? say("UNEQUAL_COMPARING") : ended ? say("UNEQUAL_COMPARED", { when: when(ended) }) : say("UNEQUAL_NEVER");
  return el("p", { class: "here", role: "status" }, found, el("span", { class: "s" }, ` ${last}`));
}

/** @param {any} unequal */
function byBranch({ branches }) {
  const rows = branches.map((/** @type {any} */ each) => [each.branch || say("UNEQUAL_NO_BRANCH"), each.number]);
  return table(say("UNEQUAL_BRANCHES"), ["BRANCH_ISIL", "UNEQUAL_HOW_MANY"], rows);
}

/** @param {any} unequal */
function rowsOf({ rows: all, number }) {
  const rows = all.map((/** @type {any} */ each) => {
    const name = each.item || say("UNEQUAL_PATRON", { number: each.request });
    const what = [el("div", {}, name), el("div", { class: "s" }, [each.branch, when(each.since)].filter(Boolean).join(" · "))];
    // In one cell, so that a narrow screen shows all of it.
    const about = [
      el("div", {}, `${say("PROXY_OLD")}: ${each.old}`),
      el("div", {}, `${say("PROXY_NEW")}: ${each.new}`),
      el("div", { class: "s" }, say("UNEQUAL_CAUSE", { cause: each.cause })),
      el("div", { class: "s" }, say("UNEQUAL_TIRO", { does: each.remedy })),
      el("div", {}, say("UNEQUAL_YOU", { must: each.errand })),
    ];
    return [what, about];
  });
  const caption = number > all.length ? say("UNEQUAL_SHOWN", { shown: all.length, number }) : say("UNEQUAL_ROWS");
  return table(caption, ["WHAT", "UNEQUAL_SIDES"], rows);
}

/** Compares now: everything, or one branch. @param {any[]} terminals @param {Again} again */
function comparing(terminals, again) {
  const branches = [...new Set(terminals.map((each) => each.branch))].sort();
  const choices = /** @type {[string, string][]} */ ([["", say("UNEQUAL_EVERYTHING")], ...branches.map((each) => [each, each])]);
  const fields = [{ name: "branch", label: say("PROXY_WHERE"), choices }];
  return form(say("UNEQUAL_COMPARE"), fields, say("UNEQUAL_COMPARE_NOW"), ({ branch }) =>
    done(wish("PUT", "/proxy/reconciliation", { branch }), again),
  );
}
