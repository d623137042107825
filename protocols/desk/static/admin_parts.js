// What the sections of administration are made of: asking, tables, forms.
import { ask, clock, day, el, icon, part, say } from "./page.js";

/** @typedef {import("../types").Answer} Answer */

/** Says what came of something. @param {string} text @param {boolean} [isWrong] */
export function tell(text, isWrong = false) {
  const told = part("told");
  told.textContent = text;
  told.className = isWrong ? "stop" : "done";
}

/**
 * Asks the API, and says what is against it.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>} the answer, null where it is refused
 */
export async function wish(method, path, body) {
  const key = method === "POST" ? crypto.randomUUID() : undefined;
  const answer = await ask(method, path, body, key).catch(() => null);
  if (answer === null) tell(say("LINE_LOST"), true);
  else if (answer.status < 400) return answer.body ?? {};
  else tell(against(answer), true);
  return null;
}

/** @param {Answer} answer */
function against({ body }) {
  const more = [...(body.reasons ?? []), ...(body.errors ?? [])].map((each) => each.text);
  const right = body.right ? say(`RIGHT_${body.right}`) : "";
  return [body.title, ...(more.length ? more : [body.detail ?? right])].filter(Boolean).join(". ");
}

/** Rights in words, each with its code. @param {string[]} rights */
export function rightsShown(rights) {
  return rights.map((each) => el("div", {}, say(`RIGHT_${each}`), " ", el("code", { class: "s" }, each)));
}

/** @typedef {() => Promise<void>} Again draws the section anew */

/** Does something, says so, and draws the section anew. @param {Promise<any>} asked @param {Again} again */
export async function done(asked, again) {
  const answer = await asked;
  if (answer === null) return null;
  await again();
  tell(say("SAVED"));
  return answer;
}

/** What is told this once. @param {string} text */
export function secret(text) {
  return el("div", { class: "note", role: "status" }, el("p", {}, say("TOLD_ONCE")), el("pre", { class: "receipt", tabindex: "0" }, text));
}

/** The branches, to be offered: ISIL and name. @returns {Promise<[string, string][]>} */
export async function branches() {
  const found = await ask("GET", "/library").catch(() => null);
  return (found?.body?.branches ?? []).map((/** @type {any} */ each) => [each.isil, each.name]);
}

/** @param {string | null | undefined} moment */
export function when(moment) {
  return moment ? `${day(moment, true)} ${clock(new Date(moment))}` : "";
}

/**
 * A table; a cell is a text or elements.
 * @param {string} caption
 * @param {string[]} headings names of words
 * @param {(string | number | Node | Node[])[][]} rows
 */
export function table(caption, headings, rows) {
  const body = el("tbody");
  for (const row of rows) {
    body.append(el("tr", {}, ...row.map((cell, index) => {
      const parts = Array.isArray(cell) ? cell : [cell instanceof Node ? cell : String(cell)];
      return el(index ? "td" : "th", index ? {} : { scope: "row" }, ...parts);
    })));
  }
  if (!rows.length) {
    body.append(el("tr", {}, el("td", { colspan: String(headings.length), class: "s" }, say("NOTHING_THERE"))));
  }
  const head = el("tr", {}, ...headings.map((each) => el("th", { scope: "col" }, say(each))));
  return el(
    "div",
    { class: "wide-table", tabindex: "0", role: "group", "aria-label": caption },
    el("table", { class: "tbl" }, el("caption", {}, caption), el("thead", {}, head), body),
  );
}

/** A mark and its word. @param {"done" | "todo" | "stop"} name @param {string} text */
export function mark(name, text) {
  return el("span", { class: `mark ${name}` }, icon(name, "i m"), text);
}

/** @param {string} label @param {() => unknown} run @param {string} [of] whom it is about */
export function button(label, run, of = "") {
  const made = el("button", { type: "button", class: "act", "aria-label": of && `${label}: ${of}` }, label);
  made.addEventListener("click", () => void run());
  return made;
}

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [value]
 * @property {string} [type]
 * @property {boolean} [isNeeded]
 * @property {[string, string][]} [choices] values and their words
 * @property {[string, string][]} [offered] the same, beside whatever else may be written
 * @property {number} [lines] of a text that has several
 */

/** Lists of what is offered: each has an id of its own. */
let lists = 0;

/** @param {Field} field */
function drawn({ name, label, value = "", type = "text", isNeeded, choices, offered, lines }) {
  if (lines) {
    const text = { name, rows: String(lines), required: isNeeded, spellcheck: "false" };
    return el("label", {}, label, el("textarea", text, value));
  }
  if (!choices) {
    const attributes = { name, type, value, required: isNeeded, autocomplete: type === "password" ? "new-password" : "off" };
    if (!offered) return el("label", {}, label, el("input", attributes));
    const list = `offered-${(lists += 1)}`;
    const options = offered.map(([each, text]) => el("option", { value: each, label: text }));
    return el("label", {}, label, el("input", { ...attributes, list }), el("datalist", { id: list }, ...options));
  }
  const options = choices.map(([each, text]) => el("option", { value: each, selected: each === value }, text));
  return el("label", {}, label, el("select", { name }, ...options));
}

/**
 * A form under its heading.
 * @param {string} heading
 * @param {Field[]} fields
 * @param {string} send
 * @param {(fields: Record<string, string>) => Promise<unknown>} act
 * @param {string} [user] whose password it is, for whatever keeps passwords in this browser
 */
export function form(heading, fields, send, act, user) {
  const whose = el("input", { autocomplete: "username", value: user, readonly: true, hidden: true });
  const button = el("button", { type: "submit", class: "act go" }, send);
  const made = /** @type {HTMLFormElement} */ (
    el("form", { class: "fields" }, user ? whose : null, ...fields.map(drawn), button)
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = [...new FormData(made)].map(([name, value]) => [name, String(value).trim()]);
    void act(Object.fromEntries(given));
  });
  return el("details", {}, el("summary", {}, heading), made);
}
