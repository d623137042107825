// Values of facets, as people call them.
import { say } from "./page.js";

const LANGUAGES = new Intl.DisplayNames(document.documentElement.lang, { type: "language", fallback: "none" });

/** @param {string} index @param {string} text */
export function wordOf(index, text) {
  if (index === "dc.type") return say(`TYPE_${text.replaceAll(" ", "_")}`).replace(/^TYPE_/, "");
  if (index !== "dc.language" || !/^[a-z]{2,3}$/.test(text)) return text;
  return LANGUAGES.of(text) ?? text;
}
