// Registering a patron, and changing what is on record: one form for both.
import { have, open, openPatron, redraw, tell, whyNot } from "./acts.js";
import { dateIn, madeForm, showBeside, showErrors, valuesOf } from "./form.js";
import { person } from "./hits.js";
import { ask, day, el, figures, icon, say } from "./page.js";
import { state } from "./state.js";
import { closeView, show } from "./views.js";

/** @typedef {import("./form.js").Field} Field */
/** @typedef {import("../types").PatronHit} PatronHit */

/** What decides whether somebody may be here already. */
const TELLING = ["given_name", "family_name", "birth_date", "email", "phone", "kind"];
const DATES = ["birth_date", "expires"];
/** Who a patron can be, as the API calls it; only a person needs a given name. */
const KINDS = ["person", "company", "group", "library"];

/** What there is to choose from. @type {import("../types").Registration | null} */
let there = null;

/** Asks once, before anybody wants a form: what is typed right after its key goes into it. */
export async function prepare() {
  if (there) return there;
  const answer = await ask("GET", "/registration").catch(() => null);
  if (answer?.status === 200) there = answer.body;
  return there ?? { categories: [], languages: [], branches: [] };
}

/** @param {import("../types").Registration} there @param {boolean} isNew @returns {Field[]} */
function fields(there, isNew) {
  const categories = there.categories.map((each) => /** @type {[string, string]} */ ([each.code, each.name || each.code]));
  const branches = there.branches.map((each) => /** @type {[string, string]} */ ([each.isil, each.name]));
  const languages = there.languages.map((each) => /** @type {[string, string]} */ ([each, each]));
  const kinds = KINDS.map((each) => /** @type {[string, string]} */ ([each, say(`KIND_${each}`)]));
  // After the fields that are typed for a person, so that these take no further key.
  const kind = { name: "kind", label: say("KIND"), isNeeded: true, choices: kinds };
  /** @type {Field[]} */
  const always = [
    { name: "given_name", label: say("GIVEN_NAME"), isNeeded: true },
    { name: "family_name", label: say("FAMILY_NAME"), isNeeded: true },
    { name: "birth_date", label: say("BIRTH_DATE"), hint: say("DATE_HINT") },
    { name: "phone", label: say("PHONE"), type: "tel" },
    { name: "email", label: say("EMAIL"), type: "text" },
    ...(isNew ? [kind] : []),
    { name: "category", label: say("CATEGORY"), isNeeded: true, choices: categories.length ? categories : undefined },
    { name: "home_branch", label: say("HOME_BRANCH"), choices: branches },
    { name: "language", label: say("LANGUAGE"), choices: languages },
    { name: "municipality", label: say("MUNICIPALITY") },
    { name: "expires", label: say("REGISTERED_UNTIL"), hint: say("DATE_HINT") },
  ];
  if (!isNew) return always;
  const card = { name: "card", label: say("CARD_NUMBER"), isNeeded: true, hint: say("CARD_HINT") };
  return [card, ...always, { name: "note", label: say("NOTE") }];
}

/** @param {Record<string, string>} [known] what is known of whoever is to be registered */
export async function register(known = {}) {
  const there = await prepare();
  const values = {
    kind: "person",
    category: there.categories[0]?.code ?? "",
    home_branch: state.session?.branch?.isil ?? "",
    language: document.documentElement.lang,
    ...state.draft,
    ...known,
  };
  openForm("register", say("REGISTER"), fields(there, true), values, (form) => {
    const body = cleaned(valuesOf(form));
    have("POST", "/patrons", () => body, (patron) => done(form, patron, "REGISTERED"), {
      refused: (answer) => refused(form, answer),
    });
  });
}

export async function change() {
  const id = state.patron?.id;
  const [there, answer] = await Promise.all([prepare(), ask("GET", `/patrons/${id}`).catch(() => null)]);
  if (answer?.status !== 200) return;
  const version = answer.headers.get("ETag") ?? "";
  const { details } = answer.body;
  /** @type {Record<string, string>} */
  const before = { home_branch: details.home_branch.isil };
  for (const { name } of fields(there, false)) before[name] ??= details[name] ?? "";
  for (const name of DATES) before[name] = before[name] ? figures(before[name]) : "";
  openForm("change", say("KEY_CHANGE"), fields(there, false), before, (form) => {
    const now = valuesOf(form);
    const changed = Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== before[name]));
    if (!Object.keys(changed).length) {
      leave(form);
      return;
    }
    have("PATCH", `/patrons/${id}`, () => nulled(cleaned(changed), changed), (patron) => done(form, patron, "CHANGED"), {
      version,
      refused: (each) => refused(form, each),
    });
  });
}

