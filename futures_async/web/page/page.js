// Shows what /events tells: a whole picture first, then what has changed. Numbers are text and stay text: they are
// only turned into floating point to sort by them and to draw.

const [NEAR, CLOSE] = [0.05, 0.15]; // distances that are drawn as near, and as close
const OLD_MS = 10_000; // an account that was read longer ago looks stale
const SILENT_MS = 20_000; // the service says every 15 s that it is there
const JUMP_MS = 5_000; // clocks that part by more at once: one was set, or stood still
const POINTS = 240; // of the sparkline

const picture = { accounts: {}, positions: {}, orders: {}, stops: {}, totals: {}, alerts: {}, problems: {}, awaited: {}, fills: [] };
const history = Object.create(null); // names are the venues' and the owner's: none is one of our own
const at = (id) => document.getElementById(id);
let word = null;
let heard = -Infinity; // by a clock that nobody sets
let ahead = 0; // of the service's clock, which ages go by: a phone's may be minutes off

// Small helpers

const large = new Intl.NumberFormat("en", { maximumFractionDigits: 2, minimumFractionDigits: 2 });
const small = new Intl.NumberFormat("en", { maximumFractionDigits: 6, minimumFractionDigits: 2 }); // bitcoins, too
const grouped = (number) => (Math.abs(number) < 100 ? small : large).format(number);
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 8, useGrouping: false });
const few = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, useGrouping: false });
const none = (text) => text === null || text === undefined;
const exact = (text) => (none(text) ? "–" : text.includes(".") ? text.replace(/\.?0+$/, "") : text);
const show = (text) => (none(text) ? "–" : short.format(Number(text)));
const money = (text) => (none(text) ? "–" : grouped(Number(text)));
const percent = (text) => (none(text) ? "–" : `${(Number(text) * 100).toFixed(1)} %`);
const time = (ms) => (ms && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(11, 19) : "–");

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

// What is read aloud when it changes is not written again where it has not.
function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function signed(text) {
  const number = none(text) ? 0 : Number(text);
  return make("span", { text: none(text) ? "–" : `${number > 0 ? "+" : ""}${grouped(number)}`, class: number > 0 ? "up" : number < 0 ? "down" : null });
}

// Tables: a column has a title, how its cell is made, and what it is sorted by

const number = (text) => (none(text) ? null : Number(text)); // what is not known is not 0
const RANKS = ["near", "close", "unknown", "far"];
const byDanger = (row) => [RANKS.indexOf(row.danger), number(row.danger_left) ?? Infinity, number(row.distance_to_liquidation) ?? Infinity];
const POSITIONS = [
  { name: "account", title: "account", text: true, cell: (row) => row.account },
  { name: "symbol", title: "symbol", text: true, cell: (row) => row.symbol },
  { name: "side", title: "side", text: true, cell: (row) => row.side },
  { name: "quantity", title: "quantity", cell: (row) => exact(row.quantity), by: (row) => number(row.quantity) },
  { name: "entry", title: "entry", cell: (row) => show(row.entry_price), by: (row) => number(row.entry_price) },
  { name: "mark", title: "mark", cell: (row) => show(row.mark_price), by: (row) => number(row.mark_price) },
  { name: "liquidation", title: "liquidation", cell: (row) => show(row.liquidation_price), by: (row) => number(row.liquidation_price) },
  { name: "distance", title: "distance", cell: drawnDistance, by: (row) => number(row.distance_to_liquidation) },
  { name: "pnl", title: "PnL", cell: (row) => signed(row.unrealized_pnl), by: (row) => number(row.unrealized_pnl) },
  { name: "roe", title: "ROE", cell: (row) => percent(row.roe), by: (row) => number(row.roe) },
  { name: "margin", title: "margin", cell: (row) => money(row.margin), by: (row) => number(row.margin) },
  { name: "notional", title: "value", cell: (row) => money(row.notional), by: (row) => number(row.notional) },
  { name: "funding", title: "funding", cell: (row) => signed(row.funding), by: (row) => number(row.funding) },
];
const ORDERS = [
  { title: "account", text: true, cell: (row) => row.account },
  { title: "symbol", text: true, cell: (row) => row.symbol },
  { title: "side", text: true, cell: (row) => row.side },
  { title: "kind", text: true, cell: (row) => (row.kind === "plain" ? row.type : row.kind.replace("_", " ")) },
  { title: "price", cell: (row) => exact(row.price ?? row.trigger_price) },
  { title: "quantity", cell: (row) => exact(row.quantity) },
  { title: "filled", cell: (row) => exact(row.filled_quantity) },
  { title: "status", text: true, cell: (row) => row.status },
];
const FILLS = [
  { title: "time (UTC)", text: true, cell: (row) => time(row.created_ms) },
  { title: "account", text: true, cell: (row) => row.account },
  { title: "symbol", text: true, cell: (row) => row.symbol },
  { title: "side", text: true, cell: (row) => row.side },
  { title: "price", cell: (row) => exact(row.price) },
  { title: "quantity", cell: (row) => exact(row.quantity) },
  { title: "fee", cell: (row) => (none(row.fee) ? "–" : `${exact(row.fee)} ${row.fee_coin ?? ""}`.trim()) },
];

