// The ways to a patron, where they are for a while, what they want from other libraries, and what
// they have consented to.
import { have, tell } from "./acts.js";
import { dateIn } from "./form.js";
import { day, days, none, say } from "./page.js";
import { has } from "./session.js";
import { state } from "./state.js";
import { takeWords } from "./whys.js";
import { factsOf, isNotSent, stateOf, termsOf, wishPath } from "./wishes.js";

/** @typedef {import("./views.js").Line} Line */
/** @typedef {import("./views.js").Section} Section */
/** @typedef {import("./rows.js").Solution} Solution */
/** @typedef {import("../types").PatronScreen} PatronScreen */

const CONSENTS = ["keep_history", "person_registry"];

/**
 * @param {PatronScreen} patron
 * @param {Partial<import("../types").Contacts>} known
 * @param {() => void} again
 * @returns {Section}
 */
export function contact(patron, known, again) {
  const { details } = patron;
  const path = `/patrons/${patron.id}`;
  const mayEdit = patron.may.includes("edit");
  /** @type {[string, string][]} */
  const written = [
    [details.phone, say("PHONE")],
    [details.email, say("EMAIL")],
    [details.municipality, say("MUNICIPALITY")],
    [details.home_branch.name, say("HOME_BRANCH")],
    [details.category, say("CATEGORY")],
    [details.expires ? day(details.expires, true) : "", say("REGISTERED_UNTIL")],
  ];
  /** @type {Line[]} */
  const lines = written
    .filter(([value]) => value)
    .map(([value, name]) => ({ id: `contact ${name}`, heading: value, small: name }));
  for (const each of known.contacts ?? []) {
    const its = `${path}/contacts/${each.number}`;
    const verify = () => have("PUT", `${its}/verification`, none, again);
    const keys = [{ letter: "Z", label: say("KEY_REMOVE"), run: () => have("DELETE", its, none, again) }];
    if (!each.verified) keys.unshift({ letter: "J", label: say("KEY_VERIFIED"), run: verify });
    lines.push({
      id: `further ${each.number}`,
      heading: each.value,
      facts: [each.verified && say("VERIFIED", { day: day(each.verified, true) }), !each.notices && say("NO_MESSAGES")],
      small: say(`WAY_${each.kind}`),
      mark: each.verified ? "done" : "plain",
      keys: mayEdit ? keys : [],
    });
  }
  for (const each of known.addresses ?? []) {
    const its = `${path}/addresses/${each.number}`;
    lines.push({
      id: `address ${each.number}`,
      heading: each.text.replaceAll("\n", ", "),
      facts: [each.valid_until && say("UNTIL", { day: day(each.valid_until, true) })],
      small: say(`ADDRESS_${each.kind}`),
      keys: mayEdit ? [{ letter: "Z", label: say("KEY_REMOVE"), run: () => have("DELETE", its, none, again) }] : [],
    });
  }
  if (known.is_protected) lines.unshift({ id: "protected", heading: say("PROTECTED"), mark: "todo", big: say("IS_PROTECTED") });
  if (mayEdit) lines.push(further(path, again));
  return { name: say("CONTACT"), lines };
}

/** A further way to the patron, or where they live: what it is, it says itself. @param {string} path @param {() => void} again @returns {Line} */
function further(path, again) {
  const run = () => {
    const text = takeWords();
    const home = /^(?<street>\D+?)\s+(?<house_number>\d\S*(?: \S+)*?),\s*(?<postal_code>\d{3,5})\s+(?<city>.+)$/.exec(text);
    if (home) have("POST", `${path}/addresses`, () => ({ ...home.groups }), again);
    else if (text.includes("@")) have("POST", `${path}/contacts`, () => ({ kind: "email", value: text }), again);
    else if (/^[+\d][\d ]{5,}$/.test(text)) have("POST", `${path}/contacts`, () => ({ kind: "phone", value: text }), again);
    else tell(say("WRITE_WAY_FIRST"));
  };
  return {
    id: "contact new",
    heading: say("NEW_WAY"),
    facts: [say("WRITE_WAY_IN_THE_BOX")],
    keys: [{ letter: "O", label: say("KEY_ADD"), run }],
  };
}

/**
 * Absence, and what the patron has chosen.
 * @param {PatronScreen} patron
 * @param {import("../types").Preferences | undefined} known
 * @param {() => void} again
 * @returns {Section | null}
 */
