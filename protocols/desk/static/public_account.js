// What is one's own: loans, holds, what is owed, what one was told, what one has consented to.
import { amount, day, el, icon, part, say } from "./page.js";
import { drawnHolds } from "./public_holds.js";
import { announce, call, feeOf, reasonsOf } from "./public_session.js";
import { drawSettings } from "./public_settings.js";

/** @typedef {import("../public").Own} Own */
/** @typedef {import("../public").OwnLoan} OwnLoan */

const AT_ONCE = 200;
/** @type {Own | null} */
let own = null;

/** Reads everything anew and draws it. */
export async function openAccount() {
  const [first, loans, holds, charges, messages, library, chosen, history] = await Promise.all([
    call("GET", "/self"),
    call("GET", `/self/loans?limit=${AT_ONCE}`),
    call("GET", "/self/holds"),
    call("GET", `/self/charges?limit=${AT_ONCE}`),
    call("GET", "/self/notices?limit=50"),
    call("GET", "/library"),
    call("GET", "/self/preferences"),
    call("GET", "/self/history?limit=50"),
  ]);
  if (first?.status !== 200) return;
  own = first.body;
  drawMe();
  const branches = library?.body?.branches ?? [];
  if (loans?.status === 200) drawLoans(loans.body.loans, loans.body.total);
  if (holds?.status === 200) drawHolds(holds.body.holds, branches);
  if (charges?.status === 200) drawCharges(charges.body, library?.body?.payment_pages ?? {});
  if (messages?.status === 200) drawMessages(messages.body.messages);
  part("settings").replaceChildren(heading("settings"));
  if (chosen?.status === 200 && history?.status === 200) {
    drawSettings(first, chosen.body, branches, history.body);
  }
}

/** @param {import("../public").Hold[]} holds @param {import("../public").Library["branches"]} branches */
function drawHolds(holds, branches) {
  const drawn = drawnHolds(holds, branches, openAccount);
  part("holds").replaceChildren(heading("holds", holds.length), drawn);
}

/** Nothing of anybody is left on the page. */
export function closeAccount() {
  own = null;
  for (const each of ["me", "loans", "holds", "charges", "messages", "settings"]) {
    part(each).replaceChildren();
  }
}

/** @param {string} of @param {string | number} [aside] */
function heading(of, aside = "") {
  const name = say(of.toUpperCase());
  return el("h2", { id: `${of}-heading` }, name, el("small", {}, aside ? String(aside) : ""));
}

/** @param {string} name @param {string} figure @param {string} [more] */
function figure(name, figure, more = "") {
  const drawn = el("div", { class: "fig" }, el("span", {}, name), el("b", {}, figure));
  if (more) drawn.append(el("small", {}, more));
  return drawn;
}

/** @param {import("../types").Owed[]} owed */
function owedInAll(owed) {
  return owed
    .map(({ fees, compensations }) => ({ ...fees, amount: fees.amount + compensations.amount }))
    .filter((each) => each.amount > 0)
    .map(amount)
    .join(" + ");
}

function drawMe() {
  if (!own) return;
  const { details, counts, owed } = own;
  const notes = own.blocks.map((each) => say(each.reason === "debt" ? "BLOCKED_DEBT" : "BLOCKED"));
  if (own.is_expired) notes.push(say("CARD_EXPIRED"));
  if (counts.overdue) notes.push(say("OVERDUE_NOTE", { count: counts.overdue }));
  const lines = [...new Set(notes)].map((each) =>
    el("section", { class: "note" }, el("p", { class: "mark todo" }, icon("todo", "i m"), each)),
  );
  part("me").replaceChildren(
    el("h1", { class: "big", tabindex: "-1" }, details.name),
    el("p", { class: "s" }, details.home_branch.name),
    ...lines,
    el(
      "section",
      {},
      figure(say("LOANS"), String(counts.loans)),
      figure(say("HOLDS"), String(counts.holds), counts.ready ? say("READY_COUNT", { count: counts.ready }) : ""),
      figure(say("OWED"), owedInAll(owed) || say("NOTHING")),
    ),
  );
}

/** @param {OwnLoan[]} loans @param {number} total */
function drawLoans(loans, total) {
  const all = el("button", { type: "button", class: "act" }, say("RENEW_ALL"));
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map(loans.map((each) => [each.item.barcode, drawnLoan(each)]));
  all.addEventListener("click", async () => {
    const answer = await call("POST", "/self/renewals/all", {});
    if (answer?.status !== 200) {
      announce(reasonsOf(answer).join(" "));
      return;
    }
    for (const { barcode, renewed, reasons } of results(answer)) {
      const row = rows.get(barcode);
      const text = renewed
        ? say("RENEWED_UNTIL", { day: day(renewed.loan.due) })
        : reasons.map((each) => each.text).join(" ");
      if (row) tell(row, text, renewed !== null);
    }
    announce(say("RENEWED_COUNT", { count: answer.body.done }));
  });
  const list = el("ul", { class: "list" });
  list.append(...rows.values());
  part("loans").replaceChildren(
    heading("loans", total),
    loans.length ? el("div", { class: "acts" }, all) : el("p", { class: "s" }, say("NO_LOANS")),
    list,
  );
}

