// Why a loan is allowed or not, rule by rule; and who has looked at whom.
import { form, mark, rightsShown, table, when, wish } from "./admin_parts.js";
import { el, say } from "./page.js";

/** @returns {Promise<Node[]>} */
export async function drawRules() {
  const place = el("div", { "aria-live": "polite" });
  const fields = [
    { name: "patron", label: say("CARD_NUMBER"), isNeeded: true },
    { name: "item", label: say("ITEM_BARCODE"), isNeeded: true },
  ];
  const asked = form(say("WHY_A_LOAN"), fields, say("EXPLAIN"), async ({ patron, item }) => {
    const found = await wish("POST", "/explanations/loan", { patron, item });
    place.replaceChildren(...(found ? drawnWhy(found) : []));
  });
  asked.setAttribute("open", "");
  return [asked, place];
}

/** @param {any} found @returns {Node[]} */
function drawnWhy(found) {
  const { refusals, told, overridable, fields, owner_fields } = found;
  const answer = refusals.length
    ? refusals.map((/** @type {string} */ each) => el("li", {}, mark("stop", told[each]), ...(overridable[each] ? passing(overridable[each]) : [])))
    : [el("li", {}, mark("done", say("MAY_BORROW", { when: when(found.due) })))];
  const decided = (/** @type {Record<string, any>} */ all) =>
    Object.entries(all).map(([name, { value, rule }]) => [name, String(value ?? ""), rule ? scope(rule) : say("BUILT_IN")]);
  return [
    el("ul", { class: "list" }, ...answer),
    table(`${say("DECIDED_BY")} ${found.branch}`, ["FIELD", "VALUE", "RULE"], decided(fields)),
    ...(Object.keys(owner_fields).length
      ? [table(`${say("DECIDED_BY")} ${found.owner}`, ["FIELD", "VALUE", "RULE"], decided(owner_fields))]
      : []),
  ];
}

/** What lets somebody pass over a refusal. @param {string} right */
function passing(right) {
  return [el("div", { class: "s" }, say("MAY_PASS")), ...rightsShown([right])];
}

/** @param {Record<string, unknown>} rule */
function scope(rule) {
  const parts = Object.entries(rule).map(([name, value]) => `${name} = ${value}`);
  return parts.join(", ") || say("FOR_ALL");
}

/** @returns {Promise<Node[]>} */
export async function drawLookUps() {
  const place = el("div", { "aria-live": "polite" });
  const fields = [{ name: "actor", label: say("ACTOR"), isNeeded: true }];
  const asked = form(say("WHO_HAS_LOOKED"), fields, say("FIND"), async ({ actor }) => {
    const found = await wish("GET", `/lookups?actor=${encodeURIComponent(actor ?? "")}`);
    if (!found) return;
    const rows = found.lines.map((/** @type {any} */ each) => [
      when(each.at), say(`SEEN_${each.what}`), each.patron ?? (each.hits === null ? "" : say("HITS", { count: each.hits })), each.device, each.context,
    ]);
    place.replaceChildren(table(found.actor, ["WHEN", "WHAT", "PATRON", "WHERE", "CONTEXT"], rows));
  });
  asked.setAttribute("open", "");
  return [asked, place];
}
