// New items, deliveries, inventories, and many items at once: what a scan does is chosen on the left.
import { draw, newRow, scannedOf } from "./rows.js";
import { listen } from "./keys.js";
import { el, icon, part, say } from "./page.js";
import { Queue } from "./queue.js";
import { begin, goTo, has, isLocked, isNobodyHere } from "./session.js";
import { play } from "./sounds.js";
import { choices, leftField, WORKS } from "./works.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Look} Look */
/** @typedef {import("../types").Answer} Answer */

const MOST_ROWS = 200;
/** Milliseconds within which the same code again is the same scan: two copies of a title are not. */
const TWICE = 400;

const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
const queue = new Queue(drawLine);
/** @type {Row[]} */
let rows = [];
/** @type {import("./works.js").Work} */
let work = /** @type {import("./works.js").Work} */ (WORKS[0]);
const last = { code: "", at: -Infinity };

/** What a work may ask of the page. @type {import("./works.js").Page} */
const page = { have, tell, row: addRow, redraw: drawWork, words: takeWords };

/** @param {number} waiting @param {boolean} isLost */
function drawLine(waiting, isLost) {
  part("line").textContent = isLost ? say("WAITING", { count: waiting }) : say("CONNECTED");
  part("line").classList.toggle("todo", isLost);
}

/**
 * @param {string} path
 * @param {() => unknown} body
 * @param {(body: any) => void} done
 * @param {(answer: Answer) => void} [refused]
 */
function have(path, body, done, refused) {
  queue.add({
    path,
    body,
    done: (answer) => {
      if (answer.status < 300) done(answer.body);
      else (refused ?? ((each) => tell(whyNot(each))))(answer);
      drawWork();
    },
  });
}

/** @param {Answer} answer */
function whyNot({ body }) {
  const texts = [...(body?.reasons ?? []), ...(body?.errors ?? [])].map((each) => each.text);
  return texts.join(" ") || [body?.title, body?.detail].filter(Boolean).join(" ") || say("NO_ANSWER");
}

/** @param {string} text @param {"done" | "stop"} [mark] */
function tell(text, mark = "stop") {
  const line = part("said");
  line.hidden = !text;
  line.className = `said mark ${mark}`;
  line.replaceChildren(icon(mark, "i m"), text);
  if (text) play(mark);
}

/** @param {string} code @param {Answer} answer @param {Partial<Look>} [look] what stands in the row where it was done */
function addRow(code, answer, look) {
  const isDone = answer.status < 300;
  const scanned = isDone
    ? { outcome: "done", text: code, titles: [], patrons: [], reasons: [] }
    : scannedOf({ ...answer, body: { ...answer.body, reasons: obstacles(answer) } }, code);
  const row = newRow(scanned, code, "material", null);
  if (isDone) row.look = { ...row.look, mark: "done", facts: [code], ...look };
  else row.look = { ...row.look, mark: "stop", word: say("STOP"), heading: code, facts: [] };
  rows.unshift(row);
  rows.length = Math.min(rows.length, MOST_ROWS);
  const list = part("rows");
  list.querySelector(".new")?.classList.remove("new");
  list.prepend(draw(row, { isNew: true }));
  while (list.childElementCount > rows.length) list.lastElementChild?.remove();
  play(row.look.mark === "stop" ? "stop" : row.look.mark === "todo" ? "act" : "done");
  if (!isDone) part("alert").textContent = `${say("STOP")}: ${whyNot(answer)}`;
  part("count").textContent = String(rows.filter((each) => each.look.mark !== "stop").length);
  return row;
}

/** What stands in the way, in the words of the reader where there are some. @param {Answer} answer */
function obstacles({ body }) {
  return (body?.errors ?? []).map((/** @type {{ rule: string, text: string }} */ { rule, text }) => {
    const word = say(`OBSTACLE_${rule}`);
    const isKnown = word !== `OBSTACLE_${rule}`;
    const nothing = { overridable: false, may: false, fee: null, limit: null, opens: null, block: null };
    return { code: rule, text: isKnown ? word : text, ...nothing };
  });
}

