// Money: the first press of the key shows the sum, the second has taken it.
import { have, tell } from "./acts.js";
import { amount, say } from "./page.js";
import { state, stops } from "./state.js";
import { takeWhy, takeWords } from "./whys.js";

/** @typedef {import("../types").Money} Money */

/** What a payment may have settled. */
const MONEY = "PATRON_BLOCKED";

/** @param {Money} owed @param {string} [charge] */
export function payLabel(owed, charge) {
  const isAsked = state.paying !== null && state.paying.charge === charge;
  return say(isAsked ? "TAKEN" : "KEY_PAY_SUM", { amount: amount(state.paying && isAsked ? state.paying : owed) });
}

/** All that is owed here. @param {Money} owed @param {(row: import("./rows.js").Row) => void} again */
export function pay(owed, again) {
  take(owed, undefined, (patron) => {
    const isMoney = (/** @type {{ code: string }} */ each) => each.code === MONEY;
    stops()
      .filter((row) => row.patron === patron && row.scanned.reasons.some(isMoney))
      .forEach(again);
  });
}

/** @param {Money} owed @param {string} charge @param {() => void} done */
export function payCharge(owed, charge, done) {
  take(owed, charge, done);
}

/**
 * @param {Money} owed
 * @param {string | undefined} charge
 * @param {(patron: string) => void} done
 */
function take(owed, charge, done) {
  const { patron, paying } = state;
  if (!patron) return;
  if (paying === null || paying.charge !== charge) {
    const sum = sumIn(takeWords(), owed);
    if (sum === null) tell(say("NO_SUCH_SUM"));
    else state.paying = { amount: sum, currency: owed.currency, charge };
    return;
  }
  state.paying = null;
  const wish = { amount: paying.amount, currency: paying.currency, method: "desk" };
  const body = () => (charge === undefined ? wish : { ...wish, charges: [charge] });
  have("POST", `/patrons/${patron.id}/payments`, body, (answer) => {
    patron.owed = answer.owed;
    tell(say("PAID", { amount: amount(answer.amount) }), "done");
    done(patron.id);
  });
}

/** The sum that was written, as people write it; all that is owed where nothing was. @param {string} text @param {Money} owed */
function sumIn(text, owed) {
  if (!text) return owed.amount;
  if (!/^\d{1,7}([.,]\d{1,2})?$/.test(text)) return null;
  const format = new Intl.NumberFormat("en", { style: "currency", currency: owed.currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const sum = Math.round(Number(text.replace(",", ".")) * 10 ** digits);
  return sum > 0 && sum <= owed.amount ? sum : null;
}

/** @param {string} charge @param {() => void} done */
export function waive(charge, done) {
  const { patron } = state;
  if (!patron) return;
  const why = takeWhy("WAIVE");
  have("POST", `/charges/${charge}/write-offs`, () => ({ why }), (answer) => {
    patron.owed = answer.owed;
    tell(say("WAIVED", { why }), "done");
    done();
  });
}
