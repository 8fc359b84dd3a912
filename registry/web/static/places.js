// The map beside a list, or on a page of one site. Whatever comes from the catalogue is put in as text, never as HTML.

const box = document.getElementById("map");
const accent = () => getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();

export function draw(element, leaflet = window.L) {
  const given = element.dataset;
  element.hidden = false;
  const map = leaflet.map(element, { zoomControl: false, scrollWheelZoom: false, minZoom: 6, maxZoom: 18 });
  map.attributionControl.setPrefix("Leaflet");
  leaflet.control.zoom({ zoomInTitle: given.in, zoomOutTitle: given.out }).addTo(map);
  map.setView([51.35, 12.3], 8);
  if (given.tiles) {
    leaflet.tileLayer(given.tiles, { attribution: escaped(given.attribution), maxZoom: 19 }).addTo(map);
  }
  outlines(map, given, leaflet);
  if (given.marks) few(map, JSON.parse(given.marks), leaflet);
  else many(map, given, leaflet);
  return map;
}

// One place or two: a mark where each is; with their names when there are several.
function few(map, marks, leaflet) {
  const bounds = leaflet.latLngBounds([]);
  for (const [latitude, longitude, name] of marks) {
    const dot = leaflet.circleMarker([latitude, longitude], { radius: 9, weight: 2, color: accent(), fillOpacity: 0.6 });
    if (marks.length > 1) dot.bindTooltip(escaped(name), { permanent: true });
    dot.addTo(map);
    bounds.extend([latitude, longitude]);
  }
  if (marks.length > 1) map.fitBounds(bounds, { padding: [40, 40], maxZoom: 16 });
  else map.setView(bounds.getCenter(), 13);
}

// All sites that the list's filters leave: asked anew for every zoom level, because points that would lie on each
// other come as one.
function many(map, given, leaflet) {
  const layer = leaflet.layerGroup().addTo(map);
  let first = true;
  let asked = 0;
  async function show() {
    const turn = ++asked;
    const joint = given.points.includes("?") ? "&" : "?";
    const answer = await fetch(`${given.points}${joint}zoom=${map.getZoom()}`);
    if (!answer.ok || turn !== asked) return;
    const points = await answer.json();
    layer.clearLayers();
    if (first && points.length) {
      first = false;
      map.fitBounds(around(points, leaflet), { padding: [30, 30], maxZoom: 13 });
      if (turn !== asked) return; // the new zoom has asked already
    }
    for (const point of points) layer.addLayer(mark(point, map, given, leaflet));
    given.state = "ready";
  }
  map.on("zoomend", show);
  show();
}

function around(points, leaflet) {
  const bounds = leaflet.latLngBounds([]);
  for (const { box: [west, south, east, north] } of points) bounds.extend([[south, west], [north, east]]);
  return bounds;
}

function mark(point, map, given, leaflet) {
  const single = point.count === 1;
  const size = single ? 24 : 30 + Math.min(14, 4 * Math.log10(point.count));
  const face = document.createElement("span");
  face.textContent = single ? "" : String(point.count);
  const icon = leaflet.divIcon({ html: face, className: single ? "point" : "cluster", iconSize: [size, size] });
  const title = single ? point.name : `${point.count} ${given.several}`;
  const marker = leaflet.marker(point.at, { icon, title, alt: title, riseOnHover: true });
  marker.on("add", () => marker.getElement().setAttribute("aria-label", title));
  if (single) {
    const link = document.createElement("a");
    link.textContent = point.name;
    link.href = point.href;
    marker.bindPopup(link);
  } else {
    marker.on("click", () => closer(point, map, leaflet));
  }
  return marker;
}

// Into the cluster; where all lie on one spot, as near as there is.
function closer(point, map, leaflet) {
  const [west, south, east, north] = point.box;
  const zoom = map.getBoundsZoom(leaflet.latLngBounds([[south, west], [north, east]]));
  map.setView(point.at, Math.min(18, Math.max(map.getZoom() + 1, Number.isFinite(zoom) ? zoom : 18)));
}

async function outlines(map, given, leaflet) {
  const answer = await fetch(given.outlines);
  if (!answer.ok) return;
  const style = { color: accent(), weight: 1.2, opacity: 0.7, fill: false, interactive: false };
  leaflet.geoJSON(await answer.json(), { style }).addTo(map);
}

function escaped(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML;
}

// "Near me" leads to the list around the visitor's position; the position goes nowhere but into that address.
function nearMe(button) {
  const note = button.parentElement.querySelector("[role=status]");
  button.parentElement.hidden = false;
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const address = new URL(button.dataset.list, location.href);
        for (const name of ["near", "radius", "place", "cursor"]) address.searchParams.delete(name);
        address.searchParams.set("near", `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`);
        address.searchParams.set("radius", "15km");
        location.assign(address);
      },
      () => { note.textContent = button.dataset.denied; },
      { maximumAge: 600000, timeout: 10000 },
    );
  });
}

if (box && window.L) draw(box);
const near = document.getElementById("near");
if (near && "geolocation" in navigator) nearMe(near);
const filters = document.querySelector("details.filters");
if (filters && window.matchMedia("(max-width: 52rem)").matches) filters.open = false;
