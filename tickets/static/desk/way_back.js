// From a ticket back to the list that one came from, with the focus on the ticket's row.
"use strict";

(() => {
  const LIST = "desk-list";
  const ROW = "desk-row";
  const MOST_ROWS = 200; // of a page
  const list = document.getElementById("list");

  if (list) {
    const keep = (row) => {
      const url = new URL(location.href);
      const count = document.querySelectorAll("#rows [data-row]").length;
      if (count > Number(list.dataset.pageRows)) url.searchParams.set("page_size", String(Math.min(count, MOST_ROWS)));
      sessionStorage.setItem(LIST, url.pathname + url.search);
      if (row) sessionStorage.setItem(ROW, row.querySelector(".row-title a").id);
    };
    document.addEventListener("click", (event) => {
      const link = event.target.closest("#rows [data-row] a");
      if (link) keep(link.closest("[data-row]"));
    });
    window.addEventListener("pageshow", () => {
      const id = location.hash ? null : sessionStorage.getItem(ROW);
      sessionStorage.removeItem(ROW);
      keep(null);
      const link = id && document.getElementById(id);
      if (!link) return;
      link.focus({ preventScroll: true });
      link.closest("[data-row]").scrollIntoView({ block: "nearest" });
    });
  } else {
    // The link is replaced with its part of the page, so its address is set when it is used.
    const back = sessionStorage.getItem(LIST);
    if (!back || !back.startsWith("/desk/")) return;
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-key=u]");
      if (link?.pathname === "/desk/") link.href = back;
    }, true);
  }
})();