/**
 * @param {string} name
 * @param {string} heading
 * @param {Field[]} all
 * @param {Record<string, string>} values
 * @param {(form: HTMLFormElement) => void} finish
 */
function openForm(name, heading, all, values, finish) {
  const isNew = name === "register";
  const form = madeForm(heading, all, values, (now, field) => {
    if (isNew) state.draft = now;
    const left = field.getAttribute("name") ?? "";
    if (DATES.includes(left)) readDate(form, left, now[left] ?? "");
    if (isNew && TELLING.includes(left)) void lookForSame(form, now);
  });
  show({
    name,
    chosen: null,
    nodes: () => [form],
    keys: () => [{ letter: "S", label: say("KEY_SAVE"), isFirst: true, run: () => finish(form) }],
  });
  if (isNew) form.addEventListener("change", () => needName(form, valuesOf(form)));
  needName(form, values);
  redraw();
  const inputs = [...form.querySelectorAll("input")];
  (isNew ? (inputs.find((each) => !each.value) ?? inputs[0]) : inputs[0])?.focus();
}

/**
 * Marks the given name as needed: for a new person, and for a patron who has one on record.
 * @param {HTMLFormElement} form
 * @param {Record<string, string>} values
 */
function needName(form, values) {
  const given = form.elements.namedItem("given_name");
  if (!(given instanceof HTMLInputElement)) return;
  given.required = values.kind ? values.kind === "person" : Boolean(values.given_name);
}

/** Says how a date was understood. @param {HTMLFormElement} form @param {string} name @param {string} text */
function readDate(form, name, text) {
  const about = form.querySelector(`[data-about="${name}"]`);
  const read = dateIn(text, name === "expires");
  if (about) about.textContent = read ? day(read, true) : say("DATE_HINT");
}

/** The latest look: an older answer that comes late is dropped. */
let latest = 0;

/** Those who may be here already, beside the fields: nothing waits for an answer. @param {HTMLFormElement} form @param {Record<string, string>} values */
async function lookForSame(form, values) {
  const words = [values.given_name, values.family_name].filter(Boolean);
  const isNamed = words.length === 2 || (values.kind !== "person" && words.length === 1);
  const text = isNamed ? words.join(" ") : (values.email || values.phone);
  if (!text) return;
  latest += 1;
  const mine = latest;
  const answer = await ask("POST", "/patrons/search", { text, limit: 5 }).catch(() => null);
  if (answer?.status !== 200 || mine !== latest) return;
  const born = dateIn(values.birth_date ?? "");
  const hits = /** @type {PatronHit[]} */ (answer.body.patrons).filter(
    (each) => !born || !each.birth_date || each.birth_date === born,
  );
  showBeside(form, ...(hits.length ? [drawnSame(hits)] : []));
}

/** @param {PatronHit[]} hits */
function drawnSame(hits) {
  const lines = hits.map((each) => {
    const opens = el("button", { type: "button", class: "act" }, say("OPEN_PATRON"));
    opens.addEventListener("click", () => void openPatron(each.id));
    return el("li", {}, el("div", {}, ...person(each)), opens);
  });
  const heading = el("p", { class: "mark todo" }, icon("todo", "i m"), say("PERHAPS_HERE"));
  return el("section", { class: "note", role: "status" }, heading, el("ul", {}, ...lines));
}

/** Dates as ISO 8601, nothing where nothing was written. @param {Record<string, string>} values */
function cleaned(values) {
  const found = Object.entries(values).map(([name, value]) => {
    return [name, DATES.includes(name) && value ? (dateIn(value, name === "expires") ?? value) : value];
  });
  return Object.fromEntries(found.filter(([, value]) => value !== ""));
}

/** What was emptied is taken away. @param {Record<string, unknown>} body @param {Record<string, string>} changed */
function nulled(body, changed) {
  for (const [name, value] of Object.entries(changed)) {
    if (value === "") body[name] = DATES.includes(name) ? null : "";
  }
  return body;
}

/** @param {HTMLFormElement} form @param {import("../types").PatronScreen} patron @param {string} word */
function done(form, patron, word) {
  state.draft = {};
  leave(form);
  open(patron);
  tell(say(word, { name: patron.details.name }), "done");
}

/** @param {HTMLFormElement} form @param {import("../types").Answer} answer */
function refused(form, answer) {
  tell(whyNot(answer));
  showErrors(form, answer.body?.errors ?? []);
}

/** @param {HTMLFormElement} form */
function leave(form) {
  if (form.isConnected) closeView();
  document.getElementById("box")?.focus();
}
