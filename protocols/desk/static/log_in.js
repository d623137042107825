// The log-in page.
import { ask, el, part, say } from "./page.js";
import { hear } from "./scanner.js";
import { onLogIn } from "./signing_in.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
const REGISTER = "#register";
hear(form, (code) => {
  void import("./offline.js").then(async ({ isKeeping, keepNobodys }) => {
    await keepNobodys(code);
    part("hint").textContent = say(isKeeping() ? "SCAN_WAITS" : "SCAN_AGAIN", { code: code.slice(-4) });
  });
});
onLogIn(form, () => location.replace(location.hash === REGISTER ? "/desk/administration#workstations" : "/desk"));
/** @type {HTMLInputElement} */ (form.elements.namedItem("name")).focus();

/** Which desk this is; where it is none, the way to register it. */
async function sayWhere() {
  const { body } = await ask("GET", "/desk/registration");
  if (body?.workstation) {
    part("where").textContent = `${body.workstation}, ${body.branch.name}`;
    return;
  }
  const way = el("a", { href: REGISTER, class: "link" }, say("LOG_IN_TO_REGISTER"));
  way.addEventListener("click", () => /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).focus());
  part("where").replaceChildren(`${say("NOT_A_DESK")} `, way);
}

void sayWhere().catch(() => {});
