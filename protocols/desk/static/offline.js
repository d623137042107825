// What was scanned while the line was down is kept in this browser until it is sent: codes and
// moments, encrypted under a key that no script can read, and nobody's name.

/**
 * A scan as it is kept, or the end of a session.
 * @typedef {object} Kept
 * @property {string} key the Idempotency-Key
 * @property {string} [text]
 * @property {string} [mode]
 * @property {string} [at] the day of the book drop
 * @property {string} [happened] when, if the line was down
 * @property {boolean} [isEnd]
 */

const NAME = "tiro-desk";
const KEYS = "keys";
const SCANS = "scans";
/** Where it is kept who was open when the line was lost. */
const OPEN = "open";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @type {Promise<IDBDatabase> | undefined} */
let opened;
function database() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const each of [KEYS, SCANS, OPEN]) request.result.createObjectStore(each);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

/** @param {string} name @param {IDBTransactionMode} [mode] */
async function store(name, mode = "readonly") {
  return (await database()).transaction(name, mode).objectStore(name);
}

/** @type {Promise<CryptoKey> | undefined} */
let ours;
function key() {
  ours ??= (async () => {
    const known = await answer((await store(KEYS)).get(NAME));
    if (known) return known;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    await answer((await store(KEYS, "readwrite")).put(made, NAME));
    return made;
  })();
  return ours;
}

/** @param {string} name @param {IDBValidKey} id @param {unknown} what */
async function put(name, id, what) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(what));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain);
  await answer((await store(name, "readwrite")).put({ iv, sealed }, id));
}

/** @param {{ iv: Uint8Array<ArrayBuffer>, sealed: ArrayBuffer }} found */
async function read({ iv, sealed }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}

/** One thing after the other, so that what is forgotten was kept before. @type {Promise<unknown>} */
let last = Promise.resolve();
/** @param {() => Promise<unknown>} work */
function inOrder(work) {
  last = last.then(work).catch((error) => console.error(error));
}

/** Browsers give scripts no keys on a page without TLS; the page then keeps it in memory alone. */
const isSafe = globalThis.crypto?.subtle !== undefined && "indexedDB" in globalThis;
/** Numbers of what is kept, in its order. */
let number = Date.now();
/** @type {Map<string, number>} */
const numbers = new Map();

/** @param {Kept} scan */
export function keep(scan) {
  if (!isSafe || numbers.has(scan.key)) return;
  const id = (number += 1);
  numbers.set(scan.key, id);
  inOrder(() => put(SCANS, id, scan));
}

/** Hands a scan to the page of the desk, which comes next and does it. @param {string} text */
export async function carry(text) {
  keepOpen(null);
  keep({ key: crypto.randomUUID(), text, mode: "desk" });
  await last;
}

/** It was sent. @param {string} key @param {string | null} patron who is open now */
export function forget(key, patron) {
  const id = numbers.get(key);
  if (id === undefined) return;
  numbers.delete(key);
  // First who is open, for what was scanned after it.
  if (numbers.size) keepOpen(patron);
  inOrder(async () => answer((await store(SCANS, "readwrite")).delete(id)));
  if (!numbers.size) inOrder(async () => answer((await store(OPEN, "readwrite")).delete(NAME)));
}

/** @param {string | null} patron */
export function keepOpen(patron) {
  if (isSafe) inOrder(() => put(OPEN, NAME, { patron }));
}

/**
 * What an earlier page has kept and not sent, in its order, and who was open then.
 * @returns {Promise<{ patron: string | null, scans: Kept[] }>}
 */
export async function keptBefore() {
  const nothing = { patron: null, scans: [] };
  if (!isSafe) return nothing;
  try {
    const ids = /** @type {number[]} */ (await answer((await store(SCANS)).getAllKeys()));
    const sealed = await answer((await store(SCANS)).getAll());
    const scans = /** @type {Kept[]} */ (await Promise.all(sealed.map(read)));
    scans.forEach((each, index) => numbers.set(each.key, ids[index] ?? 0));
    const open = await answer((await store(OPEN)).get(NAME));
    return scans.length ? { patron: open ? (await read(open)).patron : null, scans } : nothing;
  } catch (error) {
    console.error(error); // a key of another profile: nothing can be read
    return nothing;
  }
}
