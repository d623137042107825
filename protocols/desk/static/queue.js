// What was scanned and asked for waits here, and goes to the server one by one, in its order.
//
// Each has an Idempotency-Key of its own. Where the line is lost, or the server starts again, the
// same request is sent again under the same key, and the server answers what it has answered.
import { ask } from "./page.js";

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
  /** Since when there is no line. @type {number | null} */
  #lost = null;
  #changed;
  #signIn;

  /**
   * @param {(waiting: number, isLost: boolean) => void} changed
   * @param {() => Promise<void>} signIn ends when somebody is signed in again
   */
  constructor(changed, signIn) {
    this.#changed = changed;
    this.#signIn = signIn;
  }

  get length() {
    return this.#waiting.length;
  }

  get isLost() {
    return this.#lost !== null;
  }

  /** Has there been no line for so long that scans count as done? */
  get isDown() {
    return this.#lost !== null && Date.now() - this.#lost > DOWN;
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

  async #run() {
    this.#isRunning = true;
    for (let wish = this.#waiting[0]; wish; wish = this.#waiting[0]) {
      const done = typeof wish === "function" ? wish : await this.#answered(wish);
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

  /** What there is to do with the answer. @param {Wish} wish */
  async #answered(wish) {
    const answer = await this.#answer(wish, wish.body());
    return () => wish.done(answer);
  }

  /**
   * Asks until there is an answer.
   * @param {Wish} wish
   * @param {unknown} body
   */
  async #answer({ path, method = "POST", version, kept }, body) {
    const key = kept?.key ?? crypto.randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const answer = await ask(method, path, body, key, version).catch(() => null);
      if (answer?.status === 401) {
        await this.#signIn();
        continue;
      }
      if (answer !== null && !LATER.has(answer.status)) return answer;
      this.#lost ??= Date.now();
      this.#changed(this.length, true);
      const seconds = Number(answer?.headers.get("Retry-After") ?? 0);
      const pause = seconds * 1000 || (PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
