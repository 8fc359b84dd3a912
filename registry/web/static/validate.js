// Puts a chosen file into the text field, so that it need not be opened and copied.
"use strict";

const types = {
  ttl: "text/turtle", jsonld: "application/ld+json", json: "application/json", rdf: "application/rdf+xml",
  xml: "application/rdf+xml", nt: "application/n-triples", trig: "application/trig", nq: "application/n-quads",
  csv: "text/csv",
};
const file = document.getElementById("file");
document.getElementById("from-file").hidden = false;
file.addEventListener("change", async () => {
  if (!file.files.length) return;
  document.getElementById("text").value = await file.files[0].text();
  const type = types[file.files[0].name.split(".").pop().toLowerCase()];
  if (type) document.getElementById("syntax").value = type;
});
