// What was scanned and asked for waits here, and goes to the server one by one, in its order.
//
// Each has an Idempotency-Key of its own. Where the line is lost, or the server starts again, the
// same request is sent again under the same key, and the server answers what it has answered.
import { ask } from "./page.js";

/** Milliseconds before the next attempt, one after the other; the last holds on. */
const PAUSES = [100, 200, 400, 800, 1500, 3000];
const LATER = new Set([429, 502, 503, 504]);

/**
 * @typedef {object} Wish
 * @property {string} path
 * @property {() => unknown} body what is sent; asked when its turn comes, and once
 * @property {(answer: import("../types").Answer) => void} done
 */

export class Queue {
  /** @type {Wish[]} */
  #waiting = [];
  #isRunning = false;
  #isLost = false;
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

  /** @param {Wish} wish */
  add(wish) {
    this.#waiting.push(wish);
    this.#changed(this.length, this.#isLost);
    if (!this.#isRunning) void this.#run();
  }

  async #run() {
    this.#isRunning = true;
    for (let wish = this.#waiting[0]; wish; wish = this.#waiting[0]) {
      const answer = await this.#answer(wish.path, wish.body());
      this.#waiting.shift();
      this.#isLost = false;
      try {
        wish.done(answer);
      } catch (error) {
        console.error(error);
      }
      this.#changed(this.length, false);
    }
    this.#isRunning = false;
  }

  /**
   * Asks until there is an answer.
   * @param {string} path
   * @param {unknown} body
   */
  async #answer(path, body) {
    const key = crypto.randomUUID();
    for (let attempt = 0; ; attempt += 1) {
      const answer = await ask("POST", path, body, key).catch(() => null);
      if (answer?.status === 401) {
        await this.#signIn();
        continue;
      }
      if (answer !== null && !LATER.has(answer.status)) return answer;
      this.#isLost = true;
      this.#changed(this.length, true);
      const seconds = Number(answer?.headers.get("Retry-After") ?? 0);
      const pause = seconds * 1000 || (PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
