// A list to choose from while typing: templates after "/" at the start of a line, operators after
// "@". A field says its sign in `data-suggest`. Focus stays in the field (ARIA's listbox pattern).
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  let field = null;
  let start = 0;
  let items = [];
  let at = 0;

  const words = (name) => $("#composer-words").dataset[name];
  const sources = {
    "/": () => [...document.querySelectorAll("#answer-template option")].map(
      (option) => ({ name: option.textContent, url: option.dataset.text })),
    "@": () => [...$("#mentions").content.querySelectorAll("li")].map(
      (item) => ({ name: item.textContent, text: item.dataset.insert })),
  };

  const close = () => {
    const box = $("#suggestions");
    if (box) {
      box.hidden = true;
      $("#composer").append(box); // out of a form that is about to be replaced
    }
    if (field) for (const name of ["aria-activedescendant", "aria-controls"]) field.removeAttribute(name);
    field = null;
  };

  // What is typed after the sign, if the cursor stands behind one that opens the list.
  const typed = (area) => {
    const before = area.value.slice(0, area.selectionStart);
    const pattern = area.dataset.suggest === "/" ? /(?:^|\n)(\/[^\n/]{0,40})$/ : /(?:^|[\s(])(@[^\s@]{0,40})$/;
    const found = pattern.exec(before);
    return found ? { from: before.length - found[1].length, words: found[1].slice(1).toLowerCase() } : null;
  };

  const mark = () => {
    const list = $("#suggestion-list");
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    const chosen = list.children[at];
    if (chosen) {
      field.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  const show = (area) => {
    const query = typed(area);
    if (!query) return close();
    const all = sources[area.dataset.suggest]();
    items = all.filter((item) => item.name.toLowerCase().includes(query.words)).slice(0, 50);
    if (!items.length && query.words.includes(" ")) return close();
    field = area;
    start = query.from;
    at = 0;
    const box = $("#suggestions");
    const list = $("#suggestion-list");
    list.setAttribute("aria-label", words(area.dataset.suggest === "/" ? "templates" : "operators"));
    list.replaceChildren(...items.map((item, number) => {
      const line = document.createElement("li");
      line.id = `suggestion-${number}`;
      line.role = "option";
      line.textContent = item.name;
      line.dir = "auto";
      return line;
    }));
    list.hidden = !items.length;
    $("p", box).hidden = items.length > 0;
    area.parentElement.append(box);
    box.hidden = false;
    area.setAttribute("aria-controls", list.id);
    mark();
  };

  const choose = async (number) => {
    const item = items[number];
    const area = field;
    const [from, to] = [start, field.selectionStart];
    close();
    if (!item) return;
    let { text } = item;
    if (item.url) {
      try {
        const answer = await fetch(item.url, { headers: { "HX-Request": "true" } });
        if (!answer.ok) throw new Error(String(answer.status));
        ({ text } = await answer.json());
      } catch {
        document.dispatchEvent(new CustomEvent("htmx:timeout"));
        return;
      }
    }
    area.focus();
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-suggest]")) show(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (!field || event.target !== field || event.isComposing) return;
    const keys = {
      ArrowDown: () => { at = (at + 1) % items.length; mark(); },
      ArrowUp: () => { at = (at + items.length - 1) % items.length; mark(); },
      Enter: () => choose(at),
      Tab: () => choose(at),
      Escape: close,
    };
    const isUsed = keys[event.key] && !event.ctrlKey && !event.metaKey && (items.length || event.key === "Escape");
    if (!isUsed) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest("#suggestion-list > li");
    if (!item) return;
    event.preventDefault(); // focus stays in the field
    choose([...item.parentElement.children].indexOf(item));
  });
  document.addEventListener("focusout", (event) => { if (event.target === field) close(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-suggest-button]");
    if (!button) return;
    const area = $("textarea", button.form);
    area.focus();
    const before = area.value.slice(0, area.selectionStart);
    const sign = button.dataset.suggestButton;
    const gap = sign === "/" ? (before && !before.endsWith("\n") ? "\n" : "") : (before && !/[\s(]$/.test(before) ? " " : "");
    area.setRangeText(gap + sign, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
