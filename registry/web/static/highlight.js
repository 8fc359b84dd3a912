// Colours for SPARQL: the text of a textarea is repeated below it, with a class for every kind of word.
"use strict";

const KEYWORDS = new Set(
  ("a add all as asc ask avg base bind bnode bound by ceil clear coalesce concat construct contains count create data" +
    " datatype day delete desc describe distinct drop encode_for_uri exists filter floor from graph group group_concat" +
    " having hours if in insert into iri isblank isiri isliteral isnumeric isuri lang langmatches lcase limit load max" +
    " md5 min minus minutes month named not now offset optional order prefix rand reduced regex replace round sameterm" +
    " sample seconds select separator service sha1 sha256 sha512 silent str strafter strbefore strdt strends strlang" +
    " strlen strstarts struuid substr sum timezone to true false tz ucase undef union uri uuid values where year").split(" "),
);
const TOKEN =
  /(#[^\n]*)|("""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(<[^<>"{}|^`\\\s]*>)|([?$]\w+)|(@[A-Za-z]+(?:-\w+)*)|([A-Za-z][\w.-]*)?(:[\w.%-]*)|([A-Za-z_]\w*)|(\d+(?:\.\d+)?)/g;

export function highlight(textarea, below) {
  const paint = () => {
    below.replaceChildren(...pieces(textarea.value), document.createTextNode("\n"));
    below.scrollTop = textarea.scrollTop;
    below.scrollLeft = textarea.scrollLeft;
  };
  textarea.addEventListener("input", paint);
  textarea.addEventListener("scroll", paint);
  textarea.classList.add("see-through");
  below.hidden = false;
  paint();
  return paint;
}

// Prefixes used in a query without declaration, as far as they are known: { name: namespace }.
export function undeclared(query, known) {
  const declared = new Set();
  const used = new Set();
  let before = "";
  for (const match of query.matchAll(TOKEN)) {
    if (match[7] !== undefined) (before.toLowerCase() === "prefix" ? declared : used).add(match[6] || "");
    if (!match[1]) before = match[0];
  }
  return Object.fromEntries([...used].filter((name) => !declared.has(name) && name in known).map((n) => [n, known[n]]));
}

function pieces(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const kind = kindOf(match);
    if (!kind) continue;
    if (match.index > at) nodes.push(document.createTextNode(text.slice(at, match.index)));
    const node = document.createElement("span");
    node.className = `s-${kind}`;
    node.textContent = match[0];
    nodes.push(node);
    at = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}

function kindOf(match) {
  if (match[1]) return "comment";
  if (match[2]) return "string";
  if (match[3]) return "iri";
  if (match[4]) return "variable";
  if (match[5]) return "string";
  if (match[7] !== undefined) return "name";
  if (match[8]) return KEYWORDS.has(match[8].toLowerCase()) ? "keyword" : "";
  return "number";
}
