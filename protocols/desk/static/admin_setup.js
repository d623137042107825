// The set-up as it is, a library.toml held against it, and closures.
import { branches, button, form, mark, table, tell, when, wish } from "./admin_parts.js";
import { namer } from "./admin_words.js";
import { day, el, say } from "./page.js";

/** @param {unknown} value */
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param {Record<string, unknown> | null} fields */
function listed(fields) {
  const known = Object.entries(fields ?? {}).filter(([, value]) => value !== null && value !== "");
  return known.map(([name, value]) => el("div", {}, `${name} = ${shown(value)}`));
}

/** @param {any} part */
function keyOf({ key }) {
  const parts = key.filter((/** @type {unknown} */ each) => each !== null && each !== "").map(shown);
  return parts.join(" ").trim();
}

/** @param {() => Promise<void>} again @returns {Promise<Node[]>} */
export async function drawSetUp(again) {
  const [found, named] = await Promise.all([wish("GET", "/set-up"), namer()]);
  if (!found) return [];
  const place = el("div", { "aria-live": "polite" });
  const fields = [{ name: "text", label: say("SET_UP_TEXT"), lines: 12, isNeeded: true }];
  const asked = form(say("SET_UP_CHANGE"), fields, say("SET_UP_CHECK"), async ({ text }) => {
    const planned = await wish("POST", "/set-up/check", { text });
    place.replaceChildren(...(planned ? drawnPlan(planned, text ?? "", named, again) : []));
  });
  /** @type {Map<string, any[]>} */
  const nouns = new Map();
  for (const each of found.parts) nouns.set(each.noun, [...(nouns.get(each.noun) ?? []), each]);
  const parts = [...nouns].map(([noun, its]) => {
    const name = named("NOUN", noun);
    const rows = its.map((each) => [keyOf(each) || name, listed(each.fields)]);
    const heading = el("summary", {}, `${name} (${its.length})`);
    return el("details", {}, heading, table(name, ["NAME", "VALUE"], rows));
  });
  return [asked, place, ...parts];
}

/**
 * What a text would change, and the key that has it done.
 * @param {any} planned
 * @param {string} text
 * @param {Awaited<ReturnType<typeof namer>>} named
 * @param {() => Promise<void>} again
 * @returns {Node[]}
 */
function drawnPlan({ changes, problems, moved_loans: loans, moved_pickups: holds }, text, named, again) {
  if (problems.length) {
    const lines = problems.map((/** @type {any} */ each) =>
      el("li", {}, mark("stop", each.line ? say("AT_LINE", { line: each.line, text: each.text }) : each.text)),
    );
    return [el("ul", { class: "list" }, ...lines)];
  }
  if (!changes.length) return [mark("done", say("CHANGES_NOTHING"))];
  const rows = changes.map((/** @type {any} */ each) => [
    `${named("NOUN", each.noun)} ${keyOf(each)}`.trim(), say(`CHANGE_${each.change}`), listed(each.before), listed(each.after),
  ]);
  const apply = button(say("SET_UP_APPLY", { count: changes.length }), async () => {
    const done = await wish("POST", "/set-up", { text, changes: changes.length });
    if (!done) return;
    await again();
    tell(say("SAVED"));
  });
  const moved = loans || holds ? [el("p", {}, say("SET_UP_MOVES", { loans, holds }))] : [];
  return [table(say("SET_UP_CHANGES"), ["NAME", "STATE", "WAS", "BECOMES"], rows), ...moved, apply];
}

/** @param {() => Promise<void>} again @returns {Promise<Node[]>} */
export async function drawClosures(again) {
  const place = el("div", { "aria-live": "polite" });
  const fields = [
    { name: "branch", label: say("BRANCH_ISIL"), isNeeded: true, offered: await branches() },
    { name: "first", label: say("FIRST_DAY"), type: "date", isNeeded: true },
    { name: "last", label: say("LAST_DAY"), type: "date" },
    { name: "alternative", label: say("ALTERNATIVE_BRANCH"), offered: await branches() },
    { name: "reason", label: say("REASON") },
  ];
  const asked = form(say("NEW_CLOSURE"), fields, say("SET_UP_CHECK"), async (given) => {
    const { reason, branch, first, last, alternative } = given;
    const period = { branch, first, last: last || null };
    const found = await wish("POST", "/closures/check", period);
    if (!found) return;
    const close = button(say("CLOSE_BRANCH"), async () => {
      const done = await wish("POST", "/closures", { ...period, reason, alternative: alternative || null });
      if (!done) return;
      await again();
      tell(say("BRANCH_CLOSED", { branch: done.branch }));
    });
    place.replaceChildren(...drawnClosure(found), close);
  });
  asked.setAttribute("open", "");
  const announced = await wish("GET", "/closures");
  const rows = (announced?.closures ?? []).map((/** @type {any} */ each) => [
    each.branch, day(each.first, true), day(each.last, true), each.alternative ?? "", each.reason, lift(each, again),
  ]);
  const headings = ["BRANCH_ISIL", "FIRST_DAY", "LAST_DAY", "ALTERNATIVE_BRANCH", "REASON", "STATE"];
  return [asked, place, table(say("CLOSURES_ANNOUNCED"), headings, rows)];
}

/** @param {any} closure @param {() => Promise<void>} again */
function lift({ branch, first, last }, again) {
  return button(say("LIFT_CLOSURE"), async () => {
    const done = await wish("DELETE", `/closures/${encodeURIComponent(branch)}/${first}/${last}`);
    if (!done) return;
    await again();
    tell(say("CLOSURE_LIFTED", { branch }));
  });
}

/** @param {any} found @returns {Node[]} */
function drawnClosure({ loans, pickups, reopens }) {
  const rows = (/** @type {any[]} */ moved) => moved.map((each) => [each.item, when(each.before), when(each.after)]);
  const opens = reopens ? say("REOPENS", { day: day(reopens, true) }) : say("NEVER_OPENS");
  return [
    el("p", { class: "s" }, opens),
    table(say("MOVED_LOANS", { count: loans.length }), ["ITEM_BARCODE", "WAS", "BECOMES"], rows(loans)),
    table(say("MOVED_PICKUPS", { count: pickups.length }), ["ITEM_BARCODE", "WAS", "BECOMES"], rows(pickups)),
  ];
}
