// Passkeys: the browser is asked for one, or to make one; what it says goes to the API.
import { ask } from "./page.js";

/** Milliseconds after which what the browser waits with is asked for anew: the API's lasts five minutes. */
const LASTS = 4 * 60 * 1000;

/** Does this browser know them, in the form that the API takes? They are made for names of hosts alone. */
export const areKnown =
  "PublicKeyCredential" in window &&
  "parseRequestOptionsFromJSON" in PublicKeyCredential &&
  !/^[\d.]+$|^\[/.test(location.hostname);

/** @param {Credential | null} found */
function written(found) {
  return found instanceof PublicKeyCredential ? found.toJSON() : null;
}

/**
 * A passkey that somebody shows; rejects where they show none, and with an Error of the server's words
 * where it takes none.
 * @param {AbortSignal} [signal]
 * @param {CredentialMediationRequirement} [mediation]
 * @returns {Promise<object | null>}
 */
export async function shown(signal, mediation) {
  const { body } = await ask("POST", "/sessions/passkey");
  if (!body.options) throw new Error(body.why ?? body.detail ?? body.title);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(body.options);
  return written(await navigator.credentials.get({ publicKey, signal, mediation }));
}

/**
 * One that somebody chooses where browsers fill in names and passwords.
 * @param {AbortSignal} stop
 * @returns {Promise<object | null>}
 */
export async function chosen(stop) {
  if (!areKnown || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return null;
  while (!stop.aborted) {
    const late = AbortSignal.timeout(LASTS);
    try {
      return await shown(AbortSignal.any([stop, late]), "conditional");
    } catch {
      if (!late.aborted) return null;
    }
  }
  return null;
}

/**
 * A new one; null where nobody makes it.
 * @param {any} options as the API gives them
 * @returns {Promise<object | null>}
 */
export async function made(options) {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return written(await navigator.credentials.create({ publicKey }).catch(() => null));
}
