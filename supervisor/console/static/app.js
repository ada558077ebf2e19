"use strict";

// The symbol says what the colour says.
const symbols = {
  "up": "●", "waiting": "○", "connecting": "◌", "signing on": "◔", "signed off": "◍", "draining": "◑", "paused": "‖", "closed": "×",
};

const $ = (id) => document.getElementById(id);
let last = null; // the overview
let tap = null;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function state(text) {
  return element("span", { class: "state " + text.replaceAll(" ", "-") }, (symbols[text] || "?") + " " + text);
}

function span(milliseconds) {
  const s = Math.max(0, milliseconds / 1000);
  if (s < 60) return (s < 10 ? s.toFixed(1) : s.toFixed(0)) + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + Math.floor(s % 60) + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

function millis(value) {
  if (!value) return "–";
  return value < 10 ? value.toFixed(2) + " ms" : value < 1000 ? value.toFixed(0) + " ms" : (value / 1000).toFixed(1) + " s";
}

const since = (at) => span(Date.now() - Date.parse(at));
const clock = (at) => element("time", { datetime: at }, new Date(at).toLocaleTimeString());

function sparkline(values, text, label) {
  const box = element("div", { class: "line" });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 119 20");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  const top = Math.max(...values, 1e-9);
  line.setAttribute("points", values.map((v, i) => 120 - values.length + i + "," + (19 - 18 * v / top).toFixed(1)).join(" "));
  svg.append(line);
  box.append(svg, element("span", {}, text));
  return box;
}

function cell(label, ...children) {
  return element("td", { "data-label": label }, ...(children.length > 1 ? [element("span", {}, ...children)] : children));
}

function countdown(link) {
  if (!link.nextAttempt) return "";
  const left = Date.parse(link.nextAttempt) - Date.now();
  return left > 0 ? "in " + span(left) : "now";
}

// replace keeps the keyboard's place: what had the focus has it again.
function replace(parent, children) {
  const active = document.activeElement;
  const key = active && parent.contains(active) ? active.dataset.key : null;
  parent.replaceChildren(...children);
  if (key) {
    const again = [...parent.querySelectorAll("[data-key]")].find((e) => e.dataset.key === key);
    if (again) again.focus();
  }
}

function linkRow(link) {
  const rate = link.lines.map((p) => p.rate);
  const p99 = link.lines.map((p) => p.p99);
  const now = rate.length ? rate[rate.length - 1] : 0;
  const error = [];
  if (link.lastError) {
    error.push(element("span", { class: link.state === "up" ? "soft" : "error" }, link.lastError));
    if (link.lastFailed) error.push(element("span", { class: "soft" }, " (" + since(link.lastFailed) + " ago)"));
  }
  return element("tr", {},
    cell("Link", element("a", { href: "#" + encodeURIComponent(link.name), "data-key": "link " + link.name }, link.name)),
    cell("State", state(link.state), element("span", { class: "soft" }, " " + since(link.since))),
    cell("Last error", ...error),
    cell("Next attempt", ...(link.nextAttempt ? [element("span", { "data-next": link.nextAttempt }, countdown(link))] : [])),
    cell("Sends a second", sparkline(rate, now.toFixed(now < 10 ? 1 : 0), "sends a second until now")),
    cell("p99, last minute", sparkline(p99, millis(link.p99), "99th percentile until now")),
    cell("In flight", String(link.inFlight)),
    cell("Restarts", String(link.restarts)));
}

// summarize says what is read out when it changes, and only then.
function summarize(text, kind) {
  if ($("summary").textContent !== text) $("summary").textContent = text;
  $("summary").className = kind;
}

function showOverview() {
  const down = last.links.filter((l) => l.state !== "up");
  const degraded = last.groups.filter((g) => g.degraded);
  let text = (last.links.length - down.length) + " of " + last.links.length + " links are up.";
  if (down.length) text += " Not up: " + down.slice(0, 5).map((l) => l.name).join(", ") + (down.length > 5 ? " and " + (down.length - 5) + " more." : ".");
  if (degraded.length) text += " Too few links in " + degraded.map((g) => g.name).join(", ") + ".";
  summarize(text, degraded.length ? "error" : "");
  $("title").textContent = last.title;
  document.title = (down.length ? "(" + down.length + ") " : "") + last.title;

  $("groups-part").hidden = !last.groups.length;
  replace($("groups"), last.groups.map((g) => element("li", {},
    element("strong", {}, g.name), " ",
    element("span", { class: "state " + (g.degraded ? "degraded" : "up") },
      (g.degraded ? "▲ too few: " : "● ") + g.up + " of " + g.links.length + " up, " + g.minUp + " needed"),
    element("div", { class: "soft" }, g.links.join(", ")),
    ...(g.suspect.length ? [element("div", { class: "error" }, "suspect: " + g.suspect.join(", "))] : []))));
  // What is not up comes first.
  const order = [...last.links].sort((a, b) => (a.state === "up") - (b.state === "up"));
  replace($("links").tBodies[0], order.map(linkRow));
  $("links").hidden = !last.links.length;
  $("no-links").hidden = !!last.links.length;
  $("acceptors-part").hidden = !last.acceptors.length;
  replace($("acceptors").tBodies[0], last.acceptors.map((a) => element("tr", {},
    cell("Acceptor", a.name), cell("State", element("span", { class: "state " + (a.listening ? "up" : "closed") }, a.listening ? "● listening" : "× closed")),
    cell("Address", a.addr), cell("Sessions", String(a.sessions)), cell("Accepted", String(a.accepted)),
    cell("Refused", String(a.refused)))));
}

function facts(all) {
  replace($("facts"), all.filter(([, v]) => v).flatMap(([k, v]) => [element("dt", {}, k), element("dd", {}, v)]));
}

// rows joins buckets to bounds of 1, 2 and 5 times a power of ten.
function rows(buckets) {
  const made = [];
  for (const b of buckets) {
    const power = 10 ** Math.floor(Math.log10(b.upTo));
    const upTo = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= b.upTo * 0.999);
    const row = made[made.length - 1];
    if (row && row.upTo === upTo) row.count += b.count;
    else made.push({ upTo, count: b.count });
  }
  return made;
}

