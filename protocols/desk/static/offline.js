// What was scanned and could not be sent is kept in this browser: codes and moments, the account that
// scanned them and the patron whose turn it was by what answers name them by, encrypted under a key
// that no script can read. What a page keeps is a batch, and another page leaves it alone as long as
// that page is there.

/**
 * A scan as it is kept, or the end of a session.
 * @typedef {object} Kept
 * @property {string} key the Idempotency-Key
 * @property {string} [account] who has scanned it, as the session names them; empty: nobody was there
 * @property {string} [branch] the ISIL of the branch where it was scanned
 * @property {string} [text]
 * @property {string} [mode]
 * @property {string} [at] the day of the book drop
 * @property {string} [happened] when, if the line was down
 * @property {unknown} [sent] what was sent without an answer
 * @property {boolean} [isEnd]
 */

/**
 * Scans of one account that wait, in their order.
 * @typedef {object} Batch
 * @property {string} id
 * @property {string} account
 * @property {string | null} patron who was open when the first was scanned
 * @property {boolean} isBarred a code before it had opened nobody
 * @property {Kept[]} scans
 */

const NAME = "tiro-desk";
const KEYS = "keys";
const SCANS = "scans";
/** Where it is kept whose turn it was, of each batch. */
const OPEN = "open";
/** Milliseconds that a page which goes away has for letting go of its batch. */
const PARTING = 300;
/** @type {{ patron: string | null, isBarred: boolean }} */
const UNKNOWN = { patron: null, isBarred: true };

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
    // Two pages may make one at once: the first that is there counts.
    await answer((await store(KEYS, "readwrite")).add(made, NAME)).catch(() => null);
    return answer((await store(KEYS)).get(NAME));
  })();
  return ours;
}

/** @param {string} name @param {IDBValidKey} id @param {unknown} what @param {object} [beside] what is not sealed */
async function put(name, id, what, beside = {}) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(what));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), plain);
  await answer((await store(name, "readwrite")).put({ iv, sealed, ...beside }, id));
}

/** @param {{ iv: Uint8Array<ArrayBuffer>, sealed: ArrayBuffer }} found */
async function read({ iv, sealed }) {
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key(), sealed);
  return JSON.parse(new TextDecoder().decode(plain));
}

/** Why this browser keeps nothing: it may not store, or its disk is full. @type {unknown} */
let refusal = null;

/** Does this browser keep what it is given? Else the page alone has it. */
export function isKeeping() {
  return refusal === null;
}

/** One thing after the other, so that what is forgotten was kept before. @type {Promise<unknown>} */
let last = Promise.resolve();
/** @param {() => Promise<unknown>} work */
function inOrder(work) {
  last = last.then(work).then(
    () => (refusal = null),
    (error) => {
      refusal = error;
      console.warn("not kept:", String(error));
    },
  );
  return last;
}

/** The batch of this page, and what it has of it. */
const own = crypto.randomUUID();
/**
 * Where each scan stands that this page has kept or taken up: its batch, its place there, and what it
 * is stored under.
 * @type {Map<string, { batch: string, place: number, id: IDBValidKey, isSent: boolean }>}
 */
const places = new Map();
let place = 0;
/** Batches that no other page may touch. @type {Map<string, Promise<boolean>>} */
const held = new Map();

/** Holds a batch until the page ends. @param {string} batch @returns {Promise<boolean>} is it this page's now? */
function hold(batch) {
  const known = held.get(batch);
  if (known) return known;
  /** @type {Promise<boolean>} */
  const asked = new Promise((resolve) => {
    /** @param {Lock | null} lock */
    const forever = (lock) => {
      resolve(lock !== null);
      return lock && new Promise(() => {});
    };
    navigator.locks.request(`${NAME} ${batch}`, { ifAvailable: true }, forever).catch(() => resolve(false));
  });
  held.set(batch, asked);
  void asked.then((is) => is || held.delete(batch));
  return asked;
}

/** @param {Kept} scan */
export function keep(scan) {
  const known = places.get(scan.key);
  const isSent = scan.sent !== undefined;
  if (known?.isSent === isSent && isKeeping()) return;
  const at = { ...(known ?? { batch: own, place: (place += 1), id: scan.key }), isSent };
  places.set(scan.key, at);
  void inOrder(async () => {
    if (places.get(scan.key) !== at) return; // answered meanwhile
    if (at.batch === own) await hold(own);
    await put(SCANS, at.id, scan, { batch: at.batch, place: at.place, since: Date.now() });
  });
}

/** Hands a scan to the page of the desk, which comes next and does it. @param {Kept} scan */
export async function carry(scan) {
  await setAside([scan], { patron: null, isBarred: false });
}

/** Keeps what was scanned while nobody was signed in. @param {string} text */
export function keepNobodys(text) {
  return setAside([{ key: crypto.randomUUID(), account: "", text, mode: "desk" }], UNKNOWN);
}

