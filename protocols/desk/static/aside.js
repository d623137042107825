// Scans that wait for somebody else: a row says whose they are, and two keys what becomes of them.
import { goOn, nameOf, redraw, settleRow } from "./acts.js";
import { forget, isKeeping, keepNobodys, keptBefore, setAside, takeUp } from "./offline.js";
import { say } from "./page.js";
import { newRow } from "./rows.js";
import { has } from "./session.js";
import { state } from "./state.js";

/** @typedef {import("./offline.js").Batch} Batch */
/** @typedef {import("./offline.js").Kept} Kept */

/** What waits, by the id of the batch; those of a browser that keeps nothing are here alone. @type {Map<string, Batch>} */
const waiting = new Map();

/** How many scans wait for who has made them. */
export function countAside() {
  return [...waiting.values()].reduce((sum, each) => sum + codesOf(each).length, 0);
}

/** @param {Batch} batch */
function codesOf({ scans }) {
  return scans.flatMap(({ text }) => (text ? [text] : []));
}

/** Somebody is there: what they have scanned goes on, and they are told of what others have. */
export async function look() {
  const found = await keptBefore();
  if (isKeeping()) waiting.clear();
  for (const each of found) waiting.set(each.id, each);
  for (const each of waiting.values()) {
    if (each.account === state.session?.account) await send(each);
    else if (!state.rows.some((row) => row.batch === each.id && !row.isSettled)) tellOf(each);
  }
}

/**
 * Somebody has gone, and their scans wait.
 * @param {Kept[]} scans
 * @param {{ patron: string | null, isBarred: boolean }} open whose turn it was
 */
export async function leaveAside(scans, open) {
  for (const each of await setAside(scans, open)) waiting.set(each.id, each);
}

/** Something was scanned while nobody was signed in. @param {string} text */
export async function leaveNobodys(text) {
  for (const each of await keepNobodys(text)) waiting.set(each.id, each);
}

/** @param {Batch} batch @returns {Promise<boolean>} is it this page that sends it? */
async function send(batch) {
  waiting.delete(batch.id);
  const taken = isKeeping() ? await takeUp(batch.id) : batch;
  if (taken?.account) goOn(taken);
  // What nobody has scanned is done as if it were scanned now.
  else if (taken) goOn({ ...taken, patron: state.patron?.id ?? null, isBarred: state.barring !== null });
  return taken !== null;
}

/** May whoever is here send it? Then by their own rights, and where it was scanned. @param {Batch} batch */
function maySend({ scans }) {
  const isHere = scans.every(({ branch }) => !branch || branch === state.session?.branch?.isil);
  return isHere && has("lend") && (has("backdate") || !scans.some(({ at, happened }) => at ?? happened));
}

/** @param {Batch} batch */
function tellOf(batch) {
  const { account } = batch;
  const name = nameOf(account);
  const codes = codesOf(batch);
  const row = newRow({ outcome: "waits", text: "", titles: [], patrons: [], reasons: [] }, "", "desk", null);
  row.batch = batch.id;
  row.look = {
    mark: "todo",
    word: say("WAITS_FOR"),
    heading: say(account ? "SCANS_OF" : "SCANS_OF_NOBODY", { name, count: codes.length }),
    by: "",
    facts: codes.slice(0, 5).map((each) => `…${each.slice(-4)}`),
    big: "",
    small: "",
  };
  const leave = account ? "KEY_LEAVE_TO" : "KEY_DROP_SCANS";
  row.solutions = [{ letter: "L", label: say(leave, { name }), isFirst: true, run: () => void leaveThem() }];
  if (maySend(batch)) {
    const label = say(account ? "KEY_SEND_FOR" : "KEY_DO_SCANS", { name });
    row.solutions.push({ letter: "V", label, run: () => void sendThem() });
  } else row.note = say("MAY_NOT_SEND", { name });

  async function leaveThem() {
    if (!account) await drop(batch);
    settleRow(row, say(account ? "LEFT_TO" : "DROPPED", { name }));
  }
  async function sendThem() {
    settleRow(row, "");
    if (!(await send(batch))) settleRow(row, say("SENT_MEANWHILE"));
  }
  state.rows.unshift(row);
  redraw(row, true);
}

/** What nobody has made, and somebody does not want. @param {Batch} batch */
async function drop(batch) {
  waiting.delete(batch.id);
  const taken = await takeUp(batch.id);
  for (const each of taken?.scans ?? []) forget(each.key, null, false);
}