/** @param {import("../types").Answer} answer @returns {import("../public").Renewal[]} */
function results(answer) {
  return answer.body.results;
}

/** @param {HTMLElement} row @param {string} text @param {boolean} isDone */
function tell(row, text, isDone) {
  const name = isDone ? "done" : "todo";
  const said = el("p", { class: `mark ${name}` }, icon(name, "i m"), text);
  part("said", row).replaceChildren(said);
  row.querySelector(".acts")?.remove();
}

/** @param {OwnLoan} own */
function drawnLoan({ item, loan, is_overdue, is_recalled }) {
  const due = is_overdue
    ? el("p", { class: "mark todo" }, icon("todo", "i m"), say("WAS_DUE", { day: day(loan.due) }))
    : el("p", {}, say(is_recalled ? "RECALLED" : "DUE", { day: day(loan.due) }));
  const button = el("button", { type: "button", class: "act", "aria-label": `${say("RENEW")}: ${item.title}` }, say("RENEW"));
  const acts = el("div", { class: "acts" }, button);
  const row = el(
    "li",
    { class: "own", "data-code": item.barcode },
    el("div", {}, el("h3", { class: "what" }, item.title), el("p", { class: "s" }, item.author)),
    el("div", { class: "end" }, due, acts),
    el("div", { "data-part": "said", role: "status" }),
  );
  /** @param {number} [fee] */
  const renew = async (fee) => {
    const more = fee === undefined ? {} : { accept_fee: fee };
    const answer = await call("POST", "/self/renewals", { item: item.barcode, ...more });
    const asked = feeOf(answer);
    if (answer?.status === 200) {
      tell(row, say("RENEWED_UNTIL", { day: day(answer.body.loan.due) }), true);
    } else if (asked) {
      const agree = el("button", { type: "button", class: "act" }, say("RENEW_FOR", { amount: amount(asked) }));
      agree.addEventListener("click", () => void renew(asked.amount));
      acts.replaceChildren(agree);
      agree.focus();
    } else {
      tell(row, reasonsOf(answer).join(" "), false);
    }
  };
  button.addEventListener("click", () => void renew());
  return row;
}

/**
 * @param {{ charges: import("../public").Charge[], owed: import("../types").Owed[] }} owing
 * @param {Record<string, string>} pages where one pays, by agency
 */
function drawCharges({ charges, owed }, pages) {
  const list = el("ul", { class: "list" });
  for (const each of charges) {
    const titles = each.loans.map((loan) => loan.title).filter(Boolean).join(", ");
    list.append(
      el(
        "li",
        { class: "own" },
        el("div", {}, el("h3", { class: "what" }, each.text), el("p", { class: "s" }, [titles, each.reason === each.text ? "" : each.reason, day(each.created)].filter(Boolean).join(" · "))),
        el("b", { class: "end" }, amount({ amount: each.balance, currency: each.currency })),
      ),
    );
  }
  const nothing = charges.length ? null : el("p", { class: "s" }, say("OWE_NOTHING"));
  const links = owed
    .filter((each) => pages[each.agency] && owedInAll([each]))
    .map((each) =>
      el("a", { class: "act go", href: pages[each.agency], rel: "noreferrer" }, say("PAY", { amount: owedInAll([each]) })),
    );
  const pay = el("div", { class: "acts" }, ...links);
  part("charges").replaceChildren(heading("charges", owedInAll(owed)), nothing ?? list, links.length ? pay : "");
}

/** @param {import("../public").Message[]} messages */
function drawMessages(messages) {
  const list = el("ul", { class: "list" });
  for (const each of messages) {
    const when = day(each.sent ?? each.created);
    list.append(
      el(
        "li",
        {},
        el(
          "details",
          {},
          el("summary", {}, el("b", {}, each.subject || say("MESSAGE")), el("small", {}, ` ${when}`)),
          el("p", { class: "say" }, each.text || say("NOT_SENT_YET")),
        ),
      ),
    );
  }
  const nothing = messages.length ? null : el("p", { class: "s" }, say("NO_MESSAGES"));
  part("messages").replaceChildren(heading("messages"), nothing ?? list);
}
