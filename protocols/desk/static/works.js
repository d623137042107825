// What is done with material: what a scan does in each, its settings and its keys.
import { ask, amount, day, el, part, say } from "./page.js";
import { has } from "./session.js";

/** @typedef {import("./rows.js").Solution} Solution */
/** @typedef {import("./rows.js").Look} Look */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../types").Answer} Answer */

/**
 * What a work may ask of the page.
 * @typedef {object} Page
 * @property {(path: string, body: () => unknown, done: (body: any) => void, refused?: (answer: Answer) => void) => void} have
 * @property {(text: string, mark?: "done" | "stop") => void} tell
 * @property {(code: string, answer: Answer, look?: Partial<Look>) => Row} row
 * @property {() => void} redraw
 * @property {() => string} words what stands in the box
 */

/**
 * @typedef {object} Work
 * @property {string} name
 * @property {string} letter
 * @property {readonly string[]} rights all of which it takes
 * @property {() => Node[]} settings fields whose values count for every scan
 * @property {(code: string, page: Page) => void} scanned
 * @property {(page: Page) => Solution[]} keys
 * @property {(page: Page) => Promise<void>} [opened]
 * @property {() => Node[]} [drawn] what is said beside the keys
 */

/** What can be said of an item. */
const ITEM = ["material_group", "department", "location", "sublocation", "section", "call_number"];

/** What is offered for some of it, as the API calls it. */
const CHOICES = {
  material_group: "material_groups",
  department: "departments",
  location: "locations",
  sublocation: "sublocations",
  section: "sections",
};

/** What there is of each; where there is something, nothing else will do. @type {Record<string, { code: string, name: string }[]>} */
let known = {};

/** What the agency has, to be offered while somebody writes. */
export async function choices() {
  const [shelving, library] = await Promise.all([
    ask("GET", "/shelving").catch(() => null),
    ask("GET", "/library").catch(() => null),
  ]);
  const branches = /** @type {{ isil: string, name: string }[]} */ (library?.body?.branches ?? []);
  known = { home: branches.map(({ isil, name }) => ({ code: isil, name })) };
  for (const [name, many] of Object.entries(CHOICES)) known[name] = shelving?.body?.[many] ?? [];
  return Object.entries(known).map(([name, codes]) => {
    const options = codes.map((each) => el("option", { value: each.code, label: each.name }));
    return el("datalist", { id: `choices-${name}` }, ...options);
  });
}

/** The one that was meant, by its code or what people call it; none where there is no such. @param {string} name @param {string} text */
function meant(name, text) {
  const wanted = text.toLowerCase();
  return known[name]?.find((each) => each.code === text || each.name.toLowerCase() === wanted);
}

/** Says beside a field what was understood; gives its name where nothing was. @param {string} name @param {string} text */
function understood(name, text) {
  const about = document.querySelector(`[data-about="${name}"]`);
  const input = document.getElementById(`field-${name}`);
  const one = meant(name, text);
  const isWrong = text !== "" && (name === "price" ? !moneyIn(text) : Boolean(known[name]?.length) && !one);
  if (about) about.textContent = isWrong ? say("NOT_AMONG") : (one?.name ?? "");
  about?.classList.toggle("stop", isWrong);
  input?.toggleAttribute("aria-invalid", false);
  if (isWrong) input?.setAttribute("aria-invalid", "true");
  return !isWrong;
}

/** What is written in a field that nobody understands, by its name. */
function notUnderstood() {
  return Object.entries(written()).filter(([name, text]) => !understood(name, text)).map(([name]) => say(`ITEM_${name}`));
}

/** A field was left: what was understood stands beside it. @param {EventTarget | null} field */
export function leftField(field) {
  if (field instanceof HTMLInputElement && field.name) understood(field.name, field.value.trim());
}

/** A scan is for nothing as long as a field is not understood: a row says so. @param {string} code @param {Page} page */
function isHindered(code, page) {
  const names = notUnderstood();
  if (!names.length) return false;
  const title = say("FIELDS_WRONG", { names: names.join(", ") });
  page.row(code, { status: 422, headers: new Headers(), body: { title } });
  return true;
}

