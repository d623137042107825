// What patrons choose and look after themselves: how they are reached, where they fetch, their PIN.
import { day, days, el, part, say } from "./page.js";
import { announce, call, reasonsOf } from "./public_session.js";

/** @typedef {import("../public").Own} Own */
/** @typedef {import("../public").Preferences} Preferences */
/** @typedef {import("../types").Answer} Answer */
/** @typedef {{ id: string, name: string, ends: string }} App */

/** The last loans that are over. */
export const HISTORY = "/self/history?limit=50";

/**
 * @param {Answer} first the answer that has the patron, and its version
 * @param {Preferences} chosen
 * @param {import("../public").Library["branches"]} branches
 * @param {{ is_kept: boolean, loans: { title: string, author: string, returned: string }[] }} history
 * @param {App[]} apps
 */
export function drawSettings(first, chosen, branches, history, apps) {
  part("settings").append(
    drawnConsents(first.body),
    ...drawnGuardians(first.body),
    drawnReach(first),
    drawnPlace(chosen, branches),
    drawnAbsence(chosen),
    drawnPin(first.body.card ?? ""),
    drawnApps(apps),
    el("details", { "data-part": "history" }, ...drawnHistory(history.loans)),
    el("p", {}, el("a", { class: "link", href: "/api/v1/self/export", download: "tiro.json" }, say("EXPORT"))),
  );
}

/**
 * A form that says below itself what came of it.
 * @param {string} heading
 * @param {Node[]} fields
 * @param {string} send
 * @param {(fields: FormData) => Promise<Answer | null>} act
 */
function drawnForm(heading, fields, send, act) {
  const said = el("p", { class: "s", role: "status" });
  const button = el("button", { type: "submit", class: "act" }, send);
  const form = /** @type {HTMLFormElement} */ (
    el("form", { class: "stack" }, ...fields, el("div", { class: "acts" }, button), said)
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = "";
    const answer = await act(new FormData(form));
    const isDone = answer !== null && answer.status < 300;
    const errors = /** @type {{ text: string }[]} */ (answer?.body?.errors ?? []);
    const why = errors.length ? errors.map((each) => each.text) : reasonsOf(answer);
    said.textContent = isDone ? say("SAVED") : why.join(" ");
    said.classList.toggle("stop", !isDone);
  });
  return el("details", {}, el("summary", {}, heading), form);
}

/** @param {string} label @param {Record<string, string | boolean | undefined>} attributes */
function field(label, attributes) {
  return el("label", { class: "field" }, label, el("input", attributes));
}

/** @param {Answer} first */
function drawnReach(first) {
  let version = first.headers.get("ETag") ?? "*";
  /** @type {Own} */
  const { details } = first.body;
  const email = field(say("EMAIL"), { name: "email", type: "email", value: details.email, autocomplete: "email" });
  const phone = field(say("PHONE"), { name: "phone", type: "tel", value: details.phone, autocomplete: "tel" });
  return drawnForm(say("REACHED"), [email, phone], say("SAVE"), async (fields) => {
    const wish = { email: fields.get("email"), phone: fields.get("phone") };
    const answer = await call("PATCH", "/self", wish, version);
    version = answer?.headers.get("ETag") ?? version;
    return answer;
  });
}

/** @param {Preferences} chosen @param {import("../public").Library["branches"]} branches */
function drawnPlace(chosen, branches) {
  const choice = /** @type {HTMLSelectElement} */ (el("select", { name: "pickup" }));
  choice.append(el("option", { value: "" }, say("HOME_BRANCH")));
  for (const each of branches) {
    const isChosen = each.isil === chosen.pickup_branch?.isil;
    choice.append(el("option", { value: each.isil, selected: isChosen }, each.name));
  }
  const place = el("label", { class: "field" }, say("PICK_UP_AT"), choice);
  return drawnForm(say("USUAL_PLACE"), [place], say("SAVE"), (fields) =>
    call("PATCH", "/self/preferences", { pickup_branch: fields.get("pickup") || null }),
  );
}

/** @param {Preferences} chosen */
function drawnAbsence({ absence }) {
  const first = field(say("FROM"), { name: "first", type: "date", value: absence?.first ?? "" });
  const last = field(say("THROUGH"), { name: "last", type: "date", value: absence?.last ?? "" });
  const hint = el("p", { class: "s" }, say("ABSENCE_HINT"));
  const heading = absence ? say("AWAY_FROM", { day: day(absence.first) }) : say("AWAY");
  return drawnForm(heading, [hint, first, last], say("SAVE"), (fields) => {
    const days = { first: fields.get("first") || null, last: fields.get("last") || null };
    if (!days.first && !days.last) return call("DELETE", "/self/absence");
    return call("PUT", "/self/absence", days);
  });
}

