// What is to be seen to: one list at a time, which keeps itself up to date.
import { listen } from "./keys.js";
import { LISTS } from "./list_table.js";
import { ask, bringIntoView, el, part, say } from "./page.js";
import { Queue } from "./queue.js";
import { scannedOf } from "./rows.js";
import { drawScan, isTwice, openAtDesk, scanHere, show, tell } from "./scans.js";
import { begin, goTo, has, isLocked, isNobodyHere, lock, signedIn } from "./session.js";
import { play } from "./sounds.js";
import { saidIn } from "./wishes.js";

/** @typedef {import("./list_table.js").Line} Line */
/** @typedef {import("./list_table.js").Act} Act */

/** Lines that are asked for at first, and at most. */
const FEW = 100;
const MOST = 1000;
/** Milliseconds between two looks at a list that changes all the time, and at one that does not. */
const BREATH = 2000;
const NOW_AND_THEN = 120_000;

const box = /** @type {HTMLInputElement} */ (document.getElementById("box"));
const queue = new Queue(drawQueue);
const page = {
  name: "pick",
  /** @type {import("../types").Session | null} */
  session: null,
  limit: FEW,
  isMore: false,
  /** @type {any[]} */
  found: [],
  /** What the line is known by that is in hand. */
  chosen: "",
  /** What was exchanged about the line in hand. @type {{ about: string, lines: string[] } | null} */
  told: null,
  /** The question about a line that waits for an answer. @type {{ about: string, input: HTMLInputElement, form: HTMLElement } | null} */
  question: null,
  /** Lists that have changed since they were looked at. @type {Set<string>} */
  changed: new Set(),
};

function list() {
  return LISTS[page.name] ?? /** @type {import("./list_table.js").List} */ (LISTS.pick);
}

/** @param {number} waiting @param {boolean} isLost */
function drawQueue(waiting, isLost) {
  const line = part("line");
  line.textContent = isLost ? say("WAITING", { count: waiting }) : say("CONNECTED");
  line.classList.toggle("todo", isLost);
}

/** Shows the list that the address names. */
function open() {
  const asked = location.hash.slice(1);
  page.name = LISTS[asked] && has(LISTS[asked].right) ? asked : firstAllowed();
  Object.assign(page, { limit: FEW, found: [], chosen: "", told: null, question: null });
  part("rows").replaceChildren();
  part("heading").textContent = say(`LIST_${page.name}`);
  document.title = `${say(`LIST_${page.name}`)} · Tiro`;
  part("about").textContent = say(`ABOUT_${page.name}`);
  part("label").textContent = list().mode === "return" ? say("RETURN") : say(`SCAN_${list().mode}`);
  box.placeholder = say("SCAN_RETURN");
  part("form").hidden = !takesScans();
  part("count").textContent = "";
  drawMenu();
  void read();
}

function firstAllowed() {
  return Object.keys(LISTS).find((name) => has(LISTS[name]?.right ?? "")) ?? "pick";
}

function drawMenu() {
  const links = Object.entries(LISTS).filter(([, each]) => has(each.right));
  const items = links.map(([name, each]) => {
    const link = el("a", { href: `#${name}`, "aria-current": name === page.name && "page" }, say(`LIST_${name}`));
    if (name !== page.name && page.changed.has(each.hears)) {
      link.append(el("small", {}, say("HAS_CHANGED")));
    }
    return el("li", {}, link);
  });
  part("lists").replaceChildren(el("ul", {}, ...items));
  bringIntoView(part("lists"));
}

/** Asks for the list anew. */
async function read() {
  const { name } = page;
  const { path, hears, isWhole } = list();
  page.changed.delete(hears);
  const part = isWhole ? "" : `${path.includes("?") ? "&" : "?"}limit=${page.limit}`;
  const answer = await ask("GET", path + part).catch(() => null);
  if (name !== page.name) return;
  if (answer?.status === 401) {
    await signedIn();
    return;
  }
  if (answer?.status !== 200) {
    page.changed.add(hears);
    drawQueue(queue.length, true);
    return;
  }
  drawQueue(queue.length, false);
  const { lines, deliveries, cases, remarks } = answer.body;
  page.found = lines ?? deliveries ?? cases ?? remarks;
  page.isMore = answer.headers.get("Link") !== null;
  redraw();
}

/** @returns {Line[]} */
function lines() {
  const { session } = page;
  return session ? page.found.map((each) => list().line(each, session)) : [];
}

/** The line in hand: the chosen one, else the first that nobody else sees to. @param {Line[]} all */
function inHand(all) {
  return (
    all.find((each) => each.key === page.chosen) ??
    all.find((each) => !each.taken && !each.isLater) ??
    all.find((each) => !each.taken) ??
    null
  );
}

