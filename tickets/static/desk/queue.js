// The list of a queue: what is selected, and that a refresh leaves everything in its place.
"use strict";

(() => {
  const MOST_ROWS = 200; // of a page
  const SECONDS_SAID = 8; // that something went well; what did not stays
  const selected = new Set();
  let isSending = false;

  const $ = (selector) => document.querySelector(selector);
  const boxes = () => [...document.querySelectorAll("#rows [name=ticket]")];
  const rows = () => [...document.querySelectorAll("#rows [data-row]")];
  const linkOf = (row) => row.querySelector(".row-title a");
  const isRefresh = (event) => event.detail.target?.id === "list";

  // --- Selection ----------------------------------------------------------------------------------
  const show = () => {
    const bar = $("#bulk-bar");
    if (bar) {
      bar.classList.toggle("is-on", selected.size > 0);
      bar.querySelector("[data-selected]").textContent = selected.size;
    }
    const all = $("[data-select-all]");
    if (!all) return;
    const count = boxes().length;
    all.checked = selected.size > 0 && selected.size === count;
    all.indeterminate = selected.size > 0 && selected.size < count;
  };
  const read = () => {
    selected.clear();
    for (const box of boxes()) if (box.checked) selected.add(box.id);
    show();
  };
  const restore = () => {
    for (const box of boxes()) box.checked = selected.has(box.id);
    read(); // what is no longer in the list is no longer selected
  };
  const check = (isChecked) => {
    for (const box of boxes()) box.checked = isChecked;
    read();
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) check(event.target.checked);
    else if (event.target.name === "ticket") read();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-select-none]")) check(false);
    const opener = event.target.closest("[data-opens]");
    if (!opener) return;
    event.stopPropagation(); // a click elsewhere closes menus
    const wasEmpty = !selected.size;
    if (wasEmpty) {
      opener.closest("[data-row]").querySelector("[name=ticket]").checked = true;
      read();
    }
    const menu = $(`[data-menu="${opener.dataset.opens}"]`);
    cameFrom = { menu, link: linkOf(opener.closest("[data-row]")), wasEmpty };
    menu.open = true;
    menu.querySelector("select, input, button").focus();
  }, true);

  // A menu that was opened from a row gives the focus back to it when it is closed by Escape.
  let cameFrom = null;
  document.addEventListener("toggle", (event) => {
    if (event.target !== cameFrom?.menu || event.target.open) return;
    const { menu, link, wasEmpty } = cameFrom;
    cameFrom = null;
    if (document.activeElement !== menu.querySelector("summary")) return;
    if (wasEmpty) check(false);
    link.focus({ preventScroll: true });
  }, true);

  // --- The buttons of a row, which go to the row under the pointer or with the focus ---------------
  const actions = $("#row-actions");
  const putIn = (row) => {
    if (!actions || actions.parentElement === row) return;
    for (const link of actions.querySelectorAll("[data-part]")) link.href = linkOf(row).href + link.dataset.part;
    for (const button of actions.querySelectorAll("[data-in]")) {
      button.hidden = !button.dataset.in.split(" ").includes(row.dataset.status);
      if (button.dataset.does) button.value = `${button.dataset.does} ${row.querySelector("[name=ticket]").value}`;
    }
    row.append(actions);
  };
  const putAway = () => {
    if (actions) $("#row-actions-home").append(actions);
  };
  const rowOf = (element) => element.closest?.("#rows [data-row]");
  for (const kind of ["focusin", "pointerover"]) {
    document.addEventListener(kind, (event) => {
      const row = rowOf(event.target);
      // While the focus is on a button of a row, the pointer does not take it away.
      if (row && (kind === "focusin" || !actions?.contains(document.activeElement))) putIn(row);
    });
  }
  // A key acts on the row with the focus, not on that under the pointer.
  window.addEventListener("keydown", () => {
    const row = rowOf(document.activeElement);
    if (row) putIn(row);
  }, true);

  // --- A refresh loads as many rows as there are, and keeps place and focus ------------------------
  let place = null;
  const remember = (isAction) => {
    const all = rows();
    // An action of the bar was on the row that it was opened from, or on the first selected one.
    const isInBar = isAction && document.activeElement.closest("[data-row]") === null;
    const acted = isInBar && (cameFrom?.link || $("#rows :checked"));
    const row = (acted || document.activeElement).closest("[data-row]");
    const first = window.scrollY > 0 && all.find((each) => each.getBoundingClientRect().bottom > 0);
    place = {
      isInBar,
      focused: row ? linkOf(row).id : null,
      index: row ? all.indexOf(row) : 0,
      first: first ? linkOf(first).id : null,
      top: first ? first.getBoundingClientRect().top : 0,
    };
  };
  const returnToPlace = () => {
    if (!place) return;
    const { focused, index, first, top, isInBar } = place;
    place = null;
    const same = first && document.getElementById(first);
    if (same) window.scrollBy(0, same.closest("[data-row]").getBoundingClientRect().top - top);
    const isLost = document.activeElement === document.body || isInBar;
    if (!focused || !isLost) return;
    const all = rows();
    const link = document.getElementById(focused) || (all.length && linkOf(all[Math.min(index, all.length - 1)]));
    (link || $("#main")).focus({ preventScroll: true });
  };
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, verb, parameters } = event.detail;
    if (elt.id !== "list" && elt.id !== "bulk") return;
    const count = rows().length;
    if (count > Number($("#list").dataset.pageRows)) parameters.page_size = String(Math.min(count, MOST_ROWS));
    if (verb !== "post") return;
    isSending = true;
    htmx.trigger("#list", "htmx:abort"); // what it would bring is old
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "list") return;
    // More rows than a page can have stay as they are, and so does a list under an action.
    if (rows().length > MOST_ROWS || isSending) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "bulk" || event.detail.elt.closest?.("#bulk")) isSending = false;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isRefresh(event)) return;
    const isAction = event.detail.requestConfig.verb === "post";
    remember(isAction);
    putAway();
    if (!isAction || event.detail.xhr.status >= 400) return;
    selected.clear();
    cameFrom = null;
    for (const menu of document.querySelectorAll("#bulk-bar details[open]")) menu.open = false;
  });
  document.addEventListener("htmx:afterSettle", () => {
    restore();
    returnToPlace();
    for (const message of document.querySelectorAll("#messages .success")) {
      setTimeout(() => message.remove(), SECONDS_SAID * 1000);
    }
  });

  // --- A form of filters leaves out what is not chosen ----------------------------------------------
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-drop-empty]")) return;
    for (const field of event.target.elements) if (field.name && !field.value) field.disabled = true;
  });
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("[data-drop-empty] :disabled")) field.disabled = false;
    restore();
  });
  document.addEventListener("DOMContentLoaded", read);
})();
