// Registered desks: this browser, and all others with their printers.
import { branches, button, done, form, secret, table, when, wish } from "./admin_parts.js";
import { el, part, say } from "./page.js";

/** @typedef {import("./admin_parts.js").Again} Again */

const HERE = "/desk/registration";
const KINDS = /** @type {[string, string][]} */ (
  ["none", "escpos", "cups", "cloudprnt"].map((each) => [each, say(`PRINTER_${each}`)])
);

/** @param {string} name */
const pathOf = (name) => `/workstations/${encodeURIComponent(name)}`;

/** The browser becomes another desk, or none: the page begins again there. @param {Promise<any>} asked */
async function moved(asked) {
  if ((await asked) !== null) location.reload();
}

/** @param {string} [kind] @param {string} [address] @returns {import("./admin_parts.js").Field[]} */
function printerFields(kind = "none", address = "") {
  return [
    { name: "kind", label: say("PRINTER"), value: kind, choices: KINDS },
    { name: "address", label: say("PRINTER_ADDRESS"), value: address },
  ];
}

/** @param {Again} again @returns {Promise<Node[]>} */
export async function drawWorkstations(again) {
  const [found, here, offered] = await Promise.all([wish("GET", "/workstations"), wish("GET", HERE), branches()]);
  if (!found || !here) return [];
  const fields = [
    { name: "name", label: say("NAME"), isNeeded: true },
    { name: "branch", label: say("BRANCH_ISIL"), isNeeded: true, offered },
  ];
  const add = form(say("NEW_WORKSTATION"), fields, say("ADD"), async ({ name = "", branch }) => {
    const made = await wish("PUT", pathOf(name), { branch });
    if (!made) return;
    await again();
    show(made.key);
  });
  const rows = found.workstations.map((/** @type {any} */ each) => [
    [el("div", {}, each.name), el("div", { class: "s" }, each.branch)],
    when(each.registered),
    drawnPrinter(each),
    [changePrinter(each, again), actsOf(each, here.workstation, again)],
  ]);
  const all = table(say("SECTION_workstations"), ["NAME", "SINCE", "PRINTER", "ACTS"], rows);
  return [...drawnHere(here, offered), add, all];
}

/** A key is shown above the desks. @param {string} key */
function show(key) {
  const section = part("section");
  section.querySelector(":scope > .note")?.remove();
  section.prepend(secret(key));
}

/** This browser, and what can be done about it. @param {any} here @param {[string, string][]} offered */
function drawnHere(here, offered) {
  const heading = el("h2", {}, say("THIS_BROWSER"));
  if (here.workstation) {
    const name = here.workstation;
    const text = say("THIS_IS", { name, branch: here.branch.name });
    const renew = button(say("RENEW_KEY_HERE"), () => moved(wish("PUT", HERE, { name, takes_over: true })));
    const forget = button(say("FORGET_BROWSER"), () => moved(wish("DELETE", HERE)));
    return [heading, el("p", { class: "here" }, text), el("div", { class: "acts here" }, renew, forget)];
  }
  const fields = [
    { name: "name", label: say("NAME"), isNeeded: true },
    { name: "branch", label: say("BRANCH_ISIL"), offered },
    ...printerFields(),
  ];
  const made = form(say("REGISTER_BROWSER"), fields, say("REGISTER_IT"), async ({ name = "", branch, kind, address }) => {
    const registered = await wish("PUT", HERE, { name, ...(branch ? { branch } : {}) });
    if (registered === null) return;
    const printer = kind === "none" ? {} : await wish("PUT", `${pathOf(name)}/printer`, { kind, address });
    if (printer !== null) location.reload();
  });
  return [heading, el("p", { class: "here" }, say("THIS_IS_NONE")), made];
}

/** @param {any} workstation */
function drawnPrinter({ printer: { kind, address, width } }) {
  const facts = kind === "none" ? "" : [address, say("CHARACTERS", { width })].filter(Boolean).join(" · ");
  return [el("div", {}, say(`PRINTER_${kind}`)), el("div", { class: "s" }, facts)];
}

/** @param {any} workstation @param {string | null} here @param {Again} again */
function actsOf({ name }, here, again) {
  const anew = async () => {
    const made = await wish("PUT", `${pathOf(name)}/key`);
    if (made) show(made.key);
  };
  const take = () => done(wish("DELETE", pathOf(name)), again);
  const acts = el("div", { class: "acts" });
  if (name !== here) {
    const use = () => moved(wish("PUT", HERE, { name, takes_over: true }));
    acts.append(button(say("USE_HERE"), use, name), button(say("NEW_KEY"), anew, name), button(say("TAKE_AWAY"), take, name));
  }
  return acts;
}

/** @param {any} workstation @param {Again} again */
function changePrinter({ name, printer }, again) {
  const fields = [
    ...printerFields(printer.kind, printer.address),
    { name: "width", label: say("PRINTER_WIDTH"), value: String(printer.width), type: "number" },
  ];
  return form(say("CHOOSE_PRINTER"), fields, say("SAVE"), ({ width, ...given }) =>
    done(wish("PUT", `${pathOf(name)}/printer`, { ...given, width: Number(width) || 42 }), again),
  );
}
