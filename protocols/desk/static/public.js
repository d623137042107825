// The page for everybody: search, and what is one's own. Views change without addresses, so that
// neither the address nor the history tells what somebody has looked for or has at home.
import { part, say } from "./page.js";
import { closeAccount, openAccount } from "./public_account.js";
import { beginSearch, closeTitle, openTitleAgain } from "./public_search.js";
import { announce, begin, logIn, logOut, stirred, whoIsIn } from "./public_session.js";

/** @typedef {"search" | "account" | "log-in"} View */

const VIEWS = /** @type {View[]} */ (["search", "account", "log-in"]);
/** @type {View} */
let view = "search";
/** Where whoever signs in wants to go. @type {View} */
let wanted = "account";

/** @param {View} next */
function show(next) {
  view = next;
  if (next === "account" && !whoIsIn()) view = "log-in";
  if (next === "log-in" && whoIsIn()) view = "search";
  if (next !== "log-in") wanted = next;
  for (const each of VIEWS) part(each).hidden = each !== view;
  for (const each of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))) {
    if (each.dataset.view === view) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  if (view === "account") void openAccount();
  const first = { search: "#words", account: "main:not([hidden]) h1", "log-in": "[name=card]" }[view];
  /** @type {HTMLElement | null} */ (document.querySelector(first))?.focus();
}

/** Goes to a view; the browser's own way back leads here again. @param {View} next */
function go(next) {
  if (next === view) return;
  history.pushState({ view: next }, "");
  show(next);
}

/** Asks for card and PIN, and comes back to where they were asked for. */
function askWhoItIs() {
  const back = view;
  go("log-in");
  wanted = back === "log-in" ? "account" : back;
}

function arrivedOrLeft() {
  const isIn = whoIsIn() !== null;
  control("log-in").hidden = isIn;
  control("log-out").hidden = !isIn;
  openTitleAgain();
  if (!isIn) closeAccount();
  if (!isIn && view === "account") show("account");
}

/** @param {string} name */
function control(name) {
  return /** @type {HTMLElement} */ (document.querySelector(`[data-do="${name}"]`));
}

const form = /** @type {HTMLFormElement} */ (document.querySelector(".login"));
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const said = await logIn(String(fields.get("card")).trim(), String(fields.get("pin")));
  part("refusal", form).textContent = said;
  const pin = /** @type {HTMLInputElement} */ (form.elements.namedItem("pin"));
  pin.value = "";
  if (said) {
    pin.focus();
    return;
  }
  form.reset();
  announce(say("LOGGED_IN"));
  history.replaceState({ view: wanted }, "");
  show(wanted);
});

for (const each of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))) {
  each.addEventListener("click", () => {
    closeTitle();
    go(/** @type {View} */ (each.dataset.view));
  });
}
control("log-in").addEventListener("click", askWhoItIs);
control("log-out").addEventListener("click", () => void logOut());
control("stay").addEventListener("click", stirred);
window.addEventListener("popstate", (event) => {
  closeTitle();
  const back = event.state?.view ?? "search";
  if (back !== view) show(back);
});
// A page that the browser has kept for the way back is nobody's any more.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());

if (location.search) history.replaceState(null, "", location.pathname);
await begin(arrivedOrLeft);
await beginSearch(askWhoItIs);
document.body.dataset.ready = "";
