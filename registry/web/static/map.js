// A map of points. Leaflet comes from this server; without a tile address in the settings there is no ground below them.
"use strict";

// points: [{ latitude, longitude, content: Node | string }]; returns the map, which has to be removed before another.
export function showMap(element, points) {
  const map = L.map(element, { attributionControl: Boolean(element.dataset.attribution), zoomSnap: 0.5 });
  if (element.dataset.attribution) map.attributionControl.setPrefix(false);
  if (element.dataset.tiles) {
    const text = document.createElement("span");
    text.textContent = element.dataset.attribution || "";
    L.tileLayer(element.dataset.tiles, { maxZoom: 19, attribution: text.innerHTML }).addTo(map);
  }
  L.control.scale({ imperial: false }).addTo(map);
  const renderer = L.canvas({ padding: 0.5 });
  const markers = points.map((point) =>
    L.circleMarker([point.latitude, point.longitude], { renderer, radius: 6, weight: 2 }).bindPopup(point.content),
  );
  const group = L.featureGroup(markers).addTo(map);
  map.fitBounds(group.getBounds().pad(0.1), { maxZoom: 14 });
  return map;
}

const WKT = /POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)/i;

// The position in a row of SPARQL results: a WKT point, or a pair of variables named after latitude and longitude.
export function positionOf(row) {
  for (const term of Object.values(row)) {
    const found = term.datatype && term.datatype.endsWith("#wktLiteral") && WKT.exec(term.value);
    if (found) return place(found[2], found[1]);
  }
  const latitude = row.lat || row.latitude;
  const longitude = row.lon || row.long || row.lng || row.longitude;
  return latitude && longitude ? place(latitude.value, longitude.value) : null;
}

function place(latitude, longitude) {
  const found = { latitude: Number(latitude), longitude: Number(longitude) };
  return Math.abs(found.latitude) <= 90 && Math.abs(found.longitude) <= 180 ? found : null;
}
