// Who is signed in on the page for everybody. What they see goes with them: nothing is kept.
import { ask, isAnothers, part, say, speakFor } from "./page.js";

/** Milliseconds without a key or a touch until the page asks, and from then until it signs out. */
const IDLE = 4 * 60 * 1000;
const WARNED = 60 * 1000;

/** @type {import("../public").Me | null} */
let me = null;
/** @type {() => void} */
let changed = () => {};
/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;

/** The patron who is signed in. Staff who look at this page are nobody in particular here. */
export function whoIsIn() {
  return me;
}

/** @param {string} text what a screen reader says at once */
export function announce(text) {
  part("alert").textContent = text;
}

/**
 * Asks the API; null where no answer comes. A session that has ended is noticed here.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {string} [version] the ETag of what is changed
 * @returns {Promise<import("../types").Answer | null>}
 */
export async function call(method, path, body, version) {
  const key = method === "POST" ? crypto.randomUUID() : undefined;
  const answer = await ask(method, path, body, key, version).catch(() => null);
  if (answer === null) announce(say("NO_LINE"));
  // Another page of this browser may have signed in somebody else: here they are nobody.
  if ((answer?.status === 401 || isAnothers(answer)) && me) take(null);
  return answer;
}

/**
 * Everything that the rules say against something, in words.
 * @param {import("../types").Answer | null} answer
 * @returns {string[]}
 */
export function reasonsOf(answer) {
  if (answer === null) return [say("NO_LINE")];
  const { body } = answer;
  const reasons = /** @type {import("../public").Reason[]} */ (body?.reasons ?? []);
  return reasons.length ? reasons.map((each) => each.text) : [body?.title ?? say("NO_LINE")];
}

/** How long it will take, as far as anybody can say. @param {number} days */
export function inDays(days) {
  return days === 1 ? say("ABOUT_A_DAY") : say("ABOUT_DAYS", { days });
}

/**
 * What would have to be agreed to, where nothing else is in the way.
 * @param {import("../types").Answer | null} answer
 */
export function feeOf(answer) {
  const reasons = /** @type {import("../public").Reason[]} */ (answer?.body?.reasons ?? []);
  return reasons.length === 1 ? (reasons[0]?.fee ?? null) : null;
}

/** @param {() => void} whenChanged somebody came or went */
export async function begin(whenChanged) {
  changed = whenChanged;
  const found = await ask("GET", "/sessions/current").catch(() => null);
  take(found?.status === 200 && found.body.kind === "patron" ? found.body : null);
  for (const each of ["keydown", "pointerdown"]) document.addEventListener(each, stirred);
}

/** @param {import("../public").Me | null} found */
function take(found) {
  me = found;
  speakFor(found?.account ?? "");
  stirred();
  changed();
}

/**
 * Signs in; gives what is said against it.
 * @param {string} card
 * @param {string} pin
 */
export async function logIn(card, pin) {
  const answer = await call("POST", "/self/sessions", { card, pin });
  if (answer?.status !== 201) return reasonsOf(answer).join(" ");
  take(answer.body);
  return "";
}

/** Signs out, and begins anew with an empty page. */
export async function logOut() {
  await ask("DELETE", "/sessions/current").catch(() => null);
  location.replace("/");
}

/** Somebody is there: the page waits anew before it signs them out. */
export function stirred() {
  clearTimeout(idle);
  part("ending").hidden = true;
  if (!me) return;
  idle = setTimeout(() => {
    part("ending").hidden = false;
    idle = setTimeout(() => void logOut(), WARNED);
  }, IDLE);
}