function bars(latency) {
  if (!latency.count) return [element("p", { class: "soft" }, "none")];
  const all = rows(latency.buckets);
  const most = Math.max(...all.map((b) => b.count));
  const grid = element("div", { class: "bars" });
  for (const b of all) {
    grid.append(element("span", {}, "≤ " + millis(b.upTo)),
      element("meter", { min: 0, max: most, value: b.count, "aria-label": b.count + " up to " + millis(b.upTo) }),
      element("span", {}, String(b.count)));
  }
  return [element("p", {}, "p50 " + millis(latency.p50) + ", p90 " + millis(latency.p90) + ", p99 " + millis(latency.p99) + ", max " + millis(latency.max)), grid];
}

const moments = (all) => all.length ? all.map((m) => element("li", {}, clock(m.at), m.text)) : [element("li", { class: "soft" }, "none")];

function showDetail(d) {
  $("detail-name").textContent = d.name;
  replace($("detail-state"), [state(d.state), " for " + since(d.since),
    ...(d.nextAttempt ? [", next attempt ", element("span", { "data-next": d.nextAttempt }, countdown(d))] : [])]);
  $("detail-error").hidden = !d.lastError;
  $("detail-error").textContent = d.lastError ? "Last error" + (d.lastFailed ? ", " + since(d.lastFailed) + " ago" : "") + ": " + d.lastError : "";
  facts([
    ["Peer", d.peer], ["Session", String(d.session)], ["Restarts", String(d.restarts)],
    ["In flight", String(d.inFlight)], ["Waiting to be written", String(d.queued)], ["In doubt, waiting for a late reply", String(d.inDoubt)],
    ["Last sign-on", d.lastSignOn && since(d.lastSignOn) + " ago"], ["Last echo", d.lastEcho && since(d.lastEcho) + " ago"],
    ["TLS", d.tls ? d.tls.version + ", " + d.tls.cipherSuite : "none"],
    ["Peer's certificate", d.tls && d.tls.peer], ["It ends", d.tls && d.tls.peerNotAfter && new Date(d.tls.peerNotAfter).toLocaleString()],
  ]);
  replace($("histogram"), bars(d.lastMinute));
  replace($("timeline"), moments(d.timeline));
  replace($("failures"), moments(d.failures));
  replace($("tallies").tBodies[0], d.tallies.map((t) => element("tr", {},
    cell("MTI", t.mti), cell("Answered", String(t.answered)), cell("Posted", String(t.posted)), cell("Rejected", String(t.rejected)),
    cell("Not sent", String(t.notSent)), cell("In doubt", String(t.inDoubt)), cell("Requests of the peer", String(t.requests)))));
}

