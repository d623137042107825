// What the middle of the screen shows in place of the rows: sections of lines, one of which may be
// chosen by arrow keys. The box keeps the focus; keys with Alt are about the chosen line.
import { el, icon, part, say } from "./page.js";
import { button } from "./rows.js";
import { state } from "./state.js";
import { drawnWhys } from "./whys.js";

/** @typedef {import("./rows.js").Solution} Solution */

/**
 * @typedef {object} Line
 * @property {string} id
 * @property {string} heading
 * @property {string} [by]
 * @property {(string | false | null | undefined)[]} [facts]
 * @property {string} [text] words of a message
 * @property {string} [lang] their language
 * @property {"done" | "todo" | "stop" | "plain"} [mark] of what is on the right
 * @property {string} [big] what the eye looks for
 * @property {string} [small]
 * @property {Solution[]} [keys]
 * @property {() => void} [open] Enter on the chosen line
 */

/**
 * @typedef {object} Section
 * @property {string} name
 * @property {string} [small]
 * @property {Line[]} lines
 * @property {boolean} [isAside] it stands in the second column
 */

/**
 * @typedef {object} View
 * @property {string} name
 * @property {() => Section[]} [sections]
 * @property {() => Node[]} [nodes] in place of sections
 * @property {string | null} chosen the id of a line
 * @property {boolean} [isWide] it takes the place of the duties, too
 * @property {() => Solution[]} [keys]
 * @property {() => void} [closed]
 */

/** @param {View} view */
export function show(view) {
  state.view?.closed?.();
  state.view = view;
}

export function closeView() {
  const { view } = state;
  state.view = null;
  view?.closed?.();
}

function lines() {
  const sections = state.view?.sections?.() ?? [];
  return inOrder(sections).flatMap((each) => each.lines);
}

/** The first column, then the second. @param {Section[]} sections */
function inOrder(sections) {
  return [...sections.filter((each) => !each.isAside), ...sections.filter((each) => each.isAside)];
}

export function chosenLine() {
  const chosen = state.view?.chosen;
  return chosen ? (lines().find((each) => each.id === chosen) ?? null) : null;
}

/** To the line above or below; choosing is said to whoever does not see it. @param {number} step */
export function moveInView(step) {
  const { view } = state;
  if (!view) return;
  const all = lines();
  const at = all.findIndex((each) => each.id === view.chosen);
  const line = all[Math.max(0, Math.min(all.length - 1, at + step))];
  choose(line);
}

/** To the first line of the section before or after. @param {number} step */
export function leapInView(step) {
  const { view } = state;
  if (!view?.sections) return;
  const filled = inOrder(view.sections()).filter((each) => each.lines.length);
  const at = filled.findIndex(({ lines }) => lines.some((each) => each.id === view.chosen));
  choose(filled[Math.max(0, Math.min(filled.length - 1, at + step))]?.lines[0]);
}

/** @param {Line | undefined} line */
function choose(line) {
  if (!state.view || !line) return;
  state.view.chosen = line.id;
  drawView();
  document.querySelector(".line.pick")?.scrollIntoView({ block: "nearest" });
  part("spoken").textContent = [line.heading, line.big, ...(line.keys ?? []).map((each) => each.label)]
    .filter(Boolean)
    .join(", ");
}

export function drawView() {
  const { view } = state;
  const isShown = view !== null && !state.isHidden;
  document.body.classList.toggle("n", isShown && (view.isWide ?? false));
  part("duties").hidden = isShown && (view.isWide ?? false);
  part("log").hidden = isShown || state.isHidden;
  const place = part("view");
  place.hidden = !isShown;
  if (!isShown) {
    place.replaceChildren();
  } else if (view.nodes) {
    const nodes = view.nodes();
    // What somebody is writing into stays where it is.
    if (place.firstChild !== nodes[0]) place.replaceChildren(...nodes);
    drawKeysOf(view);
  } else {
    const sections = view.sections?.() ?? [];
    const column = (/** @type {boolean} */ isAside) =>
      el("div", {}, ...sections.filter((each) => Boolean(each.isAside) === isAside).map(drawnSection));
    place.replaceChildren(el("div", { class: "two cols" }, column(false), column(true)));
  }
}

/** The keys of a form, below it. @param {View} view */
function drawKeysOf(view) {
  const keys = el("div", { class: "acts" }, ...(view.keys?.() ?? []).map((each) => button(each)));
  const leaves = el("span", { class: "s" }, el("kbd", {}, "Esc"), ` ${say("LEAVES")}`);
  keys.append(leaves);
  const place = part("view");
  place.querySelector(":scope > .acts")?.remove();
  place.append(keys);
}

/** @param {Section} section */
function drawnSection({ name, small = "", lines }) {
  const list = el("ul", {}, ...lines.map(drawnLine));
  return el("section", {}, el("h2", {}, name, el("small", {}, small)), list);
}

/** @param {Line} line */
function drawnLine(line) {
  const isChosen = line.id === state.view?.chosen;
  const heading = el("p", {}, el("b", {}, line.heading), line.by ? ` ${line.by}` : null);
  const what = el("div", {}, heading);
  const facts = (line.facts ?? []).filter(Boolean).join(" · ");
  if (facts) what.append(el("p", { class: "s" }, facts));
  if (line.text) what.append(el("p", { class: "say", lang: line.lang }, line.text));
  const answer = el("div", { class: "r" });
  const mark = line.mark ?? "plain";
  if (line.big) {
    const picture = mark === "plain" ? null : icon(mark, "i m");
    answer.append(el("div", { class: `mark ${mark}` }, picture, line.big));
  }
  if (line.small) answer.append(el("small", {}, line.small));
  const drawn = el("li", {
    class: isChosen ? "line pick" : "line",
    "aria-current": isChosen && "true",
    "data-line": line.id,
  });
  drawn.append(what, answer);
  if (isChosen && line.keys?.length) {
    const { whys } = line.keys.find((each) => each.whys) ?? {};
    const keys = line.keys.map((each) => button(each));
    drawn.append(el("div", { class: "acts" }, ...keys, whys ? drawnWhys(whys) : ""));
  }
  drawn.addEventListener("click", (event) => {
    if (!(/** @type {HTMLElement} */ (event.target).closest("button"))) choose(line);
  });
  return drawn;
}
