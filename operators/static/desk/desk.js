// What all pages of the desk share: shortcuts, menus, the poll for changes, and errors of requests.
// Texts come from the page, in its language; without this file everything works by plain forms.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("has-script");

  // The server writes times in the reader's zone, which only the browser knows.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `desk_time_zone=${zone}; path=/desk/; max-age=31536000; SameSite=Lax${secure}`;
  }

  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility();

  // --- Messages ---------------------------------------------------------------------------------
  const say = (templateId) => {
    const messages = $("#messages");
    if (messages) messages.replaceChildren($(`#${templateId}`).content.cloneNode(true));
  };
  const unsay = (templateId) => {
    const text = $(`#${templateId}`).content.textContent.trim();
    const messages = $("#messages");
    if (messages && messages.textContent.trim() === text) messages.replaceChildren();
  };
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    const token = xhr.getResponseHeader("Desk-CSRF-Token");
    if (token) {
      for (const field of $$("[name=csrfmiddlewaretoken]")) field.value = token;
      say("renewed");
    } else if (xhr.status === 401) {
      say("signed-out");
    } else if (!isForMessages(xhr)) {
      say(xhr.status >= 500 ? "unreachable" : "failed");
    }
  });
  // Of errors only the desk's own are shown, which name where. Others, such as a proxy's, would
  // replace a part of the page by nothing.
  const isForMessages = (xhr) => xhr.getResponseHeader("HX-Retarget") === "#messages";
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400) event.detail.shouldSwap = isForMessages(event.detail.xhr);
  });
  document.addEventListener("htmx:sendError", () => say("unreachable"));
  document.addEventListener("htmx:timeout", () => say("unreachable"));

  // --- Menus ------------------------------------------------------------------------------------
  const closeMenus = (except) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(except)) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target));

  // --- Shortcuts: an element says its own in `data-key`, such as "t" or "g n" ---------------------
  const off = "desk-shortcuts-off";
  const areOn = () => localStorage.getItem(off) === null;
  const isTyping = (element) =>
    element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

  const use = (element) => {
    if (element.tagName === "SUMMARY") {
      element.parentElement.open = !element.parentElement.open;
      const first = $("input:not([type=hidden]), select, textarea, button, a", element.nextElementSibling || element);
      (element.parentElement.open && first ? first : element).focus();
    } else if (element.matches("input:not([type=checkbox]), textarea, select")) {
      const menu = element.closest("details.menu");
      if (menu) menu.open = true;
      element.focus();
      if (element.select) element.select();
    } else {
      element.click();
    }
  };

  const showShortcuts = () => {
    const names = new Map();
    for (const element of $$("[data-key]")) {
      if (!names.has(element.dataset.key)) {
        names.set(element.dataset.key, element.dataset.keyName || element.textContent.trim());
      }
    }
    const list = $("#shortcuts .shortcut-list");
    list.replaceChildren();
    for (const [keys, name] of names) {
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const shown = document.createElement("kbd");
        shown.textContent = key;
        term.append(shown, " ");
      }
      const meaning = document.createElement("dd");
      meaning.textContent = name;
      list.append(term, meaning);
    }
    $("#shortcuts-on").checked = areOn();
    $("#shortcuts").showModal();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-shortcuts]")) showShortcuts();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "shortcuts-on") return;
    if (event.target.checked) localStorage.removeItem(off);
    else localStorage.setItem(off, "");
  });

  // j and k go through the elements with `data-row`; their own shortcuts come before the page's.
  const rows = () => $$("[data-row]").filter(isShown);
  const currentRow = () => document.activeElement.closest("[data-row]");
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(currentRow());
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    (next.matches("a, [tabindex]") ? next : $("a, [tabindex]", next)).focus();
    next.scrollIntoView({ block: "nearest" });
  };

  let before = "";
  let timer = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.activeElement.closest("details.menu[open]") || $("details.menu[open]");
      if (menu) {
        menu.open = false;
        $("summary", menu).focus();
      } else if (isTyping(document.activeElement) && !document.activeElement.closest("dialog")) {
        document.activeElement.blur();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !areOn()) return;
    if (isTyping(event.target) || $("dialog[open]")) return;
    // Letters by their place on the keyboard where the layout has no Latin ones.
    const isLatin = /^[\x20-\x7e]$/.test(event.key);
    const place = /^Key([A-Z])$/.exec(event.code);
    let key = event.key;
    if (!isLatin && place && event.key.length === 1) key = event.shiftKey ? place[1] : place[1].toLowerCase();
    if (!isLatin && event.code === "Slash") key = event.shiftKey ? "?" : "/";
    if (key.length !== 1) return;
    const keys = before ? `${before} ${key}` : key;
    clearTimeout(timer);
    before = "";
    if (keys === "j" || keys === "k") {
      event.preventDefault();
      move(keys === "j" ? 1 : -1);
      return;
    }
    const matches = (within) => $$(`[data-key="${CSS.escape(keys)}"]`, within);
    const row = currentRow();
    const found = [...(row ? matches(row) : []), ...matches(document)];
    const usable = found.find((element) => isShown(element) || element.closest("details.menu"));
    if (usable) {
      event.preventDefault();
      use(usable);
    } else if ($(`[data-key^="${CSS.escape(keys)} "]`)) {
      event.preventDefault();
      before = keys;
      timer = setTimeout(() => { before = ""; }, 1500);
    }
  });

  // --- Changes: the page says where to ask, and its parts reload on `desk:changed` ---------------
  const SECONDS = 4;
  let tag = null;
  let isAsking = false;
  const ask = async () => {
    const url = document.body.dataset.changes;
    if (!url || document.hidden || isAsking) return;
    isAsking = true;
    try {
      const headers = tag ? { "If-None-Match": tag } : {};
      const answer = await fetch(url, { headers, cache: "no-store", redirect: "manual" });
      unsay("unreachable");
      if (answer.type === "opaqueredirect" || answer.status === 401) {
        say("signed-out");
      } else if (answer.ok) {
        unsay("signed-out");
        const isFirst = tag === null;
        tag = answer.headers.get("ETag");
        if (!isFirst || tag !== document.body.dataset.changesTag) htmx.trigger(document.body, "desk:changed");
      }
    } catch {
      say("unreachable");
    } finally {
      isAsking = false;
    }
  };
  setInterval(ask, SECONDS * 1000);
  document.addEventListener("visibilitychange", ask);

  // --- The tab's title tells how many tickets of mine wait ----------------------------------------
  const plain = document.title;
  const showMine = () => {
    const mine = $("[data-mine]")?.dataset.mine;
    document.title = mine && mine !== "0" ? `(${mine}) ${plain}` : plain;
  };
  document.addEventListener("htmx:afterSettle", showMine);
  document.addEventListener("DOMContentLoaded", showMine);
})();
