// The log-in form, on its own page and over a page that is locked: a password, or a passkey.
import { ask, el, part, say } from "./page.js";
import { areKnown, chosen, shown } from "./passkeys.js";

/** Stands in the browser from the moment somebody leaves until the server knows. */
const LEFT = "tiro-desk-left";

/** Has somebody left while there was no line? Then their session is not over yet. */
export function hasLeft() {
  try {
    return localStorage.getItem(LEFT) !== null;
  } catch {
    return false; // a browser that stores nothing
  }
}

/** @param {boolean} isSo */
function noteLeft(isSo) {
  try {
    if (isSo) localStorage.setItem(LEFT, "1");
    else localStorage.removeItem(LEFT);
  } catch {
    // then a page that is loaded anew is still theirs
  }
}

/** Nobody signs in before the answer is there: it takes the cookie away. */
let going = Promise.resolve();

/** Ends the session; where there is no line, the next page does. */
export function leaving() {
  noteLeft(true);
  const asked = ask("DELETE", "/sessions/current").catch(() => null);
  going = asked.then((answer) => {
    if (answer) noteLeft(false);
  });
  return going;
}

/** Why somebody is not let in, where more can be told than that something is wrong. */
const TOLD = ["PIN_WRONG", "PASSKEY_WRONG", "PASSKEY_COPIED", "PASSKEY_UNVERIFIED", "NO_SECOND_FACTOR"];

/**
 * Ways to sign in by a provider, and back to this page.
 * @param {HTMLElement} place
 */
async function offerProviders(place) {
  const answer = await fetch("/sign-on", { signal: AbortSignal.timeout(15_000) }).catch(() => null);
  if (!answer?.ok) return;
  const { pathname, search } = location;
  const then = pathname === "/desk/log-in" ? "" : `?${new URLSearchParams({ then: pathname + search })}`;
  /** @type {{label: string, address: string}[]} */
  const providers = (await answer.json()).providers;
  const ways = providers.map(({ address, label }) =>
    el("a", { class: "act", href: address + then }, say("LOG_IN_BY_PROVIDER", { provider: label })),
  );
  for (const way of ways) {
    way.addEventListener("click", (event) => {
      if (!hasLeft()) return;
      event.preventDefault();
      void leaving().then(() => location.assign(way.getAttribute("href") ?? ""));
    });
  }
  place.replaceChildren(...ways);
}

/**
 * Has a log-in form ask the API, and tells when somebody is signed in.
 * @param {HTMLFormElement} form
 * @param {(session: import("../types").Session) => void} done
 */
export function onLogIn(form, done) {
  const key = /** @type {HTMLElement} */ (form.querySelector('[data-do="passkey"]'));
  let stop = new AbortController();

  /** @param {object} wish */
  async function send(wish) {
    await going;
    const { status, body } = await ask("POST", "/sessions", wish);
    if (status === 201) {
      stop.abort();
      noteLeft(false);
      done(body);
      return;
    }
    const reasons = /** @type {import("../types").Reason[]} */ (body.reasons ?? []);
    const codes = reasons.map((each) => each.code);
    part("code", form).hidden &&= !codes.some((each) => each.includes("CODE"));
    const told = codes.find((each) => TOLD.includes(each));
    part("refusal", form).textContent = told ? say(told) : body.title;
  }

  /** What was typed; the code only where it was asked for. No password is as short as a PIN. */
  function typed() {
    const fields = new FormData(form);
    const [name, password, code] = ["name", "password", "code"].map((each) => String(fields.get(each) ?? ""));
    if (/^\d{4,6}$/.test(password ?? "")) return { name, pin: password };
    const wish = { name, password };
    return code?.trim() ? { ...wish, code } : wish;
  }

  /** @param {() => Promise<void>} work */
  function trying(work) {
    part("refusal", form).textContent = "";
    void work().catch(() => (part("refusal", form).textContent = say("LINE_LOST")));
  }

  /** Goes on beside the form until somebody is in. */
  async function offer() {
    stop = new AbortController();
    const passkey = await chosen(stop.signal);
    if (passkey) await send({ passkey });
  }

  async function useKey() {
    stop.abort();
    const isSecond = !part("code", form).hidden;
    let why = say("NO_PASSKEY");
    const passkey = await shown().catch((error) => {
      if (!(error instanceof DOMException)) why = error.message;
    });
    if (passkey) await send(isSecond ? { ...typed(), passkey } : { passkey });
    else part("refusal", form).textContent = why;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trying(() => send(typed()));
  });
  key.addEventListener("click", () => trying(useKey));
  form.addEventListener("keydown", (event) => {
    if (event.altKey && event.code === "KeyP") key.click();
  });
  key.hidden = !areKnown;
  trying(offer);
  void offerProviders(part("providers", form));
}
