// Runs the query of the editor page and shows the result as a table; without it, the form still downloads results.
"use strict";

const form = document.getElementById("sparql");
const query = document.getElementById("query");
const result = document.getElementById("result");
const status_ = document.getElementById("status");
const table = document.getElementById("table");
const texts = form.dataset;

form.addEventListener("submit", (event) => {
  if (event.submitter && event.submitter.name === "format") return; // a download
  event.preventDefault();
  const address = new URL(form.action);
  address.searchParams.set("query", query.value);
  history.replaceState(null, "", address);
  run();
});

query.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

async function run() {
  result.hidden = false;
  table.replaceChildren();
  status_.textContent = texts.running;
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST",
      headers: { Accept: "application/sparql-results+json, text/turtle;q=0.9, application/problem+json" },
      body: new URLSearchParams({ query: query.value }),
    });
    const type = response.headers.get("Content-Type") || "";
    if (type.startsWith("application/sparql-results+json")) return showSolutions(await response.json());
    const text = await response.text();
    if (!response.ok) return showProblem(text);
    status_.textContent = "";
    table.append(element("pre", text));
  } catch {
    status_.textContent = texts.unreachable;
  }
}

function showProblem(text) {
  try {
    status_.textContent = JSON.parse(text).detail;
  } catch {
    status_.textContent = text;
  }
}

function showSolutions(answer) {
  if ("boolean" in answer) {
    status_.textContent = answer.boolean ? texts.yes : texts.no;
    return;
  }
  const names = answer.head.vars;
  const rows = answer.results.bindings;
  status_.textContent = `${rows.length} ${texts.rows}` + (answer.truncated ? `. ${texts.truncated}` : "");
  const head = element("tr");
  head.append(...names.map((name) => element("th", name)));
  const body = document.createElement("tbody");
  for (const row of rows) {
    const line = element("tr");
    line.append(...names.map((name) => cell(row[name])));
    body.append(line);
  }
  const whole = document.createElement("table");
  const thead = document.createElement("thead");
  thead.append(head);
  whole.append(thead, body);
  table.append(whole);
}

function cell(term) {
  const td = element("td");
  if (!term) return td;
  if (term.type === "uri" && /^https?:\/\//i.test(term.value)) {
    const link = element("a", term.value);
    link.href = term.value;
    link.rel = "noopener";
    td.append(link);
  } else {
    td.textContent = term.value;
    if (term["xml:lang"]) td.lang = term["xml:lang"];
  }
  return td;
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

if (texts.given === "yes") run();