function drawnDistance(row) {
  const far = percent(row.distance_to_liquidation);
  // Where the margin ratio is the danger, a drawing of the distance would say that all is well.
  if (!none(row.danger_ratio)) return make("span", { text: `ratio ${percent(row.danger_ratio)}, ${far}` });
  const cell = make("span", { text: far });
  if (none(row.distance_to_liquidation)) return cell;
  const meter = make("meter", { min: 0, max: 1, low: NEAR, high: CLOSE, optimum: 1, "aria-hidden": "true" });
  meter.value = Math.max(0, Math.min(1, number(row.distance_to_liquidation)));
  return make("span", {}, cell, meter);
}

// What is sorted and filtered stands in the address, so that it can be kept and sent on

const chosen = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
let choice = chosen();
const sorting = () => choice.get("sort") ?? "danger";

function choose(name, value) {
  if (value) choice.set(name, value);
  else choice.delete(name);
  globalThis.history.replaceState(null, "", `#${choice}`);
  draw();
}

// What is not known comes last, whichever way round.
function sorted(rows) {
  const column = POSITIONS.find((one) => one.name === sorting().replace(/^-/, ""));
  const by = column ? (column.by ?? column.cell) : byDanger;
  const turn = column && sorting().startsWith("-") ? -1 : 1;
  return rows.sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return x === null || y === null ? (x === null) - (y === null) : turn * compared(x, y);
  });
}

function compared(x, y) {
  if (typeof x === "string") return x.localeCompare(y);
  if (typeof x === "number") return x === y ? 0 : x - y;
  return x.map((one, index) => compared(one, y[index])).find(Boolean) ?? 0;
}

function head(table, columns, sortable) {
  const row = table.tHead.rows[0];
  const drawn = `${sortable ? sorting() : ""} ${word !== null}`;
  if (row.dataset.drawn === drawn) return;
  row.dataset.drawn = drawn;
  row.replaceChildren(
    ...columns.map((column) => {
      if (!sortable) return make("th", { scope: "col", class: column.text ? "text" : null, text: column.title });
      const now = sorting().replace(/^-/, "") === column.name;
      const down = sorting().startsWith("-");
      const button = make("button", { type: "button", text: `${column.title}${now ? (down ? " ▼" : " ▲") : ""}` });
      button.addEventListener("click", () => {
        choose("sort", !now ? column.name : down ? "" : `-${column.name}`);
        drawNow();
        table.tHead.rows[0].cells[columns.indexOf(column)].firstChild.focus();
      });
      return make("th", { scope: "col", class: column.text ? "text" : null, "aria-sort": now ? (down ? "descending" : "ascending") : null }, button);
    }),
    ...(word ? [make("th", { scope: "col", class: "text", text: "act" })] : []),
  );
}

