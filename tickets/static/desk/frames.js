// The frames of a ticket's page: those of mail are made as high as their content, and
// those of documents are there where the browser can show them.
//
// The page in such a frame is of an opaque origin and runs no script, so that nothing can measure
// it. A hidden copy of it is measured, which is of this origin: it runs no script either, fetches
// nothing, opens nothing, and cannot be clicked.
"use strict";

(() => {
  // Phones and some settings have no viewer of documents, or none in a frame.
  if (navigator.pdfViewerEnabled) document.documentElement.classList.add("has-viewer");

  // What is taller scrolls in its frame: no stranger makes this page endless.
  const MOST_PIXELS = 20000;
  // The height of a horizontal scrollbar, for content that is wider than its frame.
  const SCROLLBAR = 17;
  // 24 cm: a page of A4 or of the American Letter, with its margins.
  const PAGE_PIXELS = 907;

  const heightOf = (copy) => {
    const root = copy.contentDocument?.documentElement; // none, if the session has ended
    if (!root || copy.clientWidth === 0) return 0; // folded away: measured when it is opened
    const content = Math.max(root.scrollHeight, Math.ceil(root.getBoundingClientRect().height));
    const scrollbar = root.scrollWidth > copy.clientWidth ? SCROLLBAR : 0;
    const borders = copy.parentElement.offsetHeight - copy.parentElement.clientHeight;
    return Math.min(content + scrollbar, MOST_PIXELS) + borders;
  };
  // All are read before one is changed, so that the page is laid out once, and stays in its place.
  const fit = (copies) => {
    for (const [copy, height] of copies.map((copy) => [copy, heightOf(copy)])) {
      if (height === 0) continue;
      copy.parentElement.style.height = `${height}px`;
      copy.parentElement.classList.toggle("is-exact", !copy.parentElement.matches(".has-images"));
    }
  };
  // The height of a copy never changes, so that fitting its box does not call this again.
  const widths = new ResizeObserver((entries) => fit(entries.map(({ target }) => target)));

  const addCopy = (frame) => {
    const box = frame.parentElement;
    if (box.matches(":has(.copy)")) return;
    const copy = document.createElement("iframe");
    copy.className = "copy";
    copy.inert = true;
    copy.tabIndex = -1;
    copy.setAttribute("aria-hidden", "true");
    copy.setAttribute("sandbox", "allow-same-origin");
    copy.setAttribute("scrolling", "no");
    copy.loading = "lazy";
    copy.src = `${frame.src}?measure`;
    box.append(copy);
  };

  // Of images from elsewhere the copy has boxes, whose sizes are a guess where the mail has none: the
  // reader can change this height.
  document.addEventListener("click", ({ target }) => {
    const box = target.closest(".frame-tools a[target]")?.closest(".frame-tools").nextElementSibling;
    const copy = box?.querySelector(".copy");
    if (!copy) return;
    box.classList.add("has-images");
    copy.classList.remove("is-loaded");
    copy.src = `${box.querySelector("[name]").src}?measure&images=1`;
  });

  // On paper a frame is narrower, and its text wraps elsewhere. Chromium garbles a frame that is
  // longer than a page, and one that was not yet scrolled to is empty: these are printed as text.
  const isPrintable = (box) => box.matches(":has(.is-loaded)") && box.offsetHeight < PAGE_PIXELS;
  const openText = (box) => {
    const text = box.nextElementSibling; // none where the text stands above the frame
    if (text && !text.querySelector(".text")) return; // the mail is nothing but pictures
    box.hidden = true;
    if (!text || text.open) return;
    text.open = true;
    text.dataset.paper = "";
  };
  const refit = (isPrinting) => {
    document.documentElement.classList.toggle("is-printing", isPrinting);
    for (const text of document.querySelectorAll("[data-paper]")) {
      text.open = false;
      delete text.dataset.paper;
    }
    const boxes = [...document.querySelectorAll(".mail-frame")];
    for (const box of boxes) box.hidden = false;
    fit([...document.querySelectorAll(".copy.is-loaded")]);
    if (isPrinting) boxes.filter((box) => !isPrintable(box)).forEach(openText);
  };
  addEventListener("beforeprint", () => refit(true));
  addEventListener("afterprint", () => refit(false));

  // After ticket.js has kept what the server sent, which has no copies.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".mail-frame > [name]").forEach(addCopy);
    // Events of loading do not bubble, but are captured, also from frames that come later.
    document.addEventListener("load", ({ target }) => {
      if (target.matches(".mail-frame > [name]")) addCopy(target);
      if (!target.matches(".mail-frame > .copy")) return;
      target.classList.add("is-loaded");
      fit([target]);
      widths.observe(target);
    }, true);
  });
})();