export function stay(patron, known, again) {
  if (!known) return null;
  const path = `/patrons/${patron.id}/absence`;
  const away = known.absence;
  const leave = () => {
    const text = takeWords();
    const last = text ? dateIn(text, true) : null;
    if (text && !last) tell(say("NO_DATE"));
    else have("PUT", path, () => (last ? { last } : {}), again);
  };
  const back = { letter: "Z", label: say("KEY_IS_BACK"), run: () => have("DELETE", path, none, again) };
  const goes = { letter: "O", label: say("KEY_IS_AWAY"), run: leave };
  const until = away?.last ? say("UNTIL", { day: day(away.last, true) }) : say("UNTIL_FURTHER_NOTICE");
  /** @type {Line[]} */
  const lines = [
    {
      id: "absence",
      heading: say(away ? "IS_AWAY" : "IS_HERE"),
      facts: [away ? until : say("WRITE_LAST_DAY")],
      mark: away ? "todo" : "plain",
      big: away ? day(away.first) : "",
      keys: patron.may.includes("edit") ? [away ? back : goes] : [],
    },
  ];
  const chosen = [known.pickup_branch?.name, known.interest_days !== null && say("DAYS", { days: known.interest_days })];
  if (chosen.some(Boolean)) lines.push({ id: "fetches", heading: say("FETCHES_AT"), facts: chosen });
  return { name: say("ABSENCE"), lines };
}

/** How long loans are kept without consent. @param {PatronScreen} patron */
function historyKept({ history_days: kept }) {
  return kept ? say("HISTORY_KEPT", { days: days(kept) }) : say("HISTORY_FORGOTTEN");
}

/** @param {PatronScreen} patron @param {(patron: PatronScreen) => void} isNow @returns {Section} */
export function consents(patron, isNow) {
  const lines = CONSENTS.map((name) => {
    const given = patron.consents[name];
    const path = `/patrons/${patron.id}/consents/${name}`;
    const give = { letter: "J", label: say("KEY_CONSENTS"), run: () => have("PUT", path, none, isNow) };
    const take = { letter: "Z", label: say("KEY_CONSENT_BACK"), run: () => have("DELETE", path, none, isNow) };
    return /** @type {Line} */ ({
      id: `consent ${name}`,
      heading: say(`CONSENT_${name}`),
      mark: given ? "done" : "plain",
      big: say(given ? "GIVEN" : "NOT_GIVEN"),
      facts: [!given && name === "keep_history" && historyKept(patron)],
      small: given ? day(given, true) : "",
      keys: patron.may.includes("edit") ? [given ? take : give] : [],
    });
  });
  return { name: say("CONSENTS"), lines, isAside: true };
}

/**
 * What the patron wants from other libraries.
 * @param {PatronScreen} patron
 * @param {import("../types").Wish[]} found
 * @param {() => void} again
 * @returns {Section | null}
 */
export function wishes(patron, found, again) {
  /** @param {string} letter @param {string} label @param {string} path @returns {Solution} */
  const key = (letter, label, path) => ({ letter, label: say(label), run: () => have("POST", path, none, again) });
  const lines = found.map((each) => {
    const path = wishPath(each);
    /** @type {Solution[]} */
    const keys = [];
    if (has("lend") && termsOf(each)) keys.push(key("O", "ACCEPT_TERMS", `${path}/acceptance`));
    if (has("lend") && isNotSent(each)) {
      keys.push(key("N", "NEXT_LIBRARY", `${path}/next`), key("Z", "CANCEL_WISH", `${path}/cancellation`));
    }
    return /** @type {Line} */ ({
      id: `wish ${each.id}`,
      heading: each.title,
      by: each.author,
      facts: factsOf(each),
      mark: termsOf(each) ? "todo" : "plain",
      big: stateOf(each),
      small: day(each.created),
      keys,
    });
  });
  if (has("lend")) {
    const run = () => {
      state.taking = {
        label: say("WISH_OF", { name: patron.details.given_name || patron.details.name }),
        hint: say("WRITE_WISH"),
        scanned: (text) => wish(patron, text, again),
      };
    };
    lines.push({ id: "wish new", heading: say("NEW_WISH"), keys: [{ letter: "O", label: say("KEY_ASK_LIBRARIES"), run }] });
  }
  return lines.length ? { name: say("FROM_OTHER_LIBRARIES"), lines } : null;
}

/** A title, with its author behind a slash, or an ISBN. @param {PatronScreen} patron @param {string} text @param {() => void} again */
function wish(patron, text, again) {
  const [title = "", author = ""] = text.split(" / ");
  const isNumber = /^[\d -]{8,}[\dXx]$/.test(text.trim());
  const what = isNumber ? { number: text.trim() } : { title, author };
  have("POST", "/interlibrary-loans", () => ({ patron: patron.id, ...what }), (body) => {
    tell(say("WISH_IS_ASKED", { title: body.title }), "done");
    again();
  });
}