/** @param {readonly string[]} names */
function fields(names) {
  return names.map((name) => {
    const placeholder = name === "price" ? say("PRICE_HINT") : undefined;
    const list = name === "home" || name in CHOICES ? `choices-${name}` : undefined;
    const shared = { name, id: `field-${name}`, "aria-describedby": `about-${name}` };
    const input = el("input", { ...shared, placeholder, list, autocomplete: "off", spellcheck: "false" });
    const about = el("small", { id: `about-${name}`, "data-about": name });
    return el("div", { class: "field" }, el("label", { for: `field-${name}` }, say(`ITEM_${name}`)), input, about);
  });
}

/** What was written into the fields. */
function written() {
  /** @type {Record<string, string>} */
  const values = {};
  new FormData(/** @type {HTMLFormElement} */ (part("settings"))).forEach((value, name) => {
    if (String(value).trim()) values[name] = String(value).trim();
  });
  return values;
}

/** A price with its currency: 249.95 DKK. @param {string} text */
function moneyIn(text) {
  const found = /^(\d{1,7})(?:[.,](\d{1,2}))? ?([A-Z]{3})$/.exec(text.toUpperCase());
  const [, whole, part = "", currency] = found ?? [];
  return currency ? { amount: Number(whole) * 100 + Number(part.padEnd(2, "0")), currency } : null;
}

/** What was written of an item, in codes. */
function itemWritten() {
  const { price = "", home: _, ...rest } = written();
  const coded = Object.entries(rest).map(([name, text]) => [name, meant(name, text)?.code ?? text]);
  const money = moneyIn(price);
  return { ...Object.fromEntries(coded), ...(money ? { price: money } : {}) };
}

/** @type {Answer} */
const DONE = { status: 200, headers: new Headers(), body: null };

/** Where a new item goes. @param {{ destination: string, to: { name: string }, pickup: { name: string } | null, number: number | null }} put */
function place(put) {
  if (put.number !== null) return { mark: "todo", big: String(put.number), small: say("SHELF_NUMBER") };
  if (put.destination.startsWith("TRANSIT")) {
    return { mark: "todo", big: put.to.name, small: say(put.pickup ? "HELD_THERE" : "BELONGS_THERE") };
  }
  return { mark: "done", big: say("IN_PLACE"), small: "" };
}

/** What was added last, for its label. */
let lastItem = "";
/** A number that the catalogue does not have: the title may be written into the box. */
let unknown = "";
/** A title whose item bears a barcode already: it is scanned next. @type {((barcode: string) => void) | null} */
let bears = null;

/** @typedef {{ title: string, author: string }} Brief */

/** @param {string} item @param {Page} page @param {(answer: Answer) => void} [refused] */
function printLabel(item, page, refused) {
  const done = () => page.tell(say("LABEL_PRINTS", { item }), "done");
  page.have("/prints", () => ({ kind: "label", item }), done, refused);
}

/** @param {string} code @param {Page} page @param {Brief} [brief] @param {string} [barcode] */
function add(code, page, brief, barcode) {
  const item = { ...itemWritten(), ...(barcode ? { barcode } : {}) };
  const { home = "" } = written();
  const where = home ? { home: meant("home", home)?.code ?? home } : {};
  const wish = () => ({ number: code, item, ...where, ...(brief ? { brief } : {}) });
  const done = (/** @type {any} */ body) => {
    unknown = "";
    lastItem = body.item;
    if (!barcode) printLabel(body.item, page, () => {}); // a desk without a printer has none to stick on
    page.row(code, DONE, {
      word: say("ADDED"),
      heading: body.title,
      by: body.author,
      facts: [
        body.item,
        ...(body.origin === "OWN" ? [] : [say(`ORIGIN_${body.origin}`)]),
        say("COPIES_BEFORE", { count: body.copies_before }),
        [...body.placement, body.call_number].filter(Boolean).join(", "),
        body.price ? amount(body.price) : "",
      ].filter(Boolean),
      ...place(body.put),
    });
  };
  page.have("/accessions", wish, done, (answer) => {
    const rule = answer.body?.errors?.[0]?.rule;
    if (rule === "record_unknown") unknown = code;
    if (rule === "no_barcode") {
      bears = (scanned) => add(code, page, brief, scanned);
      page.row(code, DONE, { mark: "todo", word: say("BARCODE"), heading: say("SCAN_ITS_BARCODE"), big: "" });
    } else {
      page.row(code, answer);
    }
  });
}

