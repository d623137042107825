// An app asks to work in somebody's name: they sign in, see what it may do, and agree or not.
import { ask, el, part, say } from "./page.js";
import { onLogIn } from "./signing_in.js";

/** @typedef {{app: string, acts_for: "staff" | "patron", scope: string[], redirect: string | null}} Authorization */

const NAMES = ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge"];
const query = new URLSearchParams(location.search);
const asked = Object.fromEntries(
  [...NAMES, "code_challenge_method"].map((name) => [name, query.get(name) ?? ""]),
);

/** @param {string} text */
function tell(text) {
  part("told").textContent = text;
  part("told").hidden = false;
}

/** Sends the browser back to the app. @param {boolean} agreed */
async function answer(agreed) {
  const { status, body } = await ask("POST", "/oauth/authorization", { agreed, asked });
  if (status === 200) location.replace(body.redirect);
  else tell(body.detail ?? body.title);
}

/** @param {Authorization} wish @param {{name: string, kind: string}} session */
function show(wish, session) {
  part("staff").hidden = part("patron").hidden = part("told").hidden = true;
  part("app").textContent = say("APP_ASKS", { app: wish.app });
  part("who").textContent =
    session.kind === "patron" ? say("APP_FOR_YOU") : say("APP_FOR", { name: session.name });
  const named = wish.scope.map((each) => (each === "self" ? say("SCOPE_SELF") : say(`RIGHT_${each}`)));
  part("scope").replaceChildren(...named.map((each) => el("li", {}, each)));
  part("consent").hidden = false;
  part("consent").querySelector("button")?.focus();
}

/** @param {Authorization} wish */
function signIn(wish) {
  part(wish.acts_for).hidden = false;
  if (wish.acts_for === "staff") {
    const form = /** @type {HTMLFormElement} */ (part("staff").querySelector("form"));
    onLogIn(form, (session) => show(wish, { ...session, kind: "staff" }));
    return;
  }
  const form = /** @type {HTMLFormElement} */ (part("patron"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { status, body } = await ask("POST", "/self/sessions", Object.fromEntries(new FormData(form)));
    if (status === 201) show(wish, body);
    else tell(body.title);
  });
}

for (const [name, agreed] of /** @type {[string, boolean][]} */ ([["agree", true], ["deny", false]])) {
  const button = document.querySelector(`[data-do="${name}"]`);
  button?.addEventListener("click", () => void answer(agreed).catch(() => tell(say("LINE_LOST"))));
}
const found = await ask("GET", `/oauth/authorization?${new URLSearchParams(asked)}`).catch(() => null);
if (found?.status !== 200) tell(say("APP_UNKNOWN"));
else if (found.body.redirect) location.replace(found.body.redirect);
else {
  const current = await ask("GET", "/sessions/current").catch(() => null);
  const isTheirs = current?.status === 200 && current.body.kind === found.body.acts_for;
  if (isTheirs) show(found.body, current.body);
  else signIn(found.body);
}
document.body.dataset.ready = "";