function redraw() {
  const all = lines();
  const chosen = inHand(all);
  if (page.question && page.question.about !== chosen?.key) page.question = null;
  const isTyping = document.activeElement === page.question?.input;
  const held = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset?.act;
  part("count").textContent = `${all.length}${page.isMore ? "+" : ""}`;
  /** @type {HTMLElement[]} */
  const drawn = [];
  let group = "";
  let rows = el("ol");
  for (const [index, each] of all.entries()) {
    if (index === 0 || each.group !== group) {
      group = each.group;
      rows = el("ol");
      if (group) drawn.push(el("h2", { class: "day" }, group));
      drawn.push(rows);
    }
    rows.append(drawnLine(each, each === chosen));
  }
  if (!all.length) drawn.push(el("p", { class: "empty s" }, say("NOTHING_HERE")));
  if (page.isMore && page.limit < MOST) drawn.push(more());
  part("list").dataset.list = page.name;
  part("list").replaceChildren(...drawn);
  if (held) /** @type {HTMLElement | null} */ (document.querySelector(`[data-act="${held}"]`))?.focus();
  if (isTyping) page.question?.input.focus();
}

function more() {
  const key = el("button", { type: "button", class: "act" }, `${say("MORE")} `, el("kbd", {}, "Alt M"));
  key.addEventListener("click", showMore);
  return el("p", { class: "empty" }, key);
}

function showMore() {
  page.limit = Math.min(MOST, page.limit + FEW);
  void read();
}

/** @param {Line} line @param {boolean} isChosen */
function drawnLine(line, isChosen) {
  const facts = line.facts.filter(Boolean).join(" · ");
  const heading = el(line.group ? "h3" : "h2", { class: "what" });
  if (line.lead) heading.append(el("b", isChosen ? { class: "big" } : {}, line.lead), " ");
  heading.append(line.lead && !isChosen ? el("span", {}, line.text) : line.text);
  const answer = el("div", { class: "ans" }, el("b", { class: "big" }, line.taken || line.big));
  const small = line.taken ? say("HAS_IT") : line.small;
  if (small) answer.append(el("small", {}, small));
  const drawn = el(
    "li",
    {
      class: `row task${isChosen ? " pick" : ""}${line.taken ? " off" : ""}`,
      "data-line": line.key,
      "aria-current": isChosen,
    },
    el("div", {}, heading, el("p", { class: "s" }, facts)),
    answer,
  );
  if (page.told?.about === line.key) {
    const lines = page.told.lines.map((each) => el("li", {}, each));
    drawn.append(el("ul", { class: "s said", "aria-label": say("WHAT_WAS_SAID") }, ...lines));
  }
  const acts = isChosen ? actsOf(line) : [];
  if (page.question?.about === line.key) drawn.append(page.question.form);
  else if (acts.length) drawn.append(el("div", { class: "acts" }, ...acts.map((act) => key(act))));
  drawn.addEventListener("click", () => {
    if (isChosen) return;
    page.chosen = line.key;
    page.question = null;
    redraw();
  });
  return drawn;
}

/**
 * Asks the question that an act needs an answer to. Enter sends nothing: it may be a scanner's.
 * @param {Act} act
 * @param {Line} line
 */
function askFirst(act, line) {
  const input = /** @type {HTMLInputElement} */ (el("input", { id: "why", maxlength: "500", autocomplete: "off" }));
  const confirm = el("button", { type: "button", class: "act go" }, `${say(act.label)} `, el("kbd", {}, `Alt ${act.letter}`));
  confirm.addEventListener("click", () => perform(act));
  const cancel = el("button", { type: "button", class: "act" }, `${say("LEAVE_ON_LIST")} `, el("kbd", {}, "Esc"));
  cancel.addEventListener("click", closeQuestion);
  const label = el("label", { for: "why" }, say(act.wantsText ?? ""));
  const form = el("div", { class: "acts ask", role: "group" }, label, input, confirm, cancel);
  page.chosen = line.key;
  page.question = { about: line.key, input, form };
  redraw();
  input.focus();
}

function closeQuestion() {
  page.question = null;
  redraw();
  box.focus();
}

/** What can be done about a line, by whoever works here. @param {Line} line */
function actsOf(line) {
  const found = page.found[lines().findIndex((each) => each.key === line.key)];
  return (list().acts ?? []).filter((act) => (!act.right || has(act.right)) && (act.isFor?.(found) ?? true));
}

/** @param {Act} act */
function key(act) {
  const made = el("button", { type: "button", class: act.isFirst ? "act go" : "act", "data-act": act.letter });
  made.append(`${say(act.label)} `, el("kbd", {}, `Alt ${act.letter}`));
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    perform(act);
  });
  return made;
}

/** Does something about the line in hand. @param {Act} act */
function perform(act) {
  const all = lines();
  const chosen = inHand(all);
  if (!chosen) return;
  const found = page.found[all.indexOf(chosen)];
  const question = page.question?.about === chosen.key ? page.question : null;
  const text = question?.input.value.trim() ?? "";
  if (act.wantsText && !text) {
    if (question) question.input.focus();
    else askFirst(act, chosen);
    return;
  }
  page.question = null;
  page.chosen = "";
  if (act.scans) {
    scan(found.item);
    return;
  }
  if (act.tells) {
    page.chosen = chosen.key;
    void readTold(act.tells(found), chosen.key);
    return;
  }
  const asked = act.asks?.(found, text);
  if (!asked) return;
  queue.add({
    path: asked.path,
    body: () => asked.body,
    done: ({ status, body }) => {
      if (status >= 400) tell([body?.title, ...(body?.reasons ?? []).map((/** @type {any} */ each) => each.text)]);
      const why = status === 200 ? (act.saysWhy?.(body) ?? []) : [];
      if (why.length) tell(why);
      play(status >= 400 || why.length ? "stop" : "done");
      void read();
    },
  });
}

