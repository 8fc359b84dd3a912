// Checks of the scripts of pages that need no browser; run by test_scripts.py.
import assert from "node:assert/strict";
import { undeclared } from "../../registry/web/static/highlight.js";
import { positionOf } from "../../registry/web/static/map.js";

const known = { orte: "https://w3id.org/orte/ns#", schema: "https://schema.org/" };
const names = (query) => Object.keys(undeclared(query, known));

assert.deepEqual(names("SELECT * { ?s a orte:Site ; schema:name ?n }"), ["orte", "schema"]);
assert.deepEqual(names("PREFIX orte: <x>\nSELECT * { ?s a orte:Site }"), []);
assert.deepEqual(names("# orte:Site\nSELECT * { ?s ?p 'orte:Site', <orte:x> }"), []);
assert.deepEqual(names("SELECT * { ?s a unknown:Site }"), []);

const wkt = (value) => ({ w: { value, datatype: "http://www.opengis.net/ont/geosparql#wktLiteral" } });
assert.deepEqual(positionOf(wkt("POINT(12.37 51.34)")), { latitude: 51.34, longitude: 12.37 });
assert.deepEqual(positionOf(wkt("<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT (-1 2)")), { latitude: 2, longitude: -1 });
assert.deepEqual(positionOf({ lat: { value: "51" }, long: { value: "12" } }), { latitude: 51, longitude: 12 });
assert.equal(positionOf(wkt("POINT(512 51)")), null);
assert.equal(positionOf({ lat: { value: "51" } }), null);
console.log("ok");