/**
 * Keeps scans for who has made them, or for who sends them on: this page does so no more.
 * @param {Kept[]} scans
 * @param {{ patron: string | null, isBarred: boolean }} open whose turn it was
 * @returns {Promise<Batch[]>} one for each account, in their order
 */
export async function setAside(scans, open) {
  /** @type {Batch[]} */
  const batches = [];
  for (const each of scans) {
    const { account = "" } = each;
    const before = batches.at(-1);
    if (before?.account === account) before.scans.push(each);
    else batches.push({ id: crypto.randomUUID(), account, scans: [each], ...(before ? UNKNOWN : open) });
  }
  for (const { id, patron, isBarred, scans: theirs } of batches) {
    void inOrder(() => put(OPEN, id, { patron, isBarred }));
    for (const each of theirs) {
      const at = { batch: id, place: (place += 1), since: Date.now() };
      const stored = places.get(each.key)?.id ?? each.key;
      places.delete(each.key);
      void inOrder(() => put(SCANS, stored, each, at));
    }
  }
  await last;
  return batches;
}

/** It was sent. @param {string} name its key @param {string | null} patron who is open now @param {boolean} isBarred */
export function forget(name, patron, isBarred) {
  const at = places.get(name);
  if (!at) return;
  places.delete(name);
  const isLast = ![...places.values()].some((each) => each.batch === at.batch);
  // First whose turn it is, for what was scanned after it.
  if (!isLast) void inOrder(() => put(OPEN, at.batch, { patron, isBarred }));
  void inOrder(async () => answer((await store(SCANS, "readwrite")).delete(at.id)));
  if (isLast) void inOrder(async () => answer((await store(OPEN, "readwrite")).delete(at.batch)));
}

/**
 * Keeps whose turn it is.
 * @param {string} name the key of the scan that comes next
 * @param {string | null} patron
 * @param {boolean} isBarred
 */
export function keepOpen(name, patron, isBarred) {
  const at = places.get(name);
  if (at) void inOrder(() => put(OPEN, at.batch, { patron, isBarred }));
}

/**
 * What is kept, the oldest batch first; or one batch.
 * @param {string} [only]
 * @returns {Promise<(Batch & { since: number, ids: IDBValidKey[] })[]>}
 */
async function batchesKept(only) {
  const ids = await answer((await store(SCANS)).getAllKeys());
  const all = await answer((await store(SCANS)).getAll());
  /** @type {Map<string, { place: number, since: number, id: IDBValidKey, scan: Kept }[]>} */
  const found = new Map();
  for (const [index, each] of all.entries()) {
    const id = /** @type {IDBValidKey} */ (ids[index]);
    const { batch = NAME, place: at = Number(id), since = 0 } = each;
    if (only ? batch !== only : held.has(batch)) continue;
    const scan = /** @type {Kept} */ (await read(each));
    found.set(batch, [...(found.get(batch) ?? []), { place: at, since, id, scan }]);
  }
  const batches = [...found].map(async ([id, kept]) => {
    const open = await answer((await store(OPEN)).get(id));
    kept.sort((a, b) => a.place - b.place);
    return {
      .../** @type {typeof UNKNOWN} */ (open ? await read(open) : UNKNOWN),
      id,
      account: kept[0]?.scan.account ?? "",
      since: kept[0]?.since ?? 0,
      scans: kept.map((each) => each.scan),
      ids: kept.map((each) => each.id),
    };
  });
  return (await Promise.all(batches)).sort((a, b) => a.since - b.since);
}

/** Names of the batches that pages of this browser hold. */
async function namesHeld() {
  const { held: taken = [] } = await navigator.locks.query();
  return new Set(taken.map((each) => each.name));
}

/** What is kept in this browser and is none of its pages'. @returns {Promise<Batch[]>} */
export async function keptBefore() {
  try {
    await last;
    const batches = await batchesKept();
    let names = await namesHeld();
    const isFree = (/** @type {Batch} */ { id }) => !names.has(`${NAME} ${id}`);
    if (!batches.every(isFree)) {
      // The page that was here before goes away at this moment.
      await new Promise((resolve) => setTimeout(resolve, PARTING));
      names = await namesHeld();
    }
    return batches.filter(isFree);
  } catch (error) {
    console.warn("nothing can be read:", String(error)); // stores nothing, or a key of another profile
    return [];
  }
}

/** Makes a batch this page's. @param {string} id @returns {Promise<Batch | null>} nothing where another page has it, or has sent it */
export async function takeUp(id) {
  if (!(await hold(id))) return null;
  const [batch] = await batchesKept(id);
  batch?.scans.forEach((each, index) => {
    const stored = batch.ids[index] ?? each.key;
    places.set(each.key, { batch: id, place: index, id: stored, isSent: each.sent !== undefined });
  });
  return batch ?? null;
}
