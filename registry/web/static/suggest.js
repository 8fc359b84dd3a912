// Suggestions under a search field: a combobox by the ARIA Authoring Practices. Enter without a choice searches as ever.

const PAUSE = 150; // milliseconds between the last key and the question

function combine(field) {
  const [site, network, service, organisation, region] = field.dataset.kinds.split("|");
  const kinds = { site, network, service, organisation, region };
  const list = document.createElement("ul");
  list.id = `${field.id}-suggestions`;
  list.className = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.found);
  list.hidden = true;
  field.after(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", list.id);
  let timer = 0;
  let asked = 0;

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function option(found, number) {
    const item = document.createElement("li");
    item.id = `${list.id}-${number}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.href = found.href;
    const kind = document.createElement("span");
    kind.className = "faint";
    kind.textContent = ` ${kinds[found.kind] ?? ""}`;
    item.append(found.label, kind);
    item.addEventListener("mousedown", (event) => { event.preventDefault(); location.assign(found.href); });
    return item;
  }

  async function ask() {
    const turn = ++asked;
    const words = field.value.trim();
    if (words.length < 2) return close();
    const answer = await fetch(`${field.dataset.suggest}?${new URLSearchParams({ q: words })}`);
    if (!answer.ok || turn !== asked) return;
    const found = await answer.json();
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    field.removeAttribute("aria-activedescendant");
  }

  function move(step) {
    const items = [...list.children];
    const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const next = (now + step + items.length + (now < 0 && step < 0 ? 1 : 0)) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === next)));
    field.setAttribute("aria-activedescendant", items[next].id);
  }

  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE); });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      event.preventDefault(); // which would empty the field
      close();
    } else if (event.key === "Enter") {
      const chosen = list.querySelector("[aria-selected=true]");
      if (chosen) {
        event.preventDefault();
        location.assign(chosen.dataset.href);
      }
    }
  });
}

for (const field of document.querySelectorAll("input[data-suggest]")) combine(field);