function takeWords() {
  const text = box.value.trim();
  box.value = "";
  return text;
}

/** @param {string} code */
function scan(code) {
  const now = performance.now();
  tell("");
  if (code === last.code && now - last.at < TWICE) {
    play("tick");
    return;
  }
  Object.assign(last, { code, at: now });
  work.scanned(code, page);
}

function works() {
  return WORKS.filter((each) => each.rights.every(has));
}

/** @param {import("./works.js").Work} chosen */
function choose(chosen) {
  work = chosen;
  rows = [];
  part("rows").replaceChildren();
  part("count").textContent = "";
  tell("");
  history.replaceState(null, "", `#${work.name}`);
  part("heading").textContent = say(`WORK_${work.name}`);
  part("about").textContent = say(`TELLS_${work.name}`);
  part("label").textContent = say(`WORK_${work.name}`);
  box.placeholder = say(`SCAN_FOR_${work.name}`);
  document.title = `${say(`WORK_${work.name}`)} · Tiro`;
  part("settings").replaceChildren(...work.settings());
  void work.opened?.(page).then(drawWork);
  drawWork();
  box.focus();
}

function drawWork() {
  const items = works().map((each) => {
    const link = el("a", { href: `#${each.name}`, "aria-current": each === work && "page" }, say(`WORK_${each.name}`));
    link.append(el("kbd", {}, `Alt ${each.letter}`));
    return el("li", {}, link);
  });
  part("works").replaceChildren(el("ul", {}, ...items));
  const keys = work.keys(page).map((each) => {
    const key = el("button", { type: "button", class: "act" }, `${each.label} `, el("kbd", {}, `Alt ${each.letter}`));
    key.addEventListener("click", each.run);
    return key;
  });
  part("keys").replaceChildren(...keys, ...(work.drawn?.() ?? []));
}

/** @param {string} key */
function pressed(key) {
  if (isLocked()) return false;
  const letter = /^Alt ([A-Z])$/.exec(key)?.[1];
  if (!letter) return goTo(key);
  if ("DEF".includes(letter)) return false;
  queue.after(() => {
    const other = works().find((each) => each.letter === letter);
    if (other) choose(other);
    else work.keys(page).find((each) => each.letter === letter)?.run();
  });
  return true;
}

function leave() {
  tell("");
  box.focus();
}

/** Enter goes to the next field, and from the last to the box. @param {KeyboardEvent} event */
function next(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const inputs = [.../** @type {NodeListOf<HTMLElement>} */ (part("settings").querySelectorAll("input"))];
  (inputs[inputs.indexOf(/** @type {HTMLElement} */ (event.target)) + 1] ?? box).focus();
}

/** The work that the address names, or the first that whoever is here may do. */
function byAddress() {
  const chosen = works().find((each) => `#${each.name}` === location.hash) ?? works()[0];
  if (chosen) choose(chosen);
}

drawLine(0, false);
const mine = {
  arrived: () => box.focus(),
  another: () => {
    queue.takeOut();
    byAddress();
  },
  scanned: (/** @type {string} */ code) => {
    if (isNobodyHere()) return false;
    scan(code);
    return true;
  },
  waiting: () => queue.length,
};
if (await begin(mine)) {
  const nothing = () => {};
  listen(box, { scanned: scan, pressed, opened: nothing, left: leave, typed: nothing, isAway: isLocked });
  part("settings").addEventListener("keydown", next);
  part("settings").addEventListener("focusout", (event) => leftField(event.target));
  part("settings").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", byAddress);
  byAddress();
  document.body.append(...(await choices()));
  document.body.dataset.ready = "";
  window.addEventListener("beforeunload", (event) => {
    if (queue.length) event.preventDefault();
  });
}
