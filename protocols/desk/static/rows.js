// A row for everything that was scanned: the mark, what it is, and what the hand needs to know.
import { amount, clock, day, el, icon, now, say } from "./page.js";
import { drawnHits } from "./hits.js";
import { drawnWhys } from "./whys.js";

/** @typedef {import("../types").Scanned} Scanned */
/** @typedef {import("../types").Item} Item */

/**
 * A key of a row, and what it does.
 * @typedef {object} Solution
 * @property {string} letter pressed with Alt
 * @property {string} label
 * @property {() => void} run
 * @property {boolean} [isFirst] the safest one
 * @property {import("./whys.js").List} [whys] the box may say why
 */

/**
 * How a row looks: `mark` done, todo, stop or plain.
 * @typedef {object} Look
 * @property {string} mark
 * @property {string} word
 * @property {string} heading
 * @property {string} by
 * @property {string[]} facts
 * @property {string} big
 * @property {string} small
 * @property {string} [duty] what is to be done with the thing
 * @property {string} [place] duties of one place are done together
 */

/**
 * @typedef {object} Row
 * @property {string} code
 * @property {string} mode
 * @property {string | null} patron
 * @property {Date} at
 * @property {Scanned} scanned
 * @property {Look} look
 * @property {Solution[]} solutions
 * @property {string} [happened] when it was done, if the line was down
 * @property {string} [batch] scans of somebody else, of which it tells
 * @property {boolean} isSettled
 * @property {boolean} isUndone
 * @property {string} note
 * @property {HTMLElement | null} element
 * @property {import("../types").TitleShown | null} title
 * @property {import("../types").HoldProspect | null} prospect of the title, for the open patron
 * @property {(import("../types").PatronHit | import("../types").Title)[]} hits what was found
 * @property {number} hit which of them is chosen
 * @property {number} total how many titles there are in all
 * @property {import("../types").Facet[]} facets
 * @property {import("../types").Facet["values"][number] | null} narrowed to what the titles are narrowed
 */

/** @param {Item | null | undefined} item @param {string} code */
function named(item, code) {
  return {
    heading: item?.title || say("ITEM", { code }),
    by: item?.author ?? "",
    facts: [item?.material_group ?? "", code].filter(Boolean),
  };
}

/** @param {import("../types").CheckedOut} done @param {string} word @param {string} code @returns {Look} */
function lent(done, word, code) {
  const look = named(done.item, code);
  look.facts.push(
    ...done.overridden.map((each) => say("PASSED_OVER", { reason: each.text })),
    ...done.charged.map((each) => say("CHARGED", { amount: amount(each.amount) })),
  );
  return { mark: "done", word, ...look, big: day(done.loan.due), small: say("DUE") };
}

/** @param {import("../types").CheckedIn} done @param {string} code @returns {Look} */
function returned(done, code) {
  const look = named(done.item, code);
  const branch = done.to_branch.name;
  look.facts.push(
    ...(done.was_on_loan ? [] : [say("WAS_NOT_ON_LOAN")]),
    ...(done.is_before_loan ? [say("RETURN_BEFORE_LOAN")] : []),
    ...(done.is_past ? [say("RETURN_IS_PAST")] : []),
    ...(done.was_overdue && !done.charged.length ? [say("WAS_OVERDUE")] : []),
    ...done.charged.map((each) => say("CHARGED", { amount: amount(each.amount) })),
  );
  const held = done.held_for;
  switch (done.destination) {
    case "HOLD_SHELF_HERE": {
      const number = String(held?.number ?? "");
      if (held?.deadline) look.facts.push(say("FETCHED_BEFORE", { day: day(held.deadline) }));
      return {
        mark: "todo",
        word: say("TO_SHELF"),
        ...look,
        big: number || say("HOLD_SHELF"),
        small: number ? say("SHELF_NUMBER") : "",
        duty: say("DUTY_SHELF", { number }),
        place: "shelf",
      };
    }
    case "TRANSIT_HOME":
    case "TRANSIT_TO_PICKUP":
      return {
        mark: "todo",
        word: say(held?.waits_until ? "KEEP_IT" : "TO_VAN"),
        ...look,
        big: branch,
        small: say(held ? "HELD_THERE" : "BELONGS_THERE"),
        duty: held?.waits_until
          ? say("KEEP_UNTIL_OPEN", { branch, day: day(held.waits_until) })
          : say("DUTY_VAN", { branch }),
        place: held?.waits_until ? "keep" : "van",
      };
    case "PROBLEM_BIN":
      return {
        mark: "todo",
        word: say("TO_STAFF"),
        ...look,
        big: say("LAY_ASIDE"),
        small: say("CANNOT_BE_SENT"),
        duty: say("DUTY_STAFF"),
        place: "staff",
      };
    default:
      return {
        mark: "done",
        word: say("RETURNED"),
        ...look,
        big: say("IN_PLACE"),
        small: done.item.call_number || done.item.placement.join(", "),
      };
  }
}

