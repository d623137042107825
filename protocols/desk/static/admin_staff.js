// Accounts of the staff, roles, programs. Nobody gives more than they have: the
// server sees to that, and says so.
import { branches, button, done, form, mark, rightsShown, secret, table, wish } from "./admin_parts.js";
import { namer } from "./admin_words.js";
import { el, say } from "./page.js";

/** @typedef {import("./admin_parts.js").Again} Again */

/** @param {string} text */
function words(text) {
  return text.split(/[\s,]+/).filter(Boolean);
}

/**
 * What roles are called: those that are built in by our words, the library's own by its words.
 * @param {any[]} roles @param {Awaited<ReturnType<typeof namer>>} named
 */
function roleNames(roles, named) {
  const names = roles.map(({ role, name, built_in }) => [role, built_in ? named("ROLE", role, name) : name]);
  return new Map(/** @type {[string, string][]} */ (names));
}

/** @param {Again} again @returns {Promise<Node[]>} */
export async function drawStaff(again) {
  const [found, known, named] = await Promise.all([wish("GET", "/staff"), wish("GET", "/roles"), namer()]);
  if (!found || !known) return [];
  const names = roleNames(known.roles, named);
  const held = (/** @type {string} */ written) => {
    const [code = "", place = ""] = written.split("@");
    const facts = { role: names.get(code) ?? code, place };
    return el("div", {}, named("ROLE", place === "all" ? "EVERYWHERE" : "AT", written, facts));
  };
  const fields = [
    { name: "user", label: say("USER_NAME"), isNeeded: true },
    { name: "name", label: say("FULL_NAME"), isNeeded: true },
    { name: "branch", label: say("BRANCH_ISIL"), isNeeded: true, offered: await branches() },
    { name: "roles", label: say("ROLES_HELD") },
  ];
  const add = form(say("NEW_ACCOUNT"), fields, say("ADD"), ({ roles = "", ...rest }) =>
    done(wish("POST", "/staff", { ...rest, roles: words(roles) }), again),
  );
  const rows = found.accounts.map((/** @type {any} */ each) => [
    [el("div", {}, each.name), el("div", { class: "s" }, `${each.user} · ${each.branch}`)],
    each.disabled ? mark("stop", say("DISABLED")) : each.has_password ? mark("done", say("GETS_IN")) : mark("todo", say("NO_PASSWORD")),
    each.roles.map(held),
    drawnAccount(each, again),
  ]);
  return [add, table(say("SECTION_staff"), ["NAME", "STATE", "ROLES_HELD", "ACTS"], rows)];
}

/** What is done with an account. @param {any} account @param {Again} again */
function drawnAccount(account, again) {
  const path = `/staff/${encodeURIComponent(account.user)}`;
  const change = (/** @type {unknown} */ body) => done(wish("PATCH", path, body), again);
  const roles = { name: "roles", label: say("ROLES_HELD"), value: account.roles.join(", ") };
  const password = { name: "password", label: say("PASSWORD_NEW"), type: "password", isNeeded: true };
  const acts = [
    form(say("CHANGE_ROLES"), [roles], say("SAVE"), ({ roles: said = "" }) => change({ roles: words(said) })),
    form(
      say("GIVE_PASSWORD"),
      [password],
      say("SAVE"),
      (given) => done(wish("POST", `${path}/password`, given), again),
      account.user,
    ),
    button(say(account.disabled ? "ENABLE" : "DISABLE"), () => change({ disabled: !account.disabled }), account.name),
  ];
  if (account.has_second_factor) {
    acts.push(button(say("TAKE_FACTOR"), () => done(wish("DELETE", `${path}/second-factor`), again), account.name));
  }
  return el("details", {}, el("summary", { "aria-label": `${say("CHANGE")}: ${account.name}` }, say("CHANGE")), ...acts);
}

/** @returns {Promise<Node[]>} */
export async function drawRoles() {
  const [found, named] = await Promise.all([wish("GET", "/roles"), namer()]);
  if (!found) return [];
  const names = roleNames(found.roles, named);
  const rows = found.roles.map((/** @type {any} */ each) => [
    [el("div", {}, names.get(each.role)), el("div", { class: "s" }, each.role)],
    each.built_in ? say("BUILT_IN") : "library.toml",
    rightsShown(each.rights),
  ]);
  return [table(say("SECTION_roles"), ["NAME", "FROM_WHERE", "RIGHTS"], rows), el("p", { class: "s" }, say("ROLES_HINT"))];
}

/** @param {Again} again @returns {Promise<Node[]>} */
export async function drawPrograms(again) {
  const found = await wish("GET", "/programs");
  if (!found) return [];
  const place = el("div");
  const fields = [
    { name: "name", label: say("NAME"), isNeeded: true },
    { name: "branch", label: say("BRANCH_ISIL"), isNeeded: true, offered: await branches() },
    { name: "rights", label: say("RIGHTS") },
  ];
  const add = form(say("NEW_PROGRAM"), fields, say("ADD"), async ({ name = "", branch, rights = "" }) => {
    const made = await wish("PUT", `/programs/${encodeURIComponent(name)}`, { branch, rights: words(rights) });
    if (made) place.replaceChildren(secret(`client_id: ${made.client_id}\nclient_secret: ${made.secret}`));
  });
  const rows = found.programs.map((/** @type {any} */ each) => [
    [el("div", {}, each.name), el("div", { class: "s" }, `${each.client_id} · ${each.branch}`)],
    each.revoked ? mark("stop", say("REVOKED")) : mark("done", say("GETS_IN")),
    rightsShown(each.rights),
    each.revoked ? "" : button(say("REVOKE"), () => done(wish("DELETE", `/programs/${encodeURIComponent(each.name)}`), again), each.name),
  ]);
  return [add, place, table(say("SECTION_programs"), ["NAME", "STATE", "RIGHTS", "ACTS"], rows)];
}