function showActions() {
  const box = $("actions");
  if (!last || box.childElementCount === last.actions.length) return;
  box.hidden = !last.actions.length;
  box.replaceChildren(...last.actions.map((a) => {
    const b = element("button", { type: "button", "data-action": a }, { signon: "sign on", signoff: "sign off" }[a] || a);
    b.addEventListener("click", () => act(a));
    return b;
  }));
}

async function act(action) {
  const name = shown();
  $("action-result").textContent = action + " …";
  try {
    const response = await fetch("api/links/" + encodeURIComponent(name) + "/" + action, { method: "POST" });
    $("action-result").textContent = action + ": " + (response.ok ? "done" : await response.text());
  } catch (error) {
    $("action-result").textContent = action + ": " + error.message;
  }
  refresh();
}

const shown = () => decodeURIComponent(location.hash.slice(1));
let asked = 0, answered = 0; // of refresh: an answer that others have overtaken is old

async function refresh() {
  const name = shown(), number = ++asked;
  $("overview").hidden = !!name;
  $("detail").hidden = !name;
  if (!name) return;
  showActions();
  try {
    const response = await fetch("api/links/" + encodeURIComponent(name));
    const body = await (response.ok ? response.json() : response.text());
    if (shown() !== name || number < answered) return;
    answered = number;
    if (response.ok) {
      showDetail(body);
    } else {
      $("detail-name").textContent = name;
      $("detail-state").textContent = body;
    }
  } catch { /* the stream tells that the connection is lost */ }
}

function stopTap() {
  if (tap) tap.close();
  tap = null;
  $("tap").setAttribute("aria-pressed", "false");
  $("tap").textContent = "Show messages";
}

$("tap").addEventListener("click", () => {
  if (tap) { stopTap(); return; }
  const box = $("tap-text");
  box.hidden = false;
  box.textContent = "";
  $("tap").setAttribute("aria-pressed", "true");
  $("tap").textContent = "Stop";
  tap = new EventSource("tap/" + encodeURIComponent(shown()));
  tap.onmessage = (e) => { box.textContent = (e.data + "\n\n" + box.textContent).slice(0, 100000); };
  tap.onerror = stopTap;
});

// The keyboard goes where the eye goes: to the name of the link, or back to its row.
window.addEventListener("hashchange", (e) => {
  stopTap();
  $("tap-text").hidden = true;
  $("action-result").textContent = "";
  $("detail-name").textContent = shown();
  $("detail-state").textContent = "…";
  refresh();
  const from = decodeURIComponent(new URL(e.oldURL).hash.slice(1));
  const next = shown() ? $("detail-name") : document.querySelector("[data-key=" + JSON.stringify("link " + from) + "]");
  if (next) next.focus();
});

setInterval(() => {
  for (const e of document.querySelectorAll("[data-next]")) {
    const left = Date.parse(e.dataset.next) - Date.now();
    e.textContent = left > 0 ? "in " + span(left) : "now";
  }
}, 200);

// A browser itself connects again, unless it was answered, by a proxy for example.
function follow() {
  const events = new EventSource("events");
  events.onmessage = (e) => {
    last = JSON.parse(e.data);
    showOverview();
    refresh();
  };
  events.onerror = () => {
    summarize("The connection to the console is lost; trying again. What is shown is old.", "error");
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000);
  };
}
follow();