/** @param {import("../types").ItemStatus} status @param {string} code @returns {Look} */
function seen(status, code) {
  const look = named(status.item, code);
  look.facts.push(...(status.open_holds ? [say("OPEN_HOLDS", { count: status.open_holds })] : []));
  return {
    mark: "plain",
    word: say("LOOKED_UP"),
    ...look,
    big: say(`STATE_${status.state}`),
    small: status.due ? say("DUE_ON", { day: day(status.due) }) : status.item.call_number,
  };
}

/** What the hand does with what is refused. @param {boolean} isLending */
function hand(isLending) {
  return isLending
    ? { big: say("KEEP_IT"), small: say("AT_THE_DESK") }
    : { big: say("LAY_ASIDE"), small: say("TO_BE_LOOKED_UP") };
}

/** Did the patron have it before? Then nothing is wrong. @param {Scanned} scanned */
export function isHadAlready({ reasons }) {
  return reasons.length === 1 && reasons[0]?.code === "ALREADY_ON_LOAN_TO_PATRON";
}

/** What is wrong with the card that was shown: it may be another who has found it. @param {import("../types").PatronScreen} patron @param {string} [card] */
export function stoppedCard({ identifiers }, card) {
  const blocked = identifiers.find((each) => each.shown === card)?.blocked;
  return blocked ? say("CARD_SHOWN", { card: card ?? "", why: say(`CARD_${blocked}`) }) : "";
}

/**
 * How it looks what the server has answered.
 * @param {Scanned} scanned
 * @param {string} mode
 * @returns {Look}
 */
export function lookOf(scanned, mode) {
  const code = scanned.text;
  const plain = { mark: "plain", by: "", facts: [code], big: "", small: "" };
  if (scanned.checked_out) return lent(scanned.checked_out, say("LENT"), code);
  if (scanned.renewed) return lent(scanned.renewed, say("RENEWED"), code);
  if (scanned.checked_in) return returned(scanned.checked_in, code);
  if (scanned.status && scanned.outcome === "item") return seen(scanned.status, code);
  switch (scanned.outcome) {
    case "refused": {
      if (isHadAlready(scanned)) {
        return { ...plain, mark: "todo", word: say("HAD_ALREADY"), ...named(scanned.item, code) };
      }
      const isLending = mode === "desk" && !scanned.reasons[0]?.code.endsWith("_UNKNOWN");
      return {
        mark: "stop",
        word: say("STOP"),
        ...named(scanned.item, code),
        ...(mode === "renew" ? { big: say("NOT_RENEWED"), small: "" } : hand(isLending)),
        duty: say("DUTY_STOP", { title: scanned.item?.title || code }),
      };
    }
    case "nothing":
      if (!/\d/.test(code)) {
        return { ...plain, word: say("LOOKED_UP"), heading: say("NOTHING_FOUND", { words: code }) };
      }
      return {
        ...plain,
        mark: "stop",
        word: say("STOP"),
        heading: say("UNKNOWN_CODE"),
        big: say("LAY_ASIDE"),
        small: say("TO_BE_LOOKED_UP"),
        duty: say("DUTY_UNKNOWN", { code }),
      };
    case "choice":
      return { ...plain, word: say("CHOOSE"), heading: say("ITEM_AND_PATRON") };
    case "patron": {
      const stopped = scanned.patron ? stoppedCard(scanned.patron, code) : "";
      if (stopped) return { ...plain, mark: "todo", word: say("PATRON"), heading: stopped, facts: [] };
      return { ...plain, word: say("PATRON"), heading: say("PATRON_OPENED"), facts: [] };
    }
    default:
      return { ...plain, word: say("FOUND"), heading: say("FOUND_FOR", { words: code }), facts: [] };
  }
}

/**
 * What an answer to a scan says, whatever it is.
 * @param {import("../types").Answer} answer
 * @param {string} text
 * @returns {Scanned}
 */
export function scannedOf({ status, body }, text) {
  if (status === 200) return { titles: [], patrons: [], reasons: [], ...body };
  const reasons = body?.reasons?.length ? body.reasons : [problem(body)];
  return { outcome: "refused", text, titles: [], patrons: [], reasons };
}

