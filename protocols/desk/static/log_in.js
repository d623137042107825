// The log-in page.
import { onLogIn } from "./signing_in.js";

const form = /** @type {HTMLFormElement} */ (document.querySelector("form"));
onLogIn(form, () => location.replace("/desk"));
/** @type {HTMLInputElement} */ (form.elements.namedItem("name")).focus();