// A line that says what it said before stays the element that it is, and its button stays in any case: nothing is
// taken away from under a pointer, a keyboard's focus or a reader's voice.
function fill(table, columns, rows, empty, dress = () => ({}), action = null) {
  const body = table.tBodies[0];
  const before = new Map([...body.rows].map((line) => [line.dataset.key, line]));
  const times = Object.create(null);
  const lines = rows.map((row) => {
    const again = (times[row.key] = (times[row.key] ?? 0) + 1); // a line of its own, whatever its key
    const attributes = { "data-key": again === 1 ? row.key : `${row.key} ${again}`, ...dress(row) };
    const said = JSON.stringify([attributes, row, word !== null]);
    const old = before.get(String(attributes["data-key"]));
    if (old?.said === said) return old;
    const cells = columns.map((column) => make("td", { class: column.text ? "text" : null, "data-title": column.title }, column.cell(row)));
    if (word) cells.push(old?.cells[columns.length] ?? make("td", { class: "text" }, ...(action ? [action(row)] : [])));
    const line = old ?? make("tr");
    line.replaceChildren(...cells);
    for (const name of ["class", "data-key", "data-row"]) {
      if (attributes[name]) line.setAttribute(name, attributes[name]);
      else line.removeAttribute(name);
    }
    line.said = said;
    return line;
  });
  const width = columns.length + (word ? 1 : 0);
  if (!lines.length) lines.push(make("tr", {}, make("td", { class: "empty", colspan: width, text: empty })));
  if (lines.length === body.rows.length && lines.every((line, index) => line === body.rows[index])) return;
  const focused = document.activeElement;
  body.replaceChildren(...lines);
  if (focused !== document.activeElement && body.contains(focused)) focused.focus();
}

// Drawing

const isLive = () => performance.now() - heard < SILENT_MS;
const ageMs = (account) => Math.max(0, Date.now() + ahead - account.as_of_ms);
// A stream is judged by its own heartbeat, which may be slow; what is read must have been read lately.
const isOverdue = (account) => account.stream !== "live" && ageMs(account) > OLD_MS;
// A row that cannot be read makes no other of its account old.
const isOld = (account) => !isLive() || !account || account.old || isOverdue(account);
let waiting = false;

function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(drawNow);
}

function drawNow() {
  waiting = false;
  drawTotals();
  drawAlerts();
  drawPositions();
  drawOrders();
  drawAccounts();
  const unsure = (row) => ({ class: isOld(picture.accounts[row.account]) || picture.problems[`${row.account} fills`] ? "stale" : null });
  fill(at("fills"), FILLS, picture.fills.slice(0, 50), nothing("fills since this was begun", ["fills"]), unsure);
  head(at("fills"), FILLS);
}

const listed = (names) => [...new Set(names)].join(", ");

// Whose rows of these kinds are not known; of positions the account itself tells.
const unknownOf = (kinds) => [
  ...Object.values(picture.accounts).filter((one) => kinds.some((kind) => one.not_known.includes(kind))),
  ...[...Object.values(picture.awaited), ...Object.values(picture.problems)].filter((one) => kinds.includes(one.what)),
].map((one) => one.account);

// What stands where there are no rows: that there are none is said only where that is known.
function nothing(what, kinds) {
  const accounts = Object.values(picture.accounts);
  if (!accounts.length) return "Not read yet.";
  if (!isLive()) return `No ${what} when the connection was lost.`;
  const unknown = unknownOf(kinds);
  const old = accounts.filter((one) => isOld(one) && !unknown.includes(one.account)).map((one) => one.account);
  const but = [unknown.length ? `nothing is known of ${listed(unknown)}` : "", old.length ? `old is ${listed(old)}` : ""].filter(Boolean);
  return but.length ? `No ${what} known; ${but.join("; ")}.` : `No ${what}.`;
}