/** @param {any} body */
function problem(body) {
  const text = [body?.title, body?.detail].filter(Boolean).join(" ") || say("NO_ANSWER");
  const nothing = { overridable: false, may: false, fee: null, limit: null, opens: null };
  return { code: body?.type?.split(":").pop() ?? "fault", text, ...nothing, block: null };
}

/** What was found: titles first where there is somebody to reserve them for. @param {Scanned} scanned @param {string | null} patron */
function hitsOf({ patrons, titles }, patron) {
  return patron ? [...titles, ...patrons] : [...patrons, ...titles];
}

/**
 * A row that stands nowhere yet.
 * @param {Scanned} scanned
 * @param {string} code
 * @param {string} mode
 * @param {string | null} patron
 * @returns {Row}
 */
export function newRow(scanned, code, mode, patron) {
  return {
    code,
    mode,
    patron,
    at: now(),
    scanned,
    look: lookOf(scanned, mode),
    solutions: [],
    isSettled: false,
    isUndone: false,
    note: "",
    element: null,
    title: null,
    prospect: null,
    hits: hitsOf(scanned, patron),
    hit: -1,
    total: scanned.titles.length,
    facets: [],
    narrowed: null,
  };
}

/** @param {Solution} solution */
export function button(solution, kind = "act") {
  const made = el("button", { type: "button", class: solution.isFirst ? `${kind} first` : kind });
  made.append(`${solution.label} `, el("kbd", {}, `Alt ${solution.letter}`));
  made.addEventListener("click", solution.run);
  return made;
}

/** @param {Row} row */
function reasons(row) {
  const list = el("ol", { class: row.scanned.reasons.length ? "why" : "why low" });
  for (const reason of row.scanned.reasons) {
    const facts = [
      reason.limit === null ? "" : say("LIMIT", { limit: reason.limit }),
      reason.opens === null ? "" : say("FROM", { day: day(reason.opens) }),
      reason.fee === null ? "" : amount(reason.fee),
    ].filter(Boolean);
    const text = el("div", {}, el("b", {}, reason.text));
    if (facts.length) text.append(el("p", { class: "s" }, facts.join(" · ")));
    list.append(el("li", {}, text));
  }
  if (row.solutions.length && !row.isSettled) {
    const { whys } = row.solutions.find((each) => each.whys) ?? {};
    const keys = el("div", { class: "acts" }, ...row.solutions.map((each) => button(each)));
    if (list.lastElementChild) list.lastElementChild.append(keys);
    else list.append(el("li", {}, keys));
    if (whys) keys.append(drawnWhys(whys));
  }
  return list;
}

/** The letters of the marks in the sprite. */
const KIND = { done: "", todo: " t", stop: " x", plain: "" };

/**
 * Draws a row, in the place where it stood.
 * @param {Row} row
 * @param {{ isNew?: boolean, isChosen?: boolean }} [how]
 */
export function draw(row, { isNew = false, isChosen = false } = {}) {
  const { look, scanned } = row;
  const isStop = look.mark === "stop";
  const kind = row.isSettled && isStop ? "" : KIND[/** @type {"done"} */ (look.mark)];
  const drawn = el("li", {
    class: `row${kind}${isNew ? " new" : ""}${isChosen ? " pick" : ""}${row.isUndone ? " off" : ""}`,
    "data-code": row.code,
    "data-outcome": scanned.outcome,
    "data-reasons": scanned.reasons.map((each) => each.code).join(" "),
    "aria-current": isChosen,
  });
  const mark = el("div", { class: `mark ${look.mark}` });
  if (look.mark !== "plain") mark.append(icon(look.mark, "i m"));
  mark.append(row.isUndone ? say("UNDONE") : look.word);
  const heading = el("h2", { class: "what" }, look.heading);
  if (look.by) heading.append(" ", el("span", {}, look.by));
  const facts = [...look.facts, clock(row.at), row.note].filter(Boolean).join(" · ");
  const what = el("div", {}, heading, el("p", { class: "s" }, facts));
  const isNumber = /^\d+$/.test(look.big);
  const answer = el("div", { class: "ans" });
  if (look.big) answer.append(el("span", { class: isNumber ? "big num" : "big" }, look.big));
  if (look.small) answer.append(el("small", {}, look.small));
  drawn.append(mark, what, answer);
  if (scanned.reasons.length || row.solutions.length) drawn.append(reasons(row));
  if (row.hits.length || row.facets.length) drawn.append(...drawnHits(row));
  row.element?.replaceWith(drawn);
  row.element = drawn;
  return drawn;
}
