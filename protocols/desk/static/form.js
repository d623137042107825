// Forms in the middle of the screen: fields one after the other, a key that finishes, and whatever
// is said beside them. Enter goes to the next field; nothing but the key sends anything.
import { el, part } from "./page.js";

/**
 * @typedef {object} Field
 * @property {string} name as the API calls it
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [type]
 * @property {boolean} [isNeeded]
 * @property {[value: string, label: string][]} [choices]
 */

/** Words that are typed are none for whoever uses the computer next. */
const PLAIN = { autocomplete: "off", spellcheck: "false" };

/**
 * @param {string} heading
 * @param {Field[]} fields
 * @param {Record<string, string>} values what stands in them already
 * @param {(values: Record<string, string>, field: HTMLElement) => void} left a field was left
 * @returns {HTMLFormElement}
 */
export function madeForm(heading, fields, values, left) {
  const form = el("form", { class: "form", "aria-label": heading, autocomplete: "off" });
  form.append(el("h2", {}, heading), ...fields.map((each) => drawnField(each, values[each.name] ?? "")));
  form.append(el("div", { "data-part": "beside" }));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLElement) || event.target.matches("button")) return;
    event.preventDefault();
    const inputs = [.../** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("input, select"))];
    inputs[inputs.indexOf(event.target) + 1]?.focus();
  });
  form.addEventListener("focusout", (event) => {
    left(valuesOf(/** @type {HTMLFormElement} */ (form)), /** @type {HTMLElement} */ (event.target));
  });
  return /** @type {HTMLFormElement} */ (form);
}

/** @param {Field} field @param {string} value */
function drawnField({ name, label, hint, type = "text", isNeeded, choices }, value) {
  const shared = { name, id: `field-${name}`, required: isNeeded, "aria-describedby": `about-${name}` };
  const input = choices
    ? el("select", shared, ...choices.map(([code, word]) => el("option", { value: code, selected: code === value }, word)))
    : el("input", { ...shared, ...PLAIN, type, value });
  const about = el("small", { id: `about-${name}`, "data-about": name }, hint ?? "");
  return el("div", { class: "field" }, el("label", { for: `field-${name}` }, label), input, about);
}

/** @param {HTMLFormElement} form */
export function valuesOf(form) {
  /** @type {Record<string, string>} */
  const values = {};
  new FormData(form).forEach((value, name) => (values[name] = String(value).trim()));
  return values;
}

/**
 * Says beside each field what is wrong with it, and goes to the first of them.
 * @param {HTMLFormElement} form
 * @param {{ field: string, text: string }[]} errors
 */
export function showErrors(form, errors) {
  for (const about of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-about]"))) {
    const error = errors.find((each) => each.field.split(".")[0] === about.dataset.about);
    const input = form.elements.namedItem(about.dataset.about ?? "");
    if (!(input instanceof HTMLElement)) continue;
    input.toggleAttribute("aria-invalid", false);
    if (error) {
      input.setAttribute("aria-invalid", "true");
      about.textContent = error.text;
    }
    about.classList.toggle("stop", Boolean(error));
  }
  const first = form.querySelector("[aria-invalid=true]");
  if (first instanceof HTMLElement) first.focus();
}

/** What stands beside the fields. @param {HTMLFormElement} form @param {...Node} nodes */
export function showBeside(form, ...nodes) {
  part("beside", form).replaceChildren(...nodes);
}

/**
 * A date as it is written at a desk: 4.5.1980, 04051980, 4/5-80, 1980-05-04. Two figures of a year
 * are the last such year that has come, or one of this century.
 * @param {string} text
 * @param {boolean} [isAhead] is it a day that may be to come?
 * @returns {string | null} as ISO 8601
 */
export function dateIn(text, isAhead = false) {
  const found =
    /^(?<year>\d{4})-(?<month>\d{1,2})-(?<date>\d{1,2})$/.exec(text) ??
    /^(?<date>\d{1,2})[ ./-]+(?<month>\d{1,2})[ ./-]+(?<year>\d{4}|\d{2})$/.exec(text) ??
    /^(?<date>\d{2})(?<month>\d{2})(?<year>\d{4}|\d{2})$/.exec(text);
  if (!found?.groups) return null;
  let year = Number(found.groups.year);
  if (year < 100) {
    const now = new Date().getFullYear();
    year += Math.floor(now / 100) * 100;
    if (year > now && !isAhead) year -= 100;
  }
  const month = Number(found.groups.month);
  const date = Number(found.groups.date);
  const day = new Date(Date.UTC(year, month - 1, date));
  if (day.getUTCMonth() !== month - 1 || day.getUTCDate() !== date) return null;
  return day.toISOString().slice(0, 10);
}
