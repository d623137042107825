// The house at work: machines, partners with their last errors, the daily jobs.
import { button, mark, table, tell, when, wish } from "./admin_parts.js";
import { namer } from "./admin_words.js";
import { el, now, say } from "./page.js";

/** @param {Record<string, number>} counts @param {(name: string) => string} [called] */
function counted(counts, called = (name) => name) {
  const parts = Object.entries(counts).map(([name, number]) => `${called(name)} ${number}`);
  return parts.length ? parts.map((each) => el("div", {}, each)) : "";
}

/** Deviations are about all messages, or about one field. @param {Awaited<ReturnType<typeof namer>>} named */
function oddity(named) {
  return (/** @type {string} */ name) => {
    const [what = "", field = ""] = name.split(": ");
    return field ? `${named("ODD", what)}: ${field}` : named("ODD", what);
  };
}

/** Milliseconds without a message after which a machine is quiet. */
const QUIET = 60 * 60 * 1000;

/** With the proxy before them, where there is one. @param {import("./admin_parts.js").Again} again @returns {Promise<Node[]>} */
export async function drawMachines(again) {
  const [found, named] = await Promise.all([wish("GET", "/terminals"), namer()]);
  const proxy = await (await import("./admin_proxy.js")).drawProxy(again);
  if (!found) return [];
  const rows = found.terminals.map((/** @type {any} */ each) => {
    const isQuiet = !each.last || now().getTime() - Date.parse(each.last) > QUIET;
    const state = isQuiet ? mark("todo", each.last ? say("QUIET") : say("NEVER_HEARD")) : mark("done", say("RUNS"));
    const odd = counted(each.deviations, oddity(named));
    return [each.account, [state, el("div", { class: "s" }, when(each.last))], counted(each.messages), odd];
  });
  return [table(say("SECTION_machines"), ["NAME", "STATE", "MESSAGES_SENT", "ODD"], rows), ...proxy];
}

/** @param {any} exchange */
function told(exchange) {
  if (!exchange) return "";
  const { at, service, outcome, milliseconds } = exchange;
  return [
    el("div", {}, `${service}: ${outcome}`),
    el("div", { class: "s" }, `${when(at)} · ${milliseconds} ms`),
  ];
}

/** @returns {Promise<Node[]>} */
export async function drawPartners() {
  const found = await wish("GET", "/partners");
  if (!found) return [];
  const more = el("div", { "aria-live": "polite" });
  const rows = found.partners.map((/** @type {any} */ each) => {
    const isWrong = each.last_error && each.last?.at === each.last_error.at;
    const waits = each.waiting ? mark("todo", say("WAIT", { count: each.waiting })) : null;
    const state = isWrong ? mark("stop", say("LAST_FAILED")) : (waits ?? mark("done", say("RUNS")));
    const look = button(say("EXCHANGES"), () => drawExchanges(each.agency, more), each.name);
    return [[el("div", {}, each.name), el("div", { class: "s" }, each.agency)], state, told(each.last_error), look];
  });
  return [table(say("SECTION_partners"), ["NAME", "STATE", "LAST_ERROR", "ACTS"], rows), more];
}

/** @param {string} agency @param {HTMLElement} place */
async function drawExchanges(agency, place) {
  const found = await wish("GET", `/partners/${encodeURIComponent(agency)}/exchanges?last=50`);
  if (!found) return;
  const rows = found.exchanges
    .reverse()
    .map((/** @type {any} */ each) => [when(each.at), each.direction, each.service, each.outcome, `${each.milliseconds} ms`]);
  place.replaceChildren(table(`${say("EXCHANGES")}: ${agency}`, ["WHEN", "DIRECTION", "SERVICE", "OUTCOME", "TOOK"], rows));
}

/** Steps of the dunning flow are counted by their code, which is the library's own. */
const OF_STEP = /^steps (?!passed over$)(.+)$/;

/** @returns {Promise<Node[]>} */
export async function drawJobs() {
  const [found, named] = await Promise.all([wish("GET", "/jobs?days=7"), namer()]);
  if (!found) return [];
  const done = (/** @type {Record<string, number>} */ counts) =>
    Object.entries(counts).map(([name, number]) => {
      const step = OF_STEP.exec(name)?.[1];
      const text = step ? named("COUNT", "steps", name, { step }) : named("COUNT", name);
      return el("div", {}, `${text}: ${number}`);
    });
  const rows = found.jobs.map((/** @type {any} */ { job, about, runs }) => {
    const [last] = [...runs].sort((one, other) => other.day.localeCompare(one.day));
    const state = last ? mark("done", when(last.ran)) : mark("todo", say("NOT_THIS_WEEK"));
    const name = named("JOB", job);
    const run = button(say("RUN"), () => runJob(job, name), name);
    const told = el("div", { class: "s" }, `${job}: ${named("JOB_TELLS", job, about)}`);
    return [[el("div", {}, name), told], state, last ? done(last.counts) : "", run];
  });
  return [table(say("SECTION_jobs"), ["JOB", "LAST_RUN", "COUNTS_OF", "ACTS"], rows)];
}

/** Goes on with a job until it is at its end. @param {string} job @param {string} name */
async function runJob(job, name) {
  tell(say("RUNNING", { job: name }));
  /** @type {string | null} */
  let cursor = null;
  do {
    const done = await wish("POST", `/jobs/${encodeURIComponent(job)}`, cursor ? { cursor } : {});
    if (!done) return;
    cursor = done.cursor;
  } while (cursor);
  tell(say("HAS_RUN", { job: name }));
}
