// The words of administration alone. They have a file of their own, read when a section needs it,
// so that no desk waits for them.

const language = document.documentElement.lang;

/** @type {Promise<Record<string, string>> | undefined} */
let asked;

/** What was not read is asked for again; until then everything has the name that the API gives it. */
function read() {
  asked ??= fetch(new URL(`administration-${language}.json`, import.meta.url))
    .then((answer) => answer.json())
    .catch(() => {
      asked = undefined;
      return {};
    });
  return asked;
}

/**
 * Words for codes of the API, by the kind of thing they name.
 * @returns {Promise<(kind: string, code: string, otherwise?: string, facts?: Record<string, string>) => string>}
 *   `otherwise` is said of what has no words, as that of a plug-in
 */
export async function namer() {
  const words = await read();
  return (kind, code, otherwise = code, facts = {}) => {
    const found = words[`${kind}_${code.replaceAll(" ", "_")}`];
    return found?.replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "") ?? otherwise;
  };
}
