// Holds of one's own: where they stand, moved, paused and given up.
import { day, el, icon, now, say } from "./page.js";
import { announce, call, inDays, reasonsOf } from "./public_session.js";

/** @typedef {import("../public").Hold} Hold */
/** @typedef {import("../public").Library["branches"]} Branches */

/**
 * @param {Hold[]} holds
 * @param {Branches} branches where one may pick up
 * @param {() => Promise<void>} again reads everything anew
 */
export function drawnHolds(holds, branches, again) {
  if (!holds.length) return el("p", { class: "s" }, say("NO_HOLDS"));
  const list = el("ul", { class: "list" });
  const order = ["READY", "ON_THE_WAY", "WAITING", "CLOSED"];
  const sorted = [...holds].sort((one, other) => order.indexOf(one.state) - order.indexOf(other.state));
  list.append(...sorted.map((each) => drawnHold(each, branches, again)));
  return list;
}

/** Where it stands. @param {Hold} hold */
function standing(hold) {
  if (hold.state === "READY") {
    const text = hold.deadline ? say("FETCH_BEFORE", { day: day(hold.deadline) }) : say("FETCH");
    return [
      el("p", { class: "mark done" }, icon("done", "i m"), text),
      hold.number === null ? null : el("p", { class: "s" }, say("SHELF_NUMBER", { number: hold.number })),
    ];
  }
  if (hold.state === "ON_THE_WAY") return [el("p", {}, say("ON_THE_WAY"))];
  if (isPaused(hold)) {
    return [el("p", { class: "mark todo" }, icon("todo", "i m"), hold.paused_until ? say("PAUSED_UNTIL", { day: day(hold.paused_until) }) : say("PAUSED"))];
  }
  const number = hold.number_in_queue;
  return [
    el("p", {}, number ? say("NUMBER", { number }) : say("IN_QUEUE")),
    hold.days ? el("p", { class: "s" }, inDays(hold.days)) : null,
  ];
}

/** @param {Hold} hold */
function isPaused(hold) {
  return hold.paused_from !== null;
}

/** @param {Hold} hold @param {Branches} branches @param {() => Promise<void>} again */
function drawnHold(hold, branches, again) {
  const said = el("div", { role: "status" });
  /** @param {string} method @param {unknown} [body] */
  const change = async (method, body) => {
    const answer = await call(method, `/self/holds/${hold.id}`, body);
    if (answer?.status === 200) {
      await again();
      announce(say(method === "DELETE" ? "GIVEN_UP" : "SAVED"));
    } else {
      said.replaceChildren(...reasonsOf(answer).map((each) => el("p", { class: "mark stop" }, icon("stop", "i m"), each)));
    }
  };
  const acts = el("div", { class: "acts" });
  if (hold.may.includes("pause") && hold.state === "WAITING") {
    const first = now().toLocaleDateString("sv");
    const body = isPaused(hold) ? { pause: null } : { pause: { first } };
    acts.append(button(say(isPaused(hold) ? "RESUME" : "PAUSE"), hold, () => change("PATCH", body)));
  }
  if (hold.may.includes("cancel")) {
    const give = button(say("GIVE_UP"), hold, () => {
      const yes = button(say("GIVE_UP_PLACE"), hold, () => change("DELETE"));
      acts.replaceChildren(yes, button(say("KEEP"), hold, again));
      yes.focus();
    });
    acts.append(give);
  }
  const row = el(
    "li",
    { class: "own", "data-hold": hold.id },
    el("div", {}, el("h3", { class: "what" }, hold.title), el("p", { class: "s" }, hold.author)),
    el("div", { class: "end" }, ...standing(hold)),
    place(hold, branches, change),
    acts,
    said,
  );
  return row;
}

/** @param {string} text @param {Hold} hold @param {() => unknown} run */
function button(text, hold, run) {
  const made = el("button", { type: "button", class: "act", "aria-label": `${text}: ${hold.title}` }, text);
  made.addEventListener("click", () => void run());
  return made;
}

/** Where it is picked up, and elsewhere. @param {Hold} hold @param {Branches} branches @param {(method: string, body: unknown) => Promise<void>} change */
function place(hold, branches, change) {
  if (!hold.may.includes("change") || branches.length < 2) {
    return el("p", { class: "s" }, say("AT_PLACE", { name: hold.pickup_branch.name }));
  }
  const id = `pickup-${hold.id}`;
  const choice = /** @type {HTMLSelectElement} */ (el("select", { id }));
  for (const each of branches) {
    choice.append(el("option", { value: each.isil, selected: each.isil === hold.pickup_branch.isil }, each.name));
  }
  choice.addEventListener("change", () => void change("PATCH", { pickup_branch: choice.value }));
  return el("div", { class: "field" }, el("label", { for: id }, say("PICK_UP_AT")), choice);
}
