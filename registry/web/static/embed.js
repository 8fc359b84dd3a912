// <orte-map network="…" district="…" service="…" q="…" height="26rem" lang="de"></orte-map> on anybody's page.
// The map is a frame of this registry's: it can neither see nor change the page that it stands on.

const FILTERS = { network: "network", district: "region", service: "service", theme: "theme", type: "type", q: "q", lang: "lang" };
const TITLES = { de: "Karte der Kooperations- und Innovationsorte", en: "Map of cooperation and innovation places" };

class OrteMap extends HTMLElement {
  static observedAttributes = [...Object.keys(FILTERS), "height"];

  connectedCallback() {
    this.frame = document.createElement("iframe");
    this.frame.loading = "lazy";
    this.frame.referrerPolicy = "no-referrer";
    this.frame.style.cssText = "border: 0; width: 100%; display: block";
    this.show();
    this.replaceChildren(this.frame);
  }

  attributeChangedCallback() {
    if (this.frame) this.show();
  }

  show() {
    const address = new URL("embed", import.meta.url);
    for (const [name, filter] of Object.entries(FILTERS)) {
      for (const value of (this.getAttribute(name) ?? "").split(/\s*,\s*/).filter(Boolean)) {
        address.searchParams.append(filter, value);
      }
    }
    this.frame.title = TITLES[this.getAttribute("lang")] ?? TITLES.de;
    this.frame.style.height = this.getAttribute("height") ?? "26rem";
    if (this.frame.src !== address.href) this.frame.src = address.href;
  }
}

if (!customElements.get("orte-map")) customElements.define("orte-map", OrteMap);
