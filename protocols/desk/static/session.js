// Who works here: their name above, their way to other pages, and the lock.
import { ask, el, part, say, speakFor } from "./page.js";
import { hear } from "./scanner.js";
import { hasLeft, leaving, onLogIn } from "./signing_in.js";

/** @typedef {import("../types").Session} Session */

/**
 * @typedef {object} Staff
 * @property {(session: Session) => void} arrived somebody is there, or there again
 * @property {() => void} [another] another is there than before: first of all, what waits is not theirs
 * @property {() => number} [waiting] scans that wait, told to whoever signs in again
 * @property {() => void} [left] the screen is to show nobody's patron any more
 * @property {() => void} [covered] nobody is there until somebody signs in
 * @property {(code: string) => boolean} [scanned] something was scanned over the log-in form; does it wait now?
 * @property {() => boolean} [mayLock] nobody gets in again without a line
 */

/** Milliseconds without a sign of anybody after which the page locks, and before that it says so. */
const LOCK = 15 * 60 * 1000;
const WARNING = 60 * 1000;

/** @type {Staff} */
let staff = { arrived: () => {} };
/** @type {Session | null} */
let session = null;
/** Who waits for somebody to sign in. @type {Promise<void> | null} */
let signingIn = null;
/** Has whoever was here signed out? Then what is scanned now is not theirs. */
let isOver = false;

/** @param {string} right */
export function has(right) {
  return session?.rights.includes(right) ?? false;
}

/** The account of whoever is here, or was here last. */
export function account() {
  return session?.account ?? "";
}

/** Is the page covered until somebody signs in? */
export function isLocked() {
  return signingIn !== null;
}

/** Has whoever was here before the cover signed out, so that nobody is known to scan? */
export function isNobodyHere() {
  return isLocked() && isOver;
}

/** Somebody of the staff who is signed in at this browser. @returns {Promise<Session | null>} */
async function whoIsThere() {
  const current = await ask("GET", "/sessions/current").catch(() => null);
  return current?.status === 200 && current.body.kind !== "patron" ? current.body : null;
}

/**
 * Finds out who is signed in; where nobody is, the log-in page takes over.
 * @param {Staff} theStaff
 * @returns {Promise<boolean>} is anybody there?
 */
export async function begin(theStaff) {
  staff = theStaff;
  if (hasLeft()) await leaving();
  const found = await whoIsThere();
  if (found === null) {
    location.replace("/desk/log-in");
    return false;
  }
  arrive(found);
  // A page that the browser has kept for the way back is nobody's any more.
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
  for (const each of ["keydown", "pointerdown"]) document.addEventListener(each, stirred);
  stirred();
  document.querySelector('[data-do="lock"]')?.addEventListener("click", () => void lock());
  return true;
}

/** @param {Session} found */
function arrive(found) {
  const isAnother = session !== null && session.account !== found.account;
  session = found;
  isOver = false;
  if (isAnother) staff.another?.();
  speakFor(session.account, another);
  part("who").textContent = session.name;
  part("place").replaceChildren(el("span", {}, ...drawnPlace(session)));
  drawWays();
  staff.arrived(session);
}

/** The ways to other pages, for who has one of the rights of each. */
function drawWays() {
  for (const template of document.querySelectorAll("nav template")) {
    const ways = /** @type {HTMLTemplateElement} */ (template).content.querySelectorAll("a");
    const open = [...ways].filter((each) => (each.dataset.right ?? "").split(" ").some(has));
    template.parentElement?.replaceChildren(template, ...open.map((each) => each.cloneNode(true)));
  }
}

/** Where somebody works; who may register a browser is led there. @param {Session} session */
function drawnPlace({ branch, workstation, is_registered }) {
  const name = branch?.name ?? "";
  if (is_registered) return [[name, workstation].filter(Boolean).join(", ")];
  const text = say("NOT_REGISTERED");
  const way = { href: "/desk/administration#workstations", title: say("REGISTER_BROWSER") };
  return [name ? `${name}, ` : "", has("staff.administer") ? el("a", { ...way, class: "link" }, text) : text];
}

/** Asks who is there, over everything else; what waits goes on waiting. */
export function signedIn() {
  signingIn ??= new Promise((resolve) => cover(() => resolve()));
  return signingIn;
}

/** Another has signed in at this browser, on another page of it: then it is they who are here, too. */
function another() {
  signingIn ??= (async () => {
    staff.left?.();
    speakFor("");
    const found = await whoIsThere();
    signingIn = null;
    if (found) arrive(found);
    else await signedIn();
  })();
}

/** @param {() => void} done */
function cover(done) {
  speakFor("");
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("lock"));
  const sheet = el("div", { class: "cover", "data-part": "cover" });
  sheet.append(template.content.cloneNode(true));
  const behind = document.querySelectorAll("header, main");
  behind.forEach((each) => each.setAttribute("inert", ""));
  document.body.append(sheet);
  const form = /** @type {HTMLFormElement} */ (sheet.querySelector("form"));
  part("password", form).textContent = say("PASSWORD_OR_PIN");
  const count = () => say("LOCKED_HINT", { count: staff.waiting?.() ?? 0 });
  part("hint", form).textContent = count();
  staff.covered?.();
  const hush = hear(form, (code) => {
    const doesWait = staff.scanned?.(code) ?? false;
    const text = say(doesWait ? "SCAN_WAITS" : "SCAN_AGAIN", { code: code.slice(-4) });
    part("hint", form).textContent = `${text} ${count()}`;
  }, /** @type {HTMLInputElement | null} */ (document.getElementById("box")));
  onLogIn(form, (found) => {
    hush();
    sheet.remove();
    behind.forEach((each) => each.removeAttribute("inert"));
    signingIn = null;
    arrive(found);
    done();
  });
  /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).focus();
}

/** Ends the session of whoever is here; the page stays, the patron goes. */
export async function lock() {
  staff.left?.();
  await changePerson();
}

/** The same, and the patron stays for a colleague who takes over. */
export async function changePerson() {
  isOver = true;
  void leaving(); // as themselves, whoever comes next
  await signedIn();
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let idle;
/** Somebody is there: the lock is put off. */
function stirred() {
  clearTimeout(idle);
  part("locks")?.remove();
  idle = setTimeout(warn, LOCK - WARNING);
}

/** Says a minute before that the page will lock; any key puts it off. */
function warn() {
  if (isLocked() || staff.mayLock?.() === false) {
    stirred();
    return;
  }
  const text = say("LOCKS_SOON");
  document.body.append(el("p", { class: "locks", role: "alert", "data-part": "locks" }, text));
  idle = setTimeout(() => {
    part("locks")?.remove();
    if (!isLocked()) void lock();
  }, WARNING);
}

/** Goes to the page of the menu that has this key. @param {string} key */
export function goTo(key) {
  const link = document.querySelector(`nav a[data-key="${key}"]:not([aria-current])`);
  if (!(link instanceof HTMLElement)) return false;
  link.click();
  return true;
}
