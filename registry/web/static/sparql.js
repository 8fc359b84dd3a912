// The query page: runs queries and shows the result as table and map; without it, the form still downloads results.
"use strict";

import { highlight, undeclared } from "./highlight.js";
import { positionOf, showMap } from "./map.js";

const form = document.getElementById("sparql");
const query = document.getElementById("query");
const result = document.getElementById("result");
const status_ = document.getElementById("status");
const table = document.getElementById("table");
const ground = document.getElementById("map");
const permalink = document.getElementById("permalink");
const texts = form.dataset;
const prefixes = JSON.parse(texts.prefixes);
const SHOWN = 2000; // rows of a table that a browser still scrolls well
const repaint = highlight(query, document.getElementById("below"));
let map = null;

form.addEventListener("submit", (event) => {
  declare();
  if (event.submitter && event.submitter.name === "format") return; // a download
  event.preventDefault();
  history.replaceState(null, "", address());
  run();
});

query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

for (const link of document.querySelectorAll("#examples a")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    query.value = new URL(link.href).searchParams.get("query");
    link.closest("details").open = false;
    form.requestSubmit();
  });
}

function address() {
  const found = new URL(form.action);
  found.searchParams.set("query", query.value);
  return found;
}

// Known prefixes need not be typed: those that are used and not declared are put in front.
function declare() {
  const missing = Object.entries(undeclared(query.value, prefixes));
  if (missing.length) query.value = missing.map(([name, iri]) => `PREFIX ${name}: <${iri}>\n`).join("") + query.value;
  repaint();
}

async function run() {
  result.hidden = false;
  table.replaceChildren();
  if (map) map.remove();
  map = null;
  ground.hidden = true;
  permalink.href = address();
  status_.textContent = texts.running;
  const began = performance.now();
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/sparql-results+json, text/turtle;q=0.9, application/problem+json" },
      body: new URLSearchParams({ query: query.value }),
    });
    const type = response.headers.get("Content-Type") || "";
    if (type.startsWith("application/sparql-results+json")) return showSolutions(await response.json(), began);
    const text = await response.text();
    if (!response.ok) return showProblem(text);
    status_.textContent = took(began);
    table.append(element("pre", text));
  } catch {
    status_.textContent = texts.unreachable;
  }
}

function took(began) {
  return `${((performance.now() - began) / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 })} s`;
}

function showProblem(text) {
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    status_.textContent = text;
    return;
  }
  status_.textContent = problem.detail;
  if (!problem.line) return;
  const lines = query.value.split("\n");
  const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + problem.column - 1;
  query.focus();
  query.setSelectionRange(start, start + 1);
}

function showSolutions(answer, began) {
  if ("boolean" in answer) {
    status_.textContent = answer.boolean ? texts.yes : texts.no;
    return;
  }
  const names = answer.head.vars;
  const rows = answer.results.bindings;
  status_.textContent = `${rows.length} ${texts.rows}, ${took(began)}` + (answer.truncated ? `. ${texts.truncated}` : "");
  const head = element("tr");
  head.append(...names.map((name) => element("th", name)));
  const body = document.createElement("tbody");
  for (const row of rows.slice(0, SHOWN)) {
    const line = element("tr");
    line.append(...names.map((name) => cell(row[name])));
    body.append(line);
  }
  const whole = document.createElement("table");
  const thead = document.createElement("thead");
  thead.append(head);
  whole.append(thead, body);
  table.append(whole);
  if (rows.length > SHOWN) table.append(element("p", texts.more));
  showPlaces(names, rows);
}

function showPlaces(names, rows) {
  const points = [];
  for (const row of rows) {
    const position = positionOf(row);
    if (!position) continue;
    const content = element("div");
    for (const name of names.filter((one) => row[one] && !(row[one].datatype || "").endsWith("#wktLiteral"))) {
      const line = element("div");
      line.append(...cell(row[name]).childNodes);
      content.append(line);
    }
    points.push({ ...position, content });
  }
  if (!points.length) return;
  ground.hidden = false;
  map = showMap(ground, points);
}

function cell(term) {
  const td = element("td");
  if (!term) return td;
  if (term.type === "uri" && /^https?:\/\//i.test(term.value)) {
    const link = element("a", shortened(term.value));
    link.href = term.value;
    link.title = term.value;
    link.rel = "noopener";
    td.append(link);
  } else {
    td.append(term.value);
    if (term["xml:lang"]) td.lang = term["xml:lang"];
  }
  return td;
}

function shortened(iri) {
  for (const [name, namespace] of Object.entries(prefixes)) {
    const local = iri.slice(namespace.length);
    if (iri.startsWith(namespace) && /^[\w-]+$/.test(local)) return `${name}:${local}`;
  }
  return iri;
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

if (texts.given === "yes") run();
