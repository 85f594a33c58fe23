// The composer: tabs, drafts that are kept while typing, sending, and taking back.
// What is typed is in this browser at once, and on the server two seconds later.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const words = (name) => $("#composer-words").dataset[name];
  const SAVE_AFTER = 2000;
  const TRY_AGAIN_AFTER = 6000;

  // --- What is kept in this browser: the answer until the server has it, the note until it is sent -
  const place = (kind) => `desk ${kind} ${$("#composer").dataset.owner}`;
  const keep = (kind, value) => {
    try { localStorage.setItem(place(kind), JSON.stringify(value)); } catch { /* full or forbidden */ }
  };
  const drop = (kind) => { try { localStorage.removeItem(place(kind)); } catch { /* forbidden */ } };
  const kept = (kind) => {
    try { return JSON.parse(localStorage.getItem(place(kind))); } catch { return null; }
  };

  const read = (form) => ({
    title: form.elements.title.value,
    text: form.elements.text.value,
    files: $$("#answer-files [name=files]:enabled").map((field) => ({ id: field.value, name: $("bdi", field.closest("li")).textContent })),
    key: form.elements.key.value,
  });
  const content = ({ title, text, files }) => JSON.stringify([title, text, files.map((file) => file.id)]);
  const isBlank = ({ text, files }) => !text.trim() && !files.length;
  const write = (form, draft) => {
    form.elements.title.value = draft.title;
    form.elements.text.value = draft.text;
    if (draft.key) form.elements.key.value = draft.key;
    $("#answer-files").replaceChildren(...draft.files.map((file) => {
      const line = $("#file-line").content.firstElementChild.cloneNode(true);
      $("input", line).value = file.id;
      $("bdi", line).textContent = file.name;
      $("progress", line).remove();
      $("button", line).setAttribute("aria-label", `${$("button", line).dataset.label} ${file.name}`);
      return line;
    }));
  };

  // --- The draft on the server -------------------------------------------------------------------
  let timer = 0;
  let saving = null;
  const status = (text) => { const line = $("[data-status]"); if (line) line.textContent = text; };
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const renewToken = (token) => {
    for (const field of $$("[name=csrfmiddlewaretoken]")) field.value = token;
  };

  const saved = async (form, draft, answer) => {
    const said = await answer.json().catch(() => ({}));
    if (answer.ok && said.sent) {
      form.elements.key.value = newKey();
      status(words("sent"));
    } else if (answer.ok) {
      status(said.said);
      if (form.isConnected && content(read(form)) === content(draft)) drop("answer");
      else later(SAVE_AFTER);
    } else if (answer.headers.get("Desk-CSRF-Token")) {
      renewToken(answer.headers.get("Desk-CSRF-Token"));
      later(0);
    } else if (answer.status === 401) {
      status(words("signedOut"));
      later(TRY_AGAIN_AFTER);
    } else {
      status(said.problem || words("notSaved"));
    }
  };
  const save = async () => {
    const form = $("#answer");
    clearTimeout(timer);
    timer = 0;
    if (!form || saving) return;
    const draft = read(form);
    const body = new FormData();
    for (const name of ["csrfmiddlewaretoken", "title", "text", "key"]) body.append(name, form.elements[name].value);
    for (const file of draft.files) body.append("files", file.id);
    saving = new AbortController();
    try {
      const answer = await fetch($("#composer").dataset.draft, { method: "POST", body, headers: { "HX-Request": "true" }, signal: saving.signal });
      saving = null;
      await saved(form, draft, answer);
    } catch (error) {
      saving = null;
      if (error.name === "AbortError") return;
      status(words("offline"));
      later(TRY_AGAIN_AFTER);
    }
  };
  document.addEventListener("desk:keep-draft", save);
  const later = (milliseconds) => { if (!timer) timer = setTimeout(save, milliseconds); };
  const stopSaving = () => {
    clearTimeout(timer);
    timer = 0;
    if (saving) saving.abort();
    saving = null;
  };

  const grow = (area) => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("#answer, #note");
    if (!form) return;
    if (event.target.matches("textarea")) grow(event.target);
    if (form.id === "note") {
      keep("note", { text: form.elements.text.value });
    } else if (!event.target.matches("[type=checkbox][name=cc], [name=send_at], [name=upload]")) {
      keep("answer", { ...read(form), at: Date.now() });
      later(SAVE_AFTER);
    }
  });

  // --- A new composer: what this browser has kept comes back into it --------------------------------
  let other = null;
  const restoreAnswer = (form) => {
    const mine = kept("answer");
    other = null;
    if (!mine) return;
    const theirs = read(form);
    if (content(mine) === content(theirs) || isBlank(mine)) {
      if (isBlank(mine) && !isBlank(theirs)) return;
      drop("answer");
      return;
    }
    const isNewer = mine.at > (Date.parse(form.dataset.savedAt) || 0);
    other = isNewer ? theirs : mine;
    if (isNewer) {
      write(form, mine);
      later(SAVE_AFTER);
    }
    // What was typed on from the other one has all of it.
    const hasAll = isNewer && mine.text.startsWith(theirs.text) && theirs.files.every(({ id }) => mine.files.some((file) => file.id === id));
    $("[data-other]", form).hidden = isBlank(other) || hasAll;
  };
  const showOther = (form) => {
    const shown = read(form);
    write(form, { ...other, key: "" });
    other = shown;
    form.elements.text.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const start = () => {
    const composer = $("#composer");
    if (!composer) return;
    const [answer, note] = [$("#answer"), $("#note")];
    if (answer && !answer.dataset.isReady) {
      answer.dataset.isReady = "1";
      restoreAnswer(answer);
      grow(answer.elements.text);
      if ($("#missed")) $("#missed").focus();
    }
    if (note && !note.dataset.isReady) {
      note.dataset.isReady = "1";
      const text = kept("note")?.text;
      if (text && !note.elements.text.value) note.elements.text.value = text;
    }
    countDown();
  };
  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:afterSettle", start);

  // --- Tabs ----------------------------------------------------------------------------------------
  const choose = (mode) => {
    const composer = $("#composer");
    composer.dataset.mode = mode;
    for (const tab of $$("[data-write]", composer)) tab.setAttribute("aria-pressed", String(tab.dataset.write === mode));
    const area = $(`#${mode} textarea`);
    grow(area);
    area.focus();
  };

  // --- Ten seconds in which an answer can be taken back ----------------------------------------------
  let counting = 0;
  const countDown = () => {
    const toast = $("#undo");
    clearInterval(counting);
    if (!toast) return;
    const end = Date.now() + Number(toast.dataset.seconds) * 1000;
    counting = setInterval(() => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0 || !toast.isConnected) {
        clearInterval(counting);
        toast.remove();
      } else {
        $(".count", toast).textContent = left;
      }
    }, 250);
  };

  // --- Sending ---------------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-write]");
    if (tab) choose(tab.dataset.write);
    if (event.target.closest("[data-use-other]")) showOther($("#answer"));
    if (event.target.closest("[data-keep-writing]")) {
      event.preventDefault();
      $("#missed").remove();
      $("#answer-text").focus();
    }
  });
  // htmx takes the button that was clicked or has focus, which a submission by a timer has not.
  let action = "";
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id === "answer") event.detail.formData.set("send", action);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "answer") return;
    const button = event.submitter;
    action = button?.value || "";
    if (button?.matches("[data-drop-draft]") || !$("[data-is-uploading]", form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    status(words("uploading"));
  }, true);
  // The form may be gone when its request ends, so that the request is asked for it.
  const formOf = (event) => event.detail.requestConfig.elt;
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (form.closest("#composer") && event.detail.requestConfig.verb === "post" && form.id !== "note") stopSaving();
    if (form.id === "answer") form.elements.text.readOnly = true;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = formOf(event);
    const kind = { answer: "answer", note: "note" }[form.id];
    if (kind && event.detail.xhr.status < 400) drop(kind);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const [form, { xhr }] = [formOf(event), event.detail];
    if (!form.isConnected) return;
    const key = xhr.getResponseHeader("Desk-Key");
    if (key) form.elements.key.value = key;
    if (form.id !== "answer") return;
    form.elements.text.readOnly = false;
    if (!event.detail.successful) later(SAVE_AFTER); // also when nothing answered
  });
  // Focus would be lost with the button that was pressed, and after sending keys are shortcuts again.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "composer") return;
    if (/\/(undo|withdraw)\/$/.test(formOf(event).action) && $("#answer-text")) {
      $("#answer-text").focus({ preventScroll: true });
      return;
    }
    const isSent = $("#undo") && document.activeElement.id === "answer-text";
    // A composer that was long has become short, so that the page shows what is below it.
    if ($("#undo")) $$(".entry").at(-1)?.scrollIntoView({ block: "nearest" });
    if (isSent || document.activeElement === document.body) ($("#missed") || $("#composer")).focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const form = event.target.closest?.("#answer, #note");
    if (!form) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      form.requestSubmit($("[data-send]", form));
    } else if (event.target.matches("#answer-title")) {
      event.preventDefault();
      form.elements.text.focus();
    }
  });
})();
