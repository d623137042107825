// What every page needs: elements, words, dates and amounts, and the way to the API.

const root = document.documentElement;
const language = root.lang;
/** Dates and amounts in English are written as in Britain. */
const locale = language === "en" ? "en-GB" : language;

/** @type {Record<string, string | Record<string, string>>} */
const words = await (await fetch(root.dataset.words ?? "")).json();

/**
 * An element; nothing is ever made from a string of HTML.
 * @param {string} tag
 * @param {Record<string, string | boolean | undefined>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  for (const each of children) if (each) made.append(each);
  return made;
}

/** Scrolls a menu that is wider than the screen until its current link is seen. @param {HTMLElement} menu */
export function bringIntoView(menu) {
  const box = menu.closest(".side");
  const link = menu.querySelector("[aria-current]");
  if (!box || !link) return;
  const [its, all] = [link.getBoundingClientRect(), box.getBoundingClientRect()];
  const isSeen = its.left >= all.left && its.right <= all.right;
  if (!isSeen) box.scrollLeft += (its.left + its.right - all.left - all.right) / 2;
}

/**
 * A picture of the sprite; the word beside it says the same.
 * @param {string} name
 * @param {string} [kind]
 */
export function icon(name, kind = "i") {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("class", kind);
  picture.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#${name}`);
  picture.append(use);
  return picture;
}

/**
 * The element of the page that holds this part of it.
 * @param {string} name
 * @param {ParentNode} [within]
 */
export function part(name, within = document) {
  return /** @type {HTMLElement} */ (within.querySelector(`[data-part="${name}"]`));
}

/** The category of a number (CLDR): `one`, `few`, `other`. */
const plural = new Intl.PluralRules(locale);

/**
 * Return a sentence by its name; `{amount}` and the like are facts. `count` chooses among plural forms.
 * @param {string} name
 * @param {Record<string, string | number>} [facts]
 */
export function say(name, facts = {}) {
  const found = words[name] ?? name;
  const sentence = typeof found === "string" ? found : (found[plural.select(Number(facts.count))] ?? found.other ?? name);
  return sentence.replace(/\{(\w+)\}/g, (_, fact) => String(facts[fact] ?? ""));
}

/** @param {import("../types").Money} money */
export function amount({ amount: minor, currency }) {
  const format = new Intl.NumberFormat(locale, {
    style: "currency",
    currency,
    trailingZeroDisplay: "stripIfInteger",
  });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** A day of about now, or with its year. @param {string | Date} moment @param {boolean} [withYear] */
export function day(moment, withYear = false) {
  const format = { day: "numeric", month: "short", year: withYear ? "numeric" : undefined, timeZone: zone(moment) };
  return new Date(moment).toLocaleDateString(locale, /** @type {any} */ (format));
}

/** The moment so many days from now. @param {number} days */
export function inDays(days) {
  const moment = now();
  moment.setDate(moment.getDate() + days);
  return moment;
}

/** A number of days with its unit, as "1 day". @param {number} count */
export function days(count) {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "day", unitDisplay: "long" }).format(count);
}

/** A day in figures, as somebody would write it. @param {string} date ISO 8601 */
export function figures(date) {
  return new Date(date).toLocaleDateString(locale, { timeZone: zone(date) });
}

/** A date is the same everywhere; a moment is told by the clock here. @param {string | Date} moment */
function zone(moment) {
  return typeof moment === "string" && moment.length === 10 ? "UTC" : undefined;
}

/** @param {Date} moment */
export function clock(moment) {
  const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return moment.toLocaleTimeString(locale, /** @type {any} */ (format));
}

/** The account that this page speaks for, as the session names it; empty where it speaks for none. */
let account = "";
/** What is done where another has signed in at this browser. @type {() => void} */
let another = () => {};

/**
 * From now on the API is asked in that name alone: where another page of this browser has signed in
 * somebody else, nothing is done, and `whenAnother` is told.
 * @param {string} theAccount
 * @param {() => void} [whenAnother]
 */
export function speakFor(theAccount, whenAnother = another) {
  account = theAccount;
  another = whenAnother;
}

/** Has another signed in at this browser, so that nothing was done? @param {import("../types").Answer | null} answer */
export function isAnothers(answer) {
  return answer?.status === 412 && answer.body?.type === "urn:tiro:problem:another-signed-in";
}

/** The server's clock when it last answered, and what this page's timer showed then. */
const heard = { at: 0, timer: 0 };

/** The moment by the server's clock: that of this machine may be wrong, or be set. */
export function now() {
  return heard.at ? new Date(heard.at + performance.now() - heard.timer) : new Date();
}

/** The body of what is asked for by its path alone. */
export const none = () => undefined;

/**
 * Asks the API once; rejects where no answer comes.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [key] the Idempotency-Key
 * @param {string} [version] the ETag of what is changed
 * @param {string} [scanner] the account of who has scanned it
 * @returns {Promise<import("../types").Answer>}
 */
export async function ask(method, path, body, key, version, scanner) {
  const headers = new Headers({ "Accept-Language": language });
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (key !== undefined) headers.set("Idempotency-Key", key);
  if (version !== undefined) headers.set("If-Match", version);
  if (account) headers.set("Signed-In-As", encodeURIComponent(account));
  if (scanner) headers.set("Scanned-By", encodeURIComponent(scanner));
  const answer = await fetch(`/api/v1${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await answer.text();
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (date) Object.assign(heard, { at: date, timer: performance.now() });
  const told = { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : null };
  if (isAnothers(told)) another();
  return told;
}