/** @type {Work} */
const adding = {
  name: "new",
  letter: "N",
  rights: ["catalogue.edit"],
  settings: () => fields([...ITEM, "price", "home"]),
  scanned: (code, page) => {
    if (isHindered(code, page)) return;
    const next = bears;
    bears = null;
    if (next) next(code);
    else add(code, page);
  },
  keys: (page) => {
    const keys = [];
    const brief = () => {
      const [title = "", author = ""] = page.words().split(" / ");
      if (title) add(unknown, page, { title: title.trim(), author: author.trim() });
      else page.tell(say("WRITE_TITLE_FIRST"));
    };
    if (unknown) keys.push({ letter: "R", label: say("KEY_BRIEF", { number: unknown }), run: brief });
    if (lastItem && has("lend")) {
      keys.push({ letter: "L", label: say("KEY_LABEL"), run: () => printLabel(lastItem, page) });
    }
    return keys;
  },
};

/** Deliveries that are waited for. @type {any[]} */
let deliveries = [];

async function readDeliveries() {
  const answer = await ask("GET", "/deliveries?limit=20").catch(() => null);
  deliveries = answer?.body?.deliveries ?? [];
}

/** @param {string} code @param {Page} page @param {boolean} [takes] takes in what nobody has announced */
function receive(code, page, takes = false) {
  const item = itemWritten();
  const wish = () => ({ scanned: code, item, take_unexpected: takes });
  const done = (/** @type {any} */ body) => {
    if (body.item) lastItem = body.item;
    const its = deliveries.findIndex((each) => each.id === body.delivery?.id);
    if (its >= 0) deliveries[its] = body.delivery;
    const of = body.delivery;
    page.row(code, DONE, {
      word: say(of ? "RECEIVED" : "UNEXPECTED"),
      heading: body.title ?? say("ITEM", { code }),
      facts: [
        body.item,
        of && say("OF_DELIVERY", { supplier: of.supplier, received: of.received, copies: of.copies }),
        body.why_not,
      ].filter(Boolean),
      ...(body.put ? place(body.put) : { mark: "todo", big: say("LAY_ASIDE"), small: say("ON_THE_LIST") }),
    });
  };
  page.have("/deliveries/scans", wish, done, (answer) => page.row(code, answer));
}

/** @type {Work} */
const receiving = {
  name: "receive",
  letter: "M",
  rights: ["catalogue.edit"],
  settings: () => fields(ITEM),
  scanned: (code, page) => {
    if (!isHindered(code, page)) receive(code, page);
  },
  opened: readDeliveries,
  keys: () => [],
  drawn: () =>
    deliveries.map((each) =>
      el("span", { class: "s" }, `${each.supplier} ${each.order}: `, el("b", {}, `${each.received}/${each.copies}`)),
    ),
};

/** Inventories that go on. @type {any[]} */
let inventories = [];

async function readInventories() {
  const answer = await ask("GET", "/inventories").catch(() => null);
  inventories = answer?.body?.inventories ?? [];
}

/** @param {string} code @param {Page} page */
function count(code, page) {
  const inventory = inventories[0];
  if (!inventory) {
    page.tell(say("BEGIN_FIRST"));
    return;
  }
  const done = (/** @type {any} */ { found: [each] }) => {
    const isSeen = each.finding === "SEEN";
    page.row(code, DONE, {
      word: say(isSeen ? "SEEN" : "TO_SEE_TO"),
      heading: each.title ?? say("ITEM", { code }),
      facts: [code, [...each.placement, each.call_number].filter(Boolean).join(", ")],
      mark: isSeen ? "done" : "todo",
      big: isSeen ? "" : say(`FINDING_${each.finding ?? "NONE"}`),
      small: isSeen ? "" : (each.belongs?.name ?? ""),
    });
  };
  page.have(`/inventories/${inventory.id}/scans`, () => ({ items: [code] }), done, (answer) => page.row(code, answer));
}

