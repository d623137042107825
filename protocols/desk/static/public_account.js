// What is one's own: loans, holds, what is owed, what one was told, what one has consented to.
import { amount, day, el, icon, part, say } from "./page.js";
import { drawnHolds } from "./public_holds.js";
import { announce, call, feeOf, reasonsOf } from "./public_session.js";
import { HISTORY, drawSettings } from "./public_settings.js";

/** @typedef {import("../public").Own} Own */
/** @typedef {import("../public").OwnLoan} OwnLoan */

const AT_ONCE = 200;
/** @type {Own | null} */
let own = null;

/** Reads everything anew and draws it. */
export async function openAccount() {
  const [first, loans, holds, charges, messages, library, chosen, history, apps] = await Promise.all([
    call("GET", "/self"),
    call("GET", `/self/loans?limit=${AT_ONCE}`),
    call("GET", "/self/holds"),
    call("GET", `/self/charges?limit=${AT_ONCE}`),
    call("GET", "/self/notices?limit=50"),
    call("GET", "/library"),
    call("GET", "/self/preferences"),
    call("GET", HISTORY),
    call("GET", "/self/apps"),
  ]);
  if (first?.status !== 200) return;
  own = first.body;
  drawMe();
  const branches = library?.body?.branches ?? [];
  if (loans?.status === 200) drawLoans(loans.body.loans, loans.body.total);
  if (holds?.status === 200) drawHolds(holds.body.holds, branches);
  const pages = library?.body?.payment_pages ?? {};
  if (charges?.status === 200) {
    const owing = heading("charges", owedInAll(charges.body.owed));
    part("charges").replaceChildren(owing, ...drawnCharges(charges.body, pages));
  }
  void drawFamily(first.body.wards, pages);
  if (messages?.status === 200) drawMessages(messages.body.messages);
  part("settings").replaceChildren(heading("settings"));
  if (chosen?.status === 200 && history?.status === 200) {
    drawSettings(first, chosen.body, branches, history.body, apps?.body?.apps ?? []);
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
  for (const each of ["me", "loans", "holds", "charges", "messages", "settings", "family"]) {
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

/**
 * Loans, each with its key, and one for all.
 * @param {string} whose the path of whoever has them
 * @param {OwnLoan[]} loans
 * @returns {HTMLElement[]}
 */
function drawnLoans(whose, loans) {
  if (!loans.length) return [el("p", { class: "s" }, say(whose === "/self" ? "NO_LOANS" : "NO_LOANS_OF_CHILD"))];
  const all = el("button", { type: "button", class: "act" }, say("RENEW_ALL"));
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map(loans.map((each) => [each.item.barcode, drawnLoan(whose, each)]));
  all.addEventListener("click", async () => {
    const answer = await call("POST", `${whose}/renewals/all`, {});
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
  return [el("div", { class: "acts" }, all), list];
}

/** @param {OwnLoan[]} loans @param {number} total */
function drawLoans(loans, total) {
  part("loans").replaceChildren(heading("loans", total), ...drawnLoans("/self", loans));
}

/**
 * The children whose account may be seen, one after the other.
 * @param {Own["wards"]} wards
 * @param {Record<string, string>} pages where one pays, by agency
 */
async function drawFamily(wards, pages) {
  const seen = wards.filter((each) => each.sees_account);
  const drawn = await Promise.all(seen.map((each) => drawnChild(each, pages)));
  if (own) part("family").replaceChildren(...drawn.flat());
}

/** @param {Own["wards"][number]} child @param {Record<string, string>} pages */
async function drawnChild({ id, name }, pages) {
  const whose = `/self/wards/${id}`;
  const [loans, holds, charges] = await Promise.all([
    call("GET", `${whose}/loans?limit=${AT_ONCE}`),
    call("GET", `${whose}/holds`),
    call("GET", `${whose}/charges?limit=${AT_ONCE}`),
  ]);
  if (loans?.status !== 200 || holds?.status !== 200 || charges?.status !== 200) return [];
  const theirs = /** @type {import("../public").Hold[]} */ (holds.body.holds).map((each) => ({ ...each, may: [] }));
  const drawn = el("section", { "data-ward": id }, el("h2", {}, name, el("small", {}, String(loans.body.total))));
  drawn.append(...drawnLoans(whose, loans.body.loans));
  if (theirs.length) drawn.append(el("h3", { class: "h" }, say("HOLDS")), drawnHolds(theirs, [], openAccount));
  if (charges.body.charges.length) {
    drawn.append(el("h3", { class: "h" }, say("CHARGES")), ...drawnCharges(charges.body, pages));
  }
  return [drawn];
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

/** @param {string} whose @param {OwnLoan} own */
function drawnLoan(whose, { item, loan, is_overdue, is_recalled, mark }) {
  const due = mark
    ? el("p", {}, say(`LOAN_${mark}`))
    : is_overdue
    ? el("p", { class: "mark todo" }, icon("todo", "i m"), say("WAS_DUE", { day: day(loan.due) }))
    : el("p", {}, say(is_recalled ? "RECALLED" : "DUE", { day: day(loan.due) }));
  const button = el("button", { type: "button", class: "act", "aria-label": `${say("RENEW")}: ${item.title}` }, say("RENEW"));
  const acts = el("div", { class: "acts" }, mark ? null : button);
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
    const answer = await call("POST", `${whose}/renewals`, { item: item.barcode, ...more });
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
 * What is owed and for what, to whom, and where one pays.
 * @param {{ charges: import("../public").Charge[], owed: import("../types").Owed[] }} owing
 * @param {Record<string, string>} pages where one pays, by agency
 */
function drawnCharges({ charges, owed }, pages) {
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
  const places = owed
    .filter((each) => owedInAll([each]))
    .map((each) => {
      const agency = `${each.agency_name} (${each.agency})`;
      return el("p", { class: "s", "data-owed": each.agency }, say("PAY_AT", { amount: owedInAll([each]), agency }));
    });
  const pay = el("div", { class: "acts" }, ...links);
  return [nothing ?? list, ...places, ...(links.length ? [pay] : [])];
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