function drawPositions() {
  const words = (choice.get("filter") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const all = Object.values(picture.positions);
  const rows = all.filter((row) => words.every((part) => `${row.account} ${row.symbol} ${row.side}`.toLowerCase().includes(part)));
  const table = at("positions");
  head(table, POSITIONS, true);
  const dress = (row) => ({
    "data-row": row.key,
    class: [isOld(picture.accounts[row.account]) ? "stale" : "", ["near", "close"].includes(row.danger) ? row.danger : ""].join(" ").trim() || null,
  });
  // A button outlives changes of its row, of which the margin mode may be one.
  const close = ({ key, account, symbol, side, margin_mode }) =>
    ask({ action: "close", account, symbol, side, margin_mode: (picture.positions[key] ?? { margin_mode }).margin_mode });
  const empty = all.length ? `None of the ${all.length} positions is of this filter.` : nothing("open positions", ["positions"]);
  fill(table, POSITIONS, sorted(rows), empty, dress, (row) =>
    button(`close ${row.key}`, "Close…", () => close(row)));
  const counted = `${all.length} position${all.length === 1 ? "" : "s"}`;
  const unknown = listed(unknownOf(["positions"]));
  const told = [rows.length === all.length ? counted : `${rows.length} of ${counted}`];
  if (rows.length > 1 && sorting() === "danger") told.push("the greatest danger first");
  if (unknown) told.push(`nothing is known of ${unknown}`);
  tell(at("count"), told.join("; "));
}

function drawOrders() {
  head(at("orders"), ORDERS);
  const dress = (row) => ({
    class: isOld(picture.accounts[row.account]) || picture.problems[`${row.account} ${row.key in picture.orders ? "orders" : "stops"}`] ? "stale" : null,
  });
  const rows = Object.values({ ...picture.stops, ...picture.orders });
  fill(at("orders"), ORDERS, rows, nothing("open orders", ["orders", "stops"]), dress, (row) =>
    button(`cancel ${row.key}`, "Cancel…", () => ask({ action: "cancel", account: row.account, symbol: row.symbol, order_id: row.order_id, kind: row.kind })));
}

const SUMS = { equity: "equity", unrealized_pnl: "PnL", margin: "margin", exposure: "exposure" };

// Who is in none of the sums, and who is in some of them only: a line for each such choice of sums.
function missing(total) {
  const lines = {};
  for (const [name, parts] of Object.entries(total.missing_parts)) {
    const all = parts.length === Object.keys(SUMS).length;
    (lines[`not in ${all ? "it" : parts.map((part) => SUMS[part]).join(", ")}`] ??= []).push(name);
  }
  return Object.entries(lines).map(([title, names]) => [title, names.join(", ")]);
}

// Whose part in a coin's sums is of before.
function oldIn(coin) {
  const counts = (one) => one.margin_coin === coin;
  const old = Object.values(picture.accounts).filter(isOld).map((one) => one.account);
  const held = new Set(Object.values(picture.positions).filter(counts).map((row) => row.account));
  return old.filter((name) => held.has(name) || picture.accounts[name].balances.some(counts));
}

const byExposure = (a, b) => Number(b.exposure) - Number(a.exposure) || a.coin.localeCompare(b.coin);

function drawTotals() {
  deal(
    at("totals"),
    // Coins of which there is nothing, and which nothing is left out of, say nothing.
    ...Object.values(picture.totals).filter((total) => Number(total.equity) || Number(total.exposure) || total.missing.length).sort(byExposure).map((total) =>
      card(total.coin, null, [
        ["equity", money(total.equity)],
        ["PnL", signed(total.unrealized_pnl)],
        ["margin", money(total.margin)],
        ["exposure", money(total.exposure)],
        ["exposure / equity", percent(total.exposure_ratio)],
        ...missing(total),
        ...(isLive() && oldIn(total.coin).length ? [["old in it", listed(oldIn(total.coin))]] : []),
      ], [sparkline(history[total.coin] ?? [], total.coin)])),
  );
}

function drawAccounts() {
  deal(
    at("accounts"),
    ...Object.values(picture.accounts).map((account) => {
      const state = isOld(account) && account.status === "ok" ? "stale" : account.status;
      const age = account.as_of_ms ? `${(ageMs(account) / 1000).toFixed(0)} s` : "–";
      const rows = [["age", age], ["line", account.stream ?? "read"]];
      for (const balance of account.balances) {
        rows.push([`equity ${balance.margin_coin}`, money(balance.equity)], [`margin ratio ${balance.margin_coin}`, percent(balance.margin_ratio)]);
      }
      const problems = Object.values(picture.problems).filter((one) => one.account === account.account);
      const said = [account.error, account.stream_error && `not streamed: ${account.stream_error}`, ...problems.map((one) => `${one.what} are not known: ${one.error}`)].filter(Boolean);
      return card(account.account, state, rows, said.map((text) => make("p", { class: "error", text })), true);
    }),
  );
}

function drawAlerts() {
  const alerts = Object.values(picture.alerts);
  at("alerts-part").hidden = alerts.length === 0;
  const lines = alerts.map((alert) => `${alert.rule}: ${alert.subject.join(" ")} (${alert.value === null ? "gone" : few.format(Number(alert.value))})`);
  const said = JSON.stringify(lines);
  if (at("alerts").dataset.said === said) return;
  at("alerts").dataset.said = said;
  at("alerts").replaceChildren(...lines.map((text) => make("li", { text })));
}

// An account's name leads to its positions; the link stays the element that it is, as lines of tables do.
const links = Object.create(null);

function card(title, state, rows, more = [], linked = false) {
  const list = make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", {}, value)]));
  const name = linked ? (links[title] ??= make("a", { href: `#${new URLSearchParams({ filter: title })}`, text: title })) : title;
  return make("article", { class: "card", "data-account": title }, make("h3", {}, name, ...(state ? [make("span", { class: `state ${state}`, text: state })] : [])), list, ...more);
}

function deal(place, ...cards) {
  const focused = document.activeElement;
  place.replaceChildren(...cards);
  if (focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
}

function sparkline(points, coin) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${POINTS} 20`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `equity in ${coin} since this page was opened`);
  if (points.length > 1) {
    const [low, high] = [Math.min(...points), Math.max(...points)];
    const y = (value) => 19 - (high === low ? 9 : ((value - low) / (high - low)) * 18);
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", points.map((value, index) => `${index ? "L" : "M"}${(index * POINTS) / (points.length - 1)} ${y(value).toFixed(2)}`).join(""));
    svg.append(path);
  }
  return svg;
}

function button(key, title, act) {
  const made = make("button", { type: "button", text: title, "aria-label": `${title.replace("…", "")} ${key.replace(/^\w+ /, "")}`, "data-act": key });
  made.addEventListener("click", act);
  return made;
}

// Acting: what would happen is asked for first, and shown

async function post(body) {
  const answer = await fetch("act", { method: "POST", headers: { "Content-Type": "application/json", "X-Futures-Async": word }, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.error), { refused: answer.status < 500 });
  return said;
}

function list(lines) {
  at("ask-steps").replaceChildren(...lines.map((text) => make("li", { text })));
}

let turn = 0; // an answer to an earlier question is not shown: "Do it" would do something else
let underWay = false; // what has been sent is seen to its end

function titled(told) {
  if (told.done.some((one) => one.result === "unknown")) return "Not known: look at the venue";
  const all = told.done.every((one) => ["done", "nothing to do"].includes(one.result)) && !told.left.length && !Object.keys(told.problems).length;
  return all ? "This has happened" : "Not all was done";
}

function ask(body) {
  if (underWay) return;
  const [dialog, title, yes, no, closes] = [at("ask"), at("ask-title"), at("ask-yes"), at("ask-no"), at("ask-close")];
  const box = closes.querySelector("input");
  let steps = []; // that are shown: these are taken, and no others
  const said = async () => {
    const mine = ++turn;
    title.textContent = "This will happen";
    yes.hidden = true;
    list([]);
    const told = await post({ ...body, dry_run: true }).catch((error) => ({ steps: [], problems: {}, error }));
    if (mine !== turn) return;
    const problems = Object.entries(told.problems).map(([account, problem]) => `${account}: ${problem}`);
    list([...told.steps.map((step) => `${step.account}: ${step.says}`), ...problems]);
    steps = told.steps.map(({ says, ...step }) => step);
    yes.hidden = steps.length === 0;
    if (told.error) list([told.error.message]);
    else if (!told.steps.length && !problems.length) list(["Nothing: there is nothing to do."]);
  };
  closes.hidden = body.action !== "halt";
  box.checked = false;
  box.onchange = () => { body.close = box.checked; said(); };
  no.textContent = "Leave it";
  no.onclick = () => dialog.close();
  dialog.oncancel = (event) => { if (underWay) event.preventDefault(); };
  // Browsers let a second Escape through whatever the page says.
  dialog.onclose = () => { if (underWay) dialog.showModal(); else ++turn; };
  yes.onclick = async () => {
    ++turn;
    underWay = yes.hidden = closes.hidden = no.disabled = true;
    title.textContent = "Under way…";
    try {
      const told = await post({ ...body, dry_run: false, steps });
      title.textContent = titled(told);
      list([
        ...told.done.map((one) => `${one.account}: ${one.action} ${one.symbol}: ${one.result}${one.status ? ` (${one.status})` : ""}${one.detail ? `: ${one.detail}` : ""}`),
        ...told.left.map((step) => `${step.account}: not done, for it was not shown: ${step.says}`),
        ...Object.entries(told.problems).map(([account, problem]) => `${account}: ${problem}`),
      ]);
    } catch (error) {
      title.textContent = error.refused ? "Refused: nothing was done" : "Not known: look at the venue";
      list([error.message]);
    }
    underWay = no.disabled = false;
    no.textContent = "Close";
    no.focus();
  };
  dialog.showModal();
  return said();
}

// Listening

function take(part, rows) {
  for (const [key, row] of Object.entries(rows)) {
    if (row === null) delete picture[part][key];
    else picture[part][key] = row;
  }
}

function told(nowMs) {
  heard = performance.now();
  if (nowMs) ahead = nowMs - Date.now();
}

function remember() {
  for (const total of Object.values(picture.totals)) {
    const points = (history[total.coin] ??= []);
    points.push(Number(total.equity));
    if (points.length > POINTS) points.shift();
  }
}

// Browsers keep six connections to a host, for all their tabs: one that nobody sees gives its own up, and goes on where
// it was.
let source = null;
let last = "";

function hush() {
  source?.close();
  source = null;
}

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(last ? `events?last_event_id=${encodeURIComponent(last)}` : "events");
  const hear = (kind, act) =>
    source.addEventListener(kind, (event) => {
      told();
      last = event.lastEventId || last;
      act(JSON.parse(event.data));
      say();
      draw();
    });
  hear("beat", (nowMs) => told(nowMs));
  hear("snapshot", ({ now_ms: nowMs, ...whole }) => {
    told(nowMs);
    Object.assign(picture, whole);
    remember();
  });
  hear("changes", (changes) => {
    for (const [part, rows] of Object.entries(changes)) take(part, rows);
    if (changes.totals) remember();
  });
  hear("fill", (one) => {
    picture.fills.unshift(one);
    picture.fills.length = Math.min(picture.fills.length, 200);
  });
  source.onopen = () => { told(); say(); };
  source.onerror = () => {
    heard = -Infinity;
    say();
    draw();
    if (source?.readyState === EventSource.CLOSED) {
      hush();
      setTimeout(begin, 1000);
    }
  };
}

// The browser itself comes back to a service that is there; it gives up where it is refused.
async function begin() {
  const answer = await fetch("session").catch(() => null);
  if (answer?.status === 401) {
    location.assign(`login${location.hash}`);
    return;
  }
  const session = answer?.ok ? await answer.json().catch(() => null) : null;
  if (session === null) {
    setTimeout(begin, 1000);
    return;
  }
  word = session.trading ? session.word : null;
  at("halt").hidden = word === null;
  listen();
}

let apart = Date.now() - performance.now();

function tick() {
  const before = apart;
  apart = Date.now() - performance.now();
  // The computer has slept, or its clock was set: what was heard is of before, and the time is to be told anew.
  if (Math.abs(apart - before) > JUMP_MS) {
    heard = -Infinity;
    last = "";
    if (source) {
      hush();
      listen();
    }
  }
  say();
  draw();
}

function say() {
  const live = isLive();
  const line = at("line");
  tell(line, live ? "live" : "no connection: what is shown is old");
  line.dataset.state = live ? "live" : "lost";
}

// Beginning

at("filter").value = choice.get("filter") ?? "";
at("filter").addEventListener("input", (event) => choose("filter", event.target.value));
document.querySelector("form.tools").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => {
  if (location.hash && !location.hash.includes("=")) return; // a place on the page
  choice = chosen();
  at("filter").value = choice.get("filter") ?? "";
  draw();
});
at("halt").addEventListener("click", () => ask({ action: "halt", close: false }));

const theme = at("theme");
function paint(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  theme.setAttribute("aria-pressed", String(dark));
}

// Browsers that keep nothing for pages refuse even to be asked.
function kept(act) {
  try {
    return act(localStorage);
  } catch {
    return null;
  }
}

const painted = kept((store) => store.getItem("theme"));
paint(painted ? painted === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
theme.addEventListener("click", () => {
  const dark = theme.getAttribute("aria-pressed") !== "true";
  kept((store) => store.setItem("theme", dark ? "dark" : "light"));
  paint(dark);
});

document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
await begin();
draw();
setInterval(tick, 1000);