/** @type {Work} */
const counting = {
  name: "inventory",
  letter: "O",
  rights: ["items.batch"],
  settings: () => fields(["department", "location", "sublocation", "section", "material_group"]),
  scanned: count,
  opened: readInventories,
  keys: (page) => {
    const [inventory] = inventories;
    if (!inventory) {
      const begin = () => {
        const name = page.words() || new Date().toLocaleDateString(document.documentElement.lang);
        const shelf = written();
        page.have("/inventories", () => ({ name, ...shelf }), (body) => inventories.unshift(body));
      };
      return [{ letter: "S", label: say("KEY_BEGIN"), run: begin }];
    }
    const path = `/inventories/${inventory.id}`;
    const miss = () => page.have(`${path}/missing`, () => undefined, ({ items }) => page.tell(say("DECLARED_MISSING", { count: items }), "done"));
    const end = () => page.have(`${path}/end`, () => undefined, () => inventories.shift());
    return [
      { letter: "V", label: say("KEY_MISSING"), run: miss },
      { letter: "S", label: say("KEY_END_INVENTORY"), run: end },
    ];
  },
  drawn: () => {
    const [first] = inventories;
    const name = first ? `${first.name}, ${day(first.begun)}` : say("NO_INVENTORY");
    return [el("span", { class: "s" }, name)];
  },
};

/** Items that are to be changed together. @type {Set<string>} */
let together = new Set();
/** Was it tried, and does nothing stand against it? */
let isTried = false;

/** @type {Work} */
const changing = {
  name: "batch",
  letter: "B",
  rights: ["items.batch", "lend"],
  settings: () => fields([...ITEM, "price"]),
  opened: async () => {
    together = new Set();
    isTried = false;
  },
  scanned: (code, page) => {
    page.have("/desk/scan", () => ({ text: code, mode: "look" }), (body) => {
      if (!body.item) {
        page.row(code, { status: 404, headers: new Headers(), body: { title: say("UNKNOWN_CODE") } });
        return;
      }
      together.add(body.item.barcode);
      isTried = false;
      page.row(code, DONE, {
        word: say("COLLECTED"),
        heading: body.item.title,
        by: body.item.author,
        facts: [body.item.barcode, ...body.item.placement, body.item.call_number].filter(Boolean),
        big: say(`STATE_${body.status.state}`),
      });
    });
  },
  keys: (page) => {
    if (!together.size) return [];
    const items = [...together];
    const change = (/** @type {boolean} */ dry_run) => {
      const names = notUnderstood();
      if (names.length) {
        page.tell(say("FIELDS_WRONG", { names: names.join(", ") }));
        return;
      }
      page.have("/stock/changes", () => ({ items, changes: itemWritten(), dry_run }), (body) => {
        page.tell(say(dry_run ? "WOULD_CHANGE" : "HAVE_CHANGED", { count: body.changed }), "done");
        isTried = dry_run;
        if (!dry_run) together = new Set();
      });
    };
    const withdraw = () => {
      const why = page.words();
      if (!why) page.tell(say("WRITE_WHY_FIRST"));
      else {
        page.have("/stock/withdrawals", () => ({ items, why }), (body) => {
          page.tell(say("WITHDRAWN", { count: body.items }), "done");
          together = new Set();
        });
      }
    };
    return [
      { letter: "S", label: say(isTried ? "KEY_CHANGE_ALL" : "KEY_TRY", { count: items.length }), run: () => change(!isTried) },
      { letter: "Z", label: say("KEY_WITHDRAW", { count: items.length }), run: withdraw },
    ];
  },
};

/** @type {readonly Work[]} */
export const WORKS = [adding, receiving, counting, changing];
