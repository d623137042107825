// What can be printed at the desk: F9 with its digit in the box, or a line of the view.
import { say } from "./page.js";

/** Kinds of slips by their digit; what each is about: a patron, or the desk itself. */
const SLIPS = /** @type {const} */ ([
  ["receipt", true],
  ["loans", true],
  ["returns", true],
  ["payment", true],
  ["status", true],
  ["group", true],
  ["emergency", false],
]);

/**
 * What is asked for by a digit; null where there is no such slip, or nobody to whom it belongs.
 * @param {string} digit
 * @param {string | null} patron
 * @returns {Record<string, string> | null}
 */
export function wishOf(digit, patron) {
  const [kind, isOfPatron] = SLIPS[Number(digit) - 1] ?? [];
  if (!kind || (isOfPatron && !patron)) return null;
  return isOfPatron && patron ? { kind, patron } : { kind };
}

/**
 * The view that shows them.
 * @param {() => string | null} patron whose they would be
 * @param {(digit: string) => void} print
 * @returns {import("./views.js").View}
 */
export function slipsView(patron, print) {
  const lines = () =>
    SLIPS.map(([kind, isOfPatron], index) => {
      const digit = String(index + 1);
      const run = () => print(digit);
      const isThere = !isOfPatron || patron() !== null;
      return {
        id: `slip ${kind}`,
        heading: say(`SLIP_${kind}`),
        facts: [say(isThere ? `SLIP_TELLS_${kind}` : "PATRON_FIRST")],
        big: `${digit} F9`,
        keys: isThere ? [{ letter: "O", label: say("KEY_PRINT"), run }] : [],
        open: isThere ? run : undefined,
      };
    });
  return { name: "slips", chosen: null, sections: () => [{ name: say("SLIPS"), lines: lines() }] };
}
