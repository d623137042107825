// What was scanned and asked for waits here, and goes to the server one by one, in its order.
//
// Each has an Idempotency-Key of its own. Where the line is lost, or the server starts again, the
// same request is sent again under the same key, and the server answers what it has answered.
// It goes in the name of whoever asked for it. Where another signs in meanwhile, it is taken out.
import { ask, isAnothers, say } from "./page.js";
import { isLocked, signedIn } from "./session.js";

/** Milliseconds before the next attempt, one after the other; the last holds on. */
const PAUSES = [100, 200, 400, 800, 1500, 3000];
const LATER = new Set([429, 502, 503, 504]);
/** Milliseconds without a line after which it counts as down: nobody waits for answers any more. */
export const DOWN = 8000;

/**
 * @typedef {object} Wish
 * @property {string} path
 * @property {string} [method] POST unless said
 * @property {string} [version] the ETag of what is changed
 * @property {() => unknown} body what is sent; asked when its turn comes, and once
 * @property {import("./offline.js").Kept} [kept] what is kept of it while the line is lost
 * @property {(answer: import("../types").Answer) => void} done
 */

export class Queue {
  /** A function is what a key does in its turn. @type {(Wish | (() => void))[]} */
  #waiting = [];
  #isRunning = false;
  /** Since when there is no line, by the timer of the page. @type {number | null} */
  #lost = null;
  #changed;

  /** @param {(waiting: number, isLost: boolean) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  get length() {
    return this.#waiting.length;
  }

  get isLost() {
    return this.#lost !== null;
  }

  /** Has there been no line for so long that scans count as done? */
  get isDown() {
    return this.#lost !== null && performance.now() - this.#lost > DOWN;
  }

  /** What waits, in its order. @returns {import("./offline.js").Kept[]} */
  get kept() {
    return this.#waiting.flatMap((each) => (typeof each === "function" || !each.kept ? [] : [each.kept]));
  }

  /** @param {Wish} wish */
  add(wish) {
    this.#waiting.push(wish);
    this.#changed(this.length, this.isLost);
    if (!this.#isRunning) void this.#run();
  }

  /** Does something when all that was asked for before is done: at once, where nothing waits. @param {() => void} run */
  after(run) {
    if (this.#isRunning) this.#waiting.push(run);
    else run();
  }

  /** What `run` asks for comes before all that waits. @param {() => void} run */
  ahead(run) {
    const later = this.#waiting;
    this.#waiting = [];
    run();
    this.#waiting.push(...later);
  }

  /**
   * Takes out all that waits, for whoever asked for it has gone. What can be kept is given back in
   * its order, of all else it is said that it was not sent.
   * @returns {import("./offline.js").Kept[]}
   */
  takeOut() {
    const { kept } = this;
    const body = { title: say("NOT_DONE_FOR_ANOTHER") };
    const answer = { status: 412, body, headers: new Headers() };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) if (typeof each !== "function" && !each.kept) each.done(answer);
    this.#changed(this.length, this.isLost);
    return kept;
  }

  async #run() {
    this.#isRunning = true;
    for (let wish = this.#waiting[0]; wish; wish = this.#waiting[0]) {
      const done = typeof wish === "function" ? wish : await this.#answered(wish);
      if (this.#waiting[0] !== wish || !done) continue; // it was taken out
      this.#waiting.shift();
      this.#lost = null;
      try {
        done();
      } catch (error) {
        console.error(error);
      }
      this.#changed(this.length, false);
    }
    this.#isRunning = false;
  }

  /** What there is to do with the answer; nothing where it was taken out. @param {Wish} wish */
  async #answered(wish) {
    const body = wish.body();
    // Whoever sends it again sends the same: it may have been done.
    if (wish.kept) wish.kept.sent = body;
    const answer = await this.#answer(wish, body);
    return answer && (() => wish.done(answer));
  }

  /**
   * Asks until there is an answer, or it is taken out.
   * @param {Wish} wish
   * @param {unknown} body
   */
  async #answer(wish, body) {
    const { path, method = "POST", version, kept } = wish;
    const key = kept?.key ?? crypto.randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      if (isLocked()) await signedIn();
      if (this.#waiting[0] !== wish) return null;
      const answer = await ask(method, path, body, key, version, kept?.account).catch(() => null);
      if (answer?.status === 401 || isAnothers(answer)) {
        await signedIn();
        continue;
      }
      if (answer !== null && !LATER.has(answer.status)) return answer;
      this.#lost ??= performance.now();
      this.#changed(this.length, true);
      const seconds = Number(answer?.headers.get("Retry-After") ?? 0);
      const pause = seconds * 1000 || (PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