/** Shows what was exchanged about a line; asked once more, it is hidden. @param {string} path @param {string} about */
async function readTold(path, about) {
  if (page.told?.about === about) {
    page.told = null;
    redraw();
    return;
  }
  const answer = await ask("GET", path).catch(() => null);
  if (answer?.status !== 200) return;
  const lines = saidIn(answer.body.exchanges);
  page.told = { about, lines: lines.length ? lines : [say("NOTHING_WAS_SAID")] };
  redraw();
}

/** Is anything done with a scan while this list is open, by whoever works here? */
function takesScans() {
  return list().mode === "receive" || has("lend");
}

/** @param {string} code */
function scan(code) {
  if (!takesScans() || isTwice(code)) return;
  const { mode } = list();
  const again = () => void read();
  if (mode !== "receive") {
    scanHere(queue, code, mode, again);
    return;
  }
  queue.add({
    path: "/deliveries/scans",
    body: () => ({ scanned: code }),
    done: (answer) => {
      if (answer.status === 200) received(code, answer.body);
      else show(scannedOf(answer, code), code, mode);
      again();
    },
  });
}

/** @param {string} code @param {any} body */
function received(code, body) {
  const { put } = body;
  const isTaken = body.item !== null;
  const big = put?.number ? String(put.number) : (put?.to.name ?? say("LAY_ASIDE"));
  const word = say(isTaken ? "RECEIVED" : "UNEXPECTED");
  const facts = [body.item ?? code, body.delivery?.supplier ?? "", body.why_not ?? ""];
  drawScan(
    el(
      "li",
      { class: isTaken ? "row new" : "row t new", "data-code": code, "data-outcome": isTaken ? "received" : "unexpected" },
      el("div", { class: isTaken ? "mark done" : "mark todo" }, word),
      el("div", {}, el("h2", { class: "what" }, body.title ?? code), el("p", { class: "s" }, facts.filter(Boolean).join(" · "))),
      el("div", { class: "ans" }, el("span", { class: put?.number ? "big num" : "big" }, big)),
    ),
  );
  play(isTaken ? "done" : "act");
}

/** @param {number} step */
function move(step) {
  const all = lines();
  const chosen = inHand(all);
  const at = chosen ? all.indexOf(chosen) + step : 0;
  page.chosen = all[Math.max(0, Math.min(all.length - 1, at))]?.key ?? "";
  redraw();
  document.querySelector(".task.pick")?.scrollIntoView({ block: "nearest" });
}

/** @param {string} key */
function pressed(key) {
  if (isLocked()) return false;
  if (key === "Alt Q") void lock();
  else if (key === "Alt P") openAtDesk();
  else if (key === "Alt M" && page.isMore) showMore();
  else {
    const chosen = inHand(lines());
    const act = chosen && actsOf(chosen).find((each) => key === `Alt ${each.letter}`);
    if (!act) return goTo(key);
    perform(act);
  }
  return true;
}

/** @type {EventSource | null} */
let stream = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/** Follows what changes, as long as anybody looks. */
function follow() {
  stream?.close();
  stream = null;
  if (document.hidden || isLocked()) return;
  stream = new EventSource("/api/v1/events/stream");
  stream.addEventListener("lists", (event) => {
    for (const each of JSON.parse(event.data).lists) page.changed.add(each);
    drawMenu();
    readSoon();
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) setTimeout(follow, BREATH);
  });
}

/** Reads the open list anew if it has changed, and not again within a breath. */
function readSoon() {
  soon ??= setTimeout(() => {
    soon = undefined;
    if (page.changed.has(list().hears)) void read();
  }, BREATH / 4);
}

drawQueue(0, false);
const isThere = await begin({
  arrived: (session) => {
    page.session = session;
    box.focus();
    if (document.body.dataset.ready === undefined) return;
    open();
    follow();
  },
  another: () => queue.takeOut(),
  scanned: (code) => {
    if (isNobodyHere()) return false;
    scan(code);
    return true;
  },
  waiting: () => queue.length,
  left: () => part("list").replaceChildren(),
});
if (isThere) {
  listen(box, {
    scanned: scan,
    pressed,
    moved: move,
    opened: () => {},
    left: () => {
      Object.assign(page, { chosen: "", question: null });
      redraw();
    },
    typed: () => {},
    isAway: isLocked,
  });
  window.addEventListener("hashchange", open);
  document.addEventListener("visibilitychange", () => {
    follow();
    if (!document.hidden) void read();
  });
  setInterval(() => void read(), NOW_AND_THEN);
  document.body.dataset.ready = "";
  open();
  follow();
}
