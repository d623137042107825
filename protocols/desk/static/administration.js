// Administration: a section for each noun; who lacks its right does not see the way to it.
import { tell } from "./admin_parts.js";
import { beside } from "./beside.js";
import { bringIntoView, el, part, say } from "./page.js";
import { has } from "./session.js";

/**
 * @typedef {object} Section
 * @property {string} right without which nobody sees it
 * @property {() => Promise<Node[]>} draw
 */

// What a section needs is loaded when it is opened.
const desks = () => import("./admin_desks.js");
const house = () => import("./admin_house.js");
const rules = () => import("./admin_rules.js");
const setUp = () => import("./admin_setup.js");
const staff = () => import("./admin_staff.js");

/** @type {Record<string, Section>} */
const SECTIONS = {
  machines: { right: "operations", draw: async () => (await house()).drawMachines(() => open("machines")) },
  unequal: { right: "operations", draw: async () => (await import("./admin_unequal.js")).drawUnequal() },
  partners: { right: "operations", draw: async () => (await house()).drawPartners() },
  jobs: { right: "jobs", draw: async () => (await house()).drawJobs() },
  staff: { right: "staff.administer", draw: async () => (await staff()).drawStaff(() => open("staff")) },
  roles: { right: "staff.administer", draw: async () => (await staff()).drawRoles() },
  workstations: { right: "staff.administer", draw: async () => (await desks()).drawWorkstations(() => open("workstations")) },
  programs: { right: "staff.administer", draw: async () => (await staff()).drawPrograms(() => open("programs")) },
  rules: { right: "rules.view", draw: async () => (await rules()).drawRules() },
  closures: { right: "rules.edit", draw: async () => (await setUp()).drawClosures(() => open("closures")) },
  setup: { right: "rules.edit", draw: async () => (await setUp()).drawSetUp(() => open("setup")) },
  lookups: { right: "lookups.view", draw: async () => (await rules()).drawLookUps() },
};

/** The section that is open. */
let shown = "";

function allowed() {
  return Object.keys(SECTIONS).filter((name) => has(SECTIONS[name]?.right ?? ""));
}

/** @param {string} name */
async function open(name) {
  const section = SECTIONS[name];
  if (!section) return;
  if (shown !== name) {
    tell("");
    part("section").replaceChildren();
  }
  shown = name;
  drawMenu();
  part("heading").textContent = say(`SECTION_${name}`);
  document.title = `${say(`SECTION_${name}`)} · Tiro`;
  const drawn = await section.draw();
  if (shown === name) part("section").replaceChildren(...drawn);
}

function drawMenu() {
  part("sections").replaceChildren(
    ...allowed().map((name) => {
      const link = el("a", { href: `#${name}`, "aria-current": name === shown && "true" }, say(`SECTION_${name}`));
      return el("li", {}, link);
    }),
  );
  bringIntoView(part("sections"));
}

function follow() {
  const names = allowed();
  // What stands behind a question mark, the section reads by itself.
  const asked = location.hash.slice(1).split("?")[0] ?? "";
  void open(names.includes(asked) ? asked : (names[0] ?? ""));
}

/** Nothing is left on the screen for whoever comes next. */
function left() {
  shown = "";
  part("section").replaceChildren();
}

if (await beside({ arrived: follow, left })) {
  window.addEventListener("hashchange", follow);
  document.body.dataset.ready = "";
}
