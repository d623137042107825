// One's own account: passkeys, the second factor, the password, where one is signed in.
import { ask, clock, day, el, part, say } from "./page.js";
import { areKnown, made } from "./passkeys.js";
import { begin, goTo, isLocked, lock } from "./session.js";

/** @typedef {import("../types").Answer} Answer */

/** @param {string} text @param {boolean} [isWrong] */
function tell(text, isWrong = false) {
  const told = part("told");
  told.textContent = text;
  told.className = isWrong ? "stop" : "done";
}

/** What is wrong, in the words of the API. @param {Answer} answer */
function refuse({ body }) {
  const error = body.errors?.[0]?.text ?? body.reasons?.[0]?.text;
  tell([body.title, error ?? body.detail].filter(Boolean).join(" "), true);
}

/**
 * Asks, and tells what is wrong.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>} what is answered; null where it is refused
 */
async function wish(method, path, body) {
  tell("");
  const answer = await ask(method, `/account${path}`, body).catch(() => null);
  if (answer === null) tell(say("LINE_LOST"), true);
  else if (answer.status >= 400) refuse(answer);
  else return answer.body ?? {};
  return null;
}

/** @param {string} moment */
function when(moment) {
  const time = new Date(moment);
  return `${day(time)} ${clock(time)}`;
}

/** @param {string} title @param {string} more @param {string} label @param {() => void} [act] */
function entry(title, more, label, act) {
  const line = el("li", {}, el("b", {}, title), el("div", { class: "s" }, more));
  if (act) {
    const button = el("button", { class: "act", type: "button" }, label);
    button.addEventListener("click", act);
    line.append(button);
  }
  return line;
}

async function draw() {
  const [account, { passkeys }, { sessions }, { apps }] = await Promise.all([
    wish("GET", ""),
    wish("GET", "/passkeys"),
    wish("GET", "/sessions"),
    wish("GET", "/apps"),
  ]);
  const { has_authenticator, has_password, has_pin, recovery_codes, user } = account;
  part("provider").hidden = has_password;
  for (const each of document.querySelectorAll("[data-own-password]")) {
    /** @type {HTMLElement} */ (each).hidden = !has_password;
  }
  /** @type {HTMLInputElement} */ (document.querySelector('[data-do="pin"] [name="password"]')).disabled = !has_password;
  part("pin").textContent = has_pin ? say("PIN_IS_CHOSEN") : "";
  noPin.hidden = !has_pin;
  part("factor").textContent = has_authenticator
    ? say("AUTHENTICATOR_IS_SET_UP", { count: recovery_codes })
    : "";
  part("new-codes").hidden = !has_authenticator && !passkeys.length;
  const names = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('[name="user"]'));
  for (const each of names) each.defaultValue = user;
  part("passkeys").replaceChildren(
    ...passkeys.map((/** @type {any} */ each) =>
      entry(
        each.name,
        each.used ? say("USED", { when: when(each.used) }) : say("MADE", { when: when(each.created) }),
        say("REMOVE"),
        () => void change("DELETE", `/passkeys/${each.id}`, say("REMOVED")),
      ),
    ),
  );
  elsewhere.hidden = sessions.length < 2 && !apps.length;
  part("no-apps").hidden = apps.length > 0;
  part("apps").replaceChildren(
    ...apps.map((/** @type {any} */ each) =>
      entry(
        each.name,
        [...each.scope.map((/** @type {string} */ right) => say(`RIGHT_${right}`)), say("APP_UNTIL", { when: when(each.ends) })].join(" · "),
        say("END_APP"),
        () => void change("DELETE", `/apps/${each.id}`, say("APP_ENDED")),
      ),
    ),
  );
  part("sessions").replaceChildren(
    ...sessions.map((/** @type {any} */ each) =>
      entry(
        each.is_current ? say("THIS_SESSION") : (each.workstation ?? each.address),
        say("SESSION_SINCE", { when: when(each.created), seen: when(each.seen) }),
        say("END_SESSION"),
        each.is_current ? undefined : () => void change("DELETE", `/sessions/${each.id}`, say("ENDED")),
      ),
    ),
  );
}

/** @param {string} method @param {string} path @param {string} done @param {unknown} [body] */
async function change(method, path, done, body) {
  const answer = await wish(method, path, body);
  if (answer === null) return false;
  await draw();
  tell(done);
  return true;
}

/** @param {string} name @param {(fields: Record<string, string>, form: HTMLFormElement, pressed: string) => Promise<unknown>} send */
function onForm(name, send) {
  const form = /** @type {HTMLFormElement} */ (document.querySelector(`form[data-do="${name}"]`));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    const pressed = /** @type {HTMLButtonElement | null} */ (event.submitter)?.value ?? "";
    void send(/** @type {any} */ (fields), form, pressed).then((is_done) => is_done && form.reset());
  });
  return form;
}

/** @param {{codes: string[]} | null} answer */
async function showCodes(answer) {
  if (answer === null) return false;
  const codes = part("codes");
  codes.hidden = false;
  /** @type {HTMLElement} */ (codes.querySelector("pre")).textContent = answer.codes.join("\n");
  await draw();
  return true;
}

const make = onForm("make", async ({ name, password }) => {
  const begun = await wish("POST", "/passkeys/options", { password });
  if (begun === null) return false;
  const credential = await made(begun.options);
  if (credential === null) {
    tell(say("NO_PASSKEY"), true);
    return false;
  }
  return change("POST", "/passkeys", say("PASSKEY_MADE"), { name, credential });
});
onForm("begin", async ({ password }, _, pressed) => {
  if (pressed === "codes") return showCodes(await wish("POST", "/recovery-codes", { password }));
  const begun = await wish("POST", "/second-factor", { password });
  if (begun === null) return false;
  part("secret").replaceChildren(el("a", { href: begun.uri }, begun.secret));
  confirm.hidden = false;
  return true;
});
const confirm = onForm("confirm", async ({ code }, form) => {
  const isDone = await showCodes(await wish("POST", "/second-factor/confirmation", { code }));
  form.hidden = isDone;
  return isDone;
});
onForm("password", ({ password, new: wanted }) =>
  change("POST", "/password", say("PASSWORD_CHANGED"), { password, new: wanted }),
);
onForm("pin", ({ password, pin }) =>
  change("PUT", "/pin", say("PIN_CHOSEN"), { password, pin }),
);
const elsewhere = /** @type {HTMLElement} */ (document.querySelector('[data-do="elsewhere"]'));
elsewhere.addEventListener("click", () => void change("DELETE", "/sessions", say("ENDED")));
const noPin = /** @type {HTMLElement} */ (document.querySelector('[data-do="no-pin"]'));
noPin.addEventListener("click", () => void change("DELETE", "/pin", say("REMOVED")));
make.hidden = !areKnown;

document.addEventListener("keydown", (event) => {
  if (isLocked()) return;
  if (event.altKey && event.code === "KeyQ") void lock();
  else if (!goTo(event.key)) return;
  event.preventDefault();
});
if (await begin({ arrived: () => void draw(), left: () => {} })) document.body.dataset.ready = "";