/** @param {Own} own */
function drawnConsents(own) {
  const list = el("ul", { class: "list" });
  for (const consent of ["keep_history", "person_registry"]) {
    const isGiven = own.consents[consent] !== undefined;
    const box = /** @type {HTMLInputElement} */ (
      el("input", { type: "checkbox", id: consent, checked: isGiven })
    );
    const hint = el("small", {}, consentHint(consent, isGiven, own.history_days));
    box.addEventListener("change", async () => {
      const answer = await call(box.checked ? "PUT" : "DELETE", `/self/consents/${consent}`);
      if (answer?.status !== 200) box.checked = !box.checked;
      hint.textContent = consentHint(consent, box.checked, own.history_days);
      if (consent === "keep_history") await redrawHistory();
      announce(answer?.status === 200 ? say("SAVED") : reasonsOf(answer).join(" "));
    });
    list.append(el("li", { class: "choice" }, box, el("label", { for: consent }, say(`CONSENT_${consent}`), hint)));
  }
  return list;
}

/**
 * The effect of a consent, or of its absence.
 * @param {string} consent
 * @param {boolean} isGiven
 * @param {number} kept days for which a returned loan is kept without consent
 */
function consentHint(consent, isGiven, kept) {
  if (consent !== "keep_history") return say(`CONSENT_${consent}_hint`);
  if (isGiven) return say("HISTORY_UNTIL_UNTICKED");
  return kept ? say("HISTORY_KEPT", { days: days(kept) }) : say("HISTORY_FORGOTTEN");
}

/** Who answers for the reader; from an age on they say whether these look. @param {Own} own */
function drawnGuardians({ guardians, may }) {
  if (!guardians.length) return [];
  const list = el("ul", { class: "list" });
  for (const { id, name, sees_account } of guardians) {
    const box = /** @type {HTMLInputElement} */ (
      el("input", { type: "checkbox", id: `sees-${id}`, checked: sees_account, disabled: !may.includes("decide_who_sees") })
    );
    box.addEventListener("change", async () => {
      const answer = await call(box.checked ? "PUT" : "DELETE", `/self/guardians/${id}/sight`);
      if (answer?.status !== 200) box.checked = !box.checked;
      announce(answer?.status === 200 ? say("SAVED") : reasonsOf(answer).join(" "));
    });
    const hint = el("small", {}, say(may.includes("decide_who_sees") ? "GUARDIAN_HINT" : "LIBRARY_DECIDES"));
    list.append(el("li", { class: "choice" }, box, el("label", { for: `sees-${id}` }, say("GUARDIAN_SEES", { name }), hint)));
  }
  return [list];
}

/** @param {string} card for whatever keeps passwords in this browser */
function drawnPin(card) {
  const kind = { type: "password", inputmode: "numeric", required: true };
  const old = field(say("OLD_PIN"), { ...kind, name: "old", autocomplete: "current-password" });
  const fresh = field(say("NEW_PIN"), { ...kind, name: "pin", autocomplete: "new-password" });
  const name = el("input", { autocomplete: "username", value: card, readonly: true, hidden: true });
  return drawnForm(say("CHANGE_PIN"), [name, old, fresh], say("SAVE"), (fields) =>
    call("PUT", "/self/pin", { old: fields.get("old"), pin: fields.get("pin") }),
  );
}

/** @param {App[]} apps that may work in the patron's name */
function drawnApps(apps) {
  const list = el("ul", { class: "list", "data-part": "apps" });
  for (const { id, name, ends } of apps) {
    const button = el("button", { class: "act", type: "button" }, say("END_APP"));
    const line = el(
      "li",
      {},
      el("b", {}, name),
      el("p", { class: "s" }, say("APP_UNTIL", { day: day(ends, true) })),
      button,
    );
    button.addEventListener("click", async () => {
      const answer = await call("DELETE", `/self/apps/${id}`);
      const isOver = answer?.status === 204 || answer?.status === 404;
      if (isOver) line.remove();
      announce(isOver ? say("APP_ENDED", { app: name }) : reasonsOf(answer).join(" "));
    });
    list.append(line);
  }
  const nothing = apps.length ? null : el("p", { class: "s" }, say("NO_APPS"));
  return el("details", {}, el("summary", {}, say("APPS")), nothing ?? list);
}

async function redrawHistory() {
  const answer = await call("GET", HISTORY);
  if (answer?.status === 200) part("history").replaceChildren(...drawnHistory(answer.body.loans));
}

/** @param {{ title: string, author: string, returned: string }[]} loans */
function drawnHistory(loans) {
  const list = el("ul", { class: "list" });
  for (const each of loans) {
    const text = [each.author, say("RETURNED", { day: day(each.returned, true) })].filter(Boolean).join(" · ");
    list.append(el("li", {}, el("b", {}, each.title), el("p", { class: "s" }, text)));
  }
  const nothing = loans.length ? null : el("p", { class: "s" }, say("NO_HISTORY"));
  return [el("summary", {}, say("HISTORY")), nothing ?? list];
}
