// The page of a ticket. What the server sends of it is merged into what is there: only what has
// changed is replaced, so that open parts, frames, the focus and the place on the page stay.
"use strict";

(() => {
  const MERGED = new Set(["head", "conversation", "about"]);
  const $ = (selector, within) => within.querySelector(selector);
  const sources = new WeakMap();
  let isOwnChange = false;

  // A part as the server wrote it; each answer has other tokens in its forms.
  const sourceOf = (element) =>
    element.outerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1").replace(/\s+/g, " ");
  const partsOf = (root) => {
    const lists = root.matches("[data-parts]") ? [root] : [...root.querySelectorAll("[data-parts]")];
    return [...root.querySelectorAll(":scope > [data-part]"), ...lists.flatMap((list) => [...list.children])];
  };
  const keyOf = (part) => part.id || part.dataset.part;
  const remember = (root) => {
    for (const part of partsOf(root)) {
      sources.set(part, sourceOf(part));
      for (const piece of piecesOf(part)) sources.set(piece, sourceOf(piece));
    }
  };
  // The pieces of an entry: a mail's frame need not load again when its delivery goes on.
  const piecesOf = (part) => (part.matches(".entry.mail") ? [...part.children].filter((piece) => piece.id) : []);

  const keepOpen = (old, fresh) => {
    for (const details of old.querySelectorAll("details[id][open]:not(.menu)")) {
      const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
      if (same) same.open = true;
    }
  };
  const isInUse = (part) => {
    const active = document.activeElement;
    const isTyping = part.contains(active) && active.matches("input, textarea, select");
    return !isOwnChange && (isTyping || part.querySelector("details.menu[open]") !== null);
  };
  const replace = (old, fresh) => {
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    keepOpen(old, fresh);
    old.replaceWith(fresh);
    htmx.process(fresh);
    if (!active) return;
    const menu = active.closest("details.menu")?.querySelector("summary").id;
    const same = [active.id, menu].map((id) => id && document.getElementById(id)).find((one) => one && one.checkVisibility());
    (same || fresh.querySelector("summary, button, a[href]") || fresh).focus({ preventScroll: true });
  };
  const update = (old, fresh) => {
    if (sources.get(old) === sourceOf(fresh) || isInUse(old)) return;
    const source = sourceOf(fresh);
    const now = piecesOf(old);
    const then = piecesOf(fresh);
    const isSame = now.length > 0 && now.length === then.length && now.every((piece, at) => piece.id === then[at].id);
    if (!isSame) {
      sources.set(fresh, source);
      for (const piece of then) sources.set(piece, sourceOf(piece));
      replace(old, fresh);
      return;
    }
    old.className = fresh.className;
    sources.set(old, source);
    now.forEach((piece, at) => {
      const wanted = sourceOf(then[at]);
      if (sources.get(piece) === wanted) return;
      sources.set(then[at], wanted);
      replace(piece, then[at]);
    });
  };

  const merge = (target, fresh) => {
    const now = partsOf(target);
    const then = partsOf(fresh);
    const known = new Map(now.map((part) => [keyOf(part), part]));
    const wanted = new Set(then.map(keyOf));
    const first = now.findIndex((part) => part.id && wanted.has(part.id));
    now.forEach((part, at) => {
      // Earlier entries that were loaded before are no part of the newest page.
      if (!wanted.has(keyOf(part)) && (at > first || first < 0)) part.remove();
    });
    let before = null;
    for (const part of then) {
      const old = known.get(keyOf(part));
      if (old) {
        update(old, part);
        before = document.getElementById(part.id) || target.querySelector(`[data-part="${part.dataset.part}"]`);
        continue;
      }
      const source = sourceOf(part);
      const list = part.parentElement.id === target.id ? target : target.querySelector(`.${part.parentElement.className.split(" ")[0]}`);
      if (before && before.parentElement === list) before.after(part);
      else list.prepend(part);
      sources.set(part, source);
      for (const piece of piecesOf(part)) sources.set(piece, sourceOf(piece));
      htmx.process(part);
      if (part.matches(".entry")) part.classList.add("is-new");
      before = part;
    }
  };

  // A ticket that was closed or opened again has another composer. One that somebody types in stays:
  // what is sent then is refused, and kept.
  const isOtherComposer = (now, fresh) => {
    const isTyping = now.contains(document.activeElement) && document.activeElement.matches("textarea, input");
    return (isOwnChange || !isTyping) && Boolean($("#answer", now)) !== Boolean($("#answer", fresh));
  };
  const refreshWriters = (fresh) => {
    const [now, then] = [document.getElementById("writers"), $("#writers", fresh)];
    if (now && then && now.innerHTML !== then.innerHTML) now.replaceChildren(...then.childNodes);
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    isOwnChange = event.detail.elt.id !== "live";
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    const fresh = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? fragment.firstElementChild : fragment;
    if (target.id === "messages") {
      // A live region must stay for its change to be read out; after htmx's own swap, which may be
      // of an error into the same place.
      event.detail.shouldSwap = false;
      const texts = [...fresh.childNodes];
      setTimeout(() => document.getElementById("messages").replaceChildren(...texts));
    } else if (MERGED.has(target.id)) {
      event.detail.shouldSwap = false;
      merge(target, fresh);
      showHistory();
    } else if (target.id === "composer") {
      event.detail.shouldSwap = isOtherComposer(target, fresh);
      if (!event.detail.shouldSwap) refreshWriters(fresh);
    }
  });
  // A menu has done its work.
  document.addEventListener("htmx:afterRequest", (event) => {
    const menu = event.detail.successful && event.detail.elt.closest("details.menu[open]");
    if (menu?.isConnected) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    const field = event.detail.successful && event.detail.elt.matches(".one-line") && event.detail.elt.querySelector("input:not([type=hidden])");
    if (field) field.value = "";
  });

  // --- The history can be hidden -----------------------------------------------------------------
  const HIDDEN = "desk-history-hidden";
  const showHistory = () => {
    const isHidden = localStorage.getItem(HIDDEN) !== null;
    document.getElementById("conversation").classList.toggle("hide-history", isHidden);
    document.querySelector("[data-toggle-history]")?.setAttribute("aria-pressed", String(isHidden));
  };
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-toggle-history]")) return;
    if (localStorage.getItem(HIDDEN) === null) localStorage.setItem(HIDDEN, "");
    else localStorage.removeItem(HIDDEN);
    showHistory();
  });

  document.addEventListener("DOMContentLoaded", () => {
    for (const id of MERGED) {
      const root = document.getElementById(id);
      if (root) remember(root);
    }
    showHistory();
    const head = document.getElementById("head");
    const measureHead = () => {
      const isStuck = getComputedStyle(head).position === "sticky";
      document.documentElement.style.setProperty("--head", `${isStuck ? head.offsetHeight : 0}px`);
    };
    measureHead();
    new ResizeObserver(measureHead).observe(head);
    const mails = document.querySelectorAll(".entry");
    const isWhole = location.hash === "" && !new URLSearchParams(location.search).has("before");
    if (isWhole && mails.length > 1) mails[mails.length - 1].scrollIntoView({ block: "start" });
  });
})();
