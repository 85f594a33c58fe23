// "Send and close": closing cannot be taken back on the server, so this browser waits ten seconds
// before it sends the form.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const CLOSE_AFTER = 10;
  let closing = null;

  const stay = () => {
    clearInterval(closing.timer);
    closing.toast.remove();
    closing.form.elements.text.readOnly = false;
    closing = null;
  };
  const sendNow = () => {
    const { form, button } = closing;
    stay();
    button.dataset.isSure = "1";
    form.requestSubmit(button);
  };
  const sendWithThePage = async () => {
    const { form } = closing;
    const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
    body.append("send", "close");
    stay();
    try {
      await fetch(form.action, { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } });
      location.reload();
    } catch { /* too long to go with the page: the draft is on the server */ }
  };
  const waitToClose = (form, button) => {
    const toast = $("#closing").content.firstElementChild.cloneNode(true);
    $("#composer").append(toast);
    form.elements.text.readOnly = true;
    document.dispatchEvent(new Event("desk:keep-draft"));
    const end = Date.now() + CLOSE_AFTER * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      $(".count", toast).textContent = Math.max(left, 0);
      if (left <= 0) sendNow();
    };
    closing = { form, button, toast, timer: setInterval(tick, 250) };
    $("button", toast).focus();
  };
  addEventListener("pagehide", () => { if (closing) sendWithThePage(); });
  document.addEventListener("click", (event) => {
    if (!closing || !event.target.closest("[data-stay]")) return;
    stay();
    $("#answer-text").focus();
  });
  // Before composer.js, which sends what comes to it.
  document.addEventListener("submit", (event) => {
    const [form, button] = [event.target, event.submitter];
    if (form.id !== "answer") return;
    const isSure = button?.dataset.isSure;
    delete button?.dataset.isSure;
    const waits = button?.value === "close" && !isSure && !$("#missed") && !$("[data-is-uploading]", form);
    if (!closing && !waits) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (closing) return;
    if (form.elements.text.value.trim()) waitToClose(form, button);
    else $("[data-status]").textContent = $("#composer-words").dataset.empty;
  }, true);
})();
