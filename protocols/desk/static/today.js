// The day of the branch as it goes. The server has drawn the plots; what they show is said too.
import { beside } from "./beside.js";
import { ask, clock, day, el, icon, now, part, say } from "./page.js";
import { isLocked } from "./session.js";

/** Milliseconds between two looks. */
const EVERY = 60_000;
/** So many waiting for each copy are too many. */
const TOO_LONG = 8;

/** The day that is shown; empty is today. */
let shown = "";

/**
 * A plot as the server has drawn it.
 * @param {string} svg
 */
function plot(svg) {
  const drawn = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return document.importNode(drawn, true);
}

/** @param {string} name @param {number} figure */
function figure(name, figure) {
  const number = figure.toLocaleString(document.documentElement.lang);
  return el("div", { class: "fig" }, el("span", {}, name), el("b", {}, number));
}

async function draw() {
  const query = shown ? `?day=${shown}` : "";
  const answer = await ask("GET", `/today${query}`).catch(() => null);
  if (answer === null) part("line").textContent = say("LINE_LOST");
  if (answer?.status !== 200) {
    if (answer) part("peak").textContent = answer.body.title;
    return;
  }
  /** @type {import("../types").Today} */
  const today = answer.body;
  part("day").textContent = day(`${today.day}T12:00`);
  part("branch").textContent = `${today.branch.name}, ${clock(now())}`;
  part("figures").replaceChildren(
    figure(say("LENT"), today.lent),
    figure(say("RETURNED"), today.returned),
    figure(say("RENEWED"), today.renewed),
    figure(say("NEW_HOLDS"), today.holds_placed),
  );
  for (const name of ["hours", "queues", "machines"]) {
    part(name).replaceChildren(plot(today.plots[name] ?? ""));
  }
  drawWords(today);
  shown = today.day;
  const current = now().toLocaleDateString("sv");
  control("after").hidden = today.day >= current;
}

/** @param {import("../types").Today} today */
function drawWords({ hours, queues, machines }) {
  const [peak] = [...hours].sort((one, other) => other.lent - one.lent);
  const usual = Math.round(peak?.usual ?? 0);
  part("peak").textContent = peak?.lent
    ? say("PEAK", { hour: peak.hour, next: peak.hour + 1, lent: peak.lent, usual })
    : say("NOTHING_LENT");
  const long = queues.filter((each) => each.waiting > TOO_LONG * each.copies);
  part("long").replaceChildren();
  if (!queues.length) part("long").textContent = say("NOBODY_WAITS");
  for (const each of long) {
    const facts = { title: each.title, waiting: each.waiting, copies: each.copies };
    part("long").append(el("span", { class: "mark todo" }, icon("todo", "i m"), say("TOO_LONG", facts)));
  }
  part("quiet").replaceChildren(
    ...machines.map(({ account, last, deviations }) => {
      const heard = last ? say("LAST_HEARD", { day: day(last), clock: clock(new Date(last)) }) : say("NEVER_HEARD");
      const odd = deviations ? `, ${say("DEVIATIONS", { count: deviations })}` : "";
      return el("li", {}, el("b", {}, account), ` ${heard}${odd}`);
    }),
  );
}

/** @param {number} step days on */
function move(step) {
  const at = new Date(`${shown}T12:00`);
  at.setDate(at.getDate() + step);
  shown = at.toLocaleDateString("sv");
  void draw();
}

/** @param {string} name */
function control(name) {
  return /** @type {HTMLElement} */ (document.querySelector(`[data-do="${name}"]`));
}

/** @param {string} key */
function pressed(key) {
  if (key === "Alt J") move(-1);
  else if (key === "Alt L" && !control("after").hidden) move(1);
  else return false;
  return true;
}

if (await beside({ arrived: () => void draw(), pressed })) {
  control("before").addEventListener("click", () => move(-1));
  control("after").addEventListener("click", () => move(1));
  setInterval(() => shown === now().toLocaleDateString("sv") && !isLocked() && void draw(), EVERY);
  document.body.dataset.ready = "";
}
