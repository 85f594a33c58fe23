// Files of an answer: chosen, dropped or pasted, they are uploaded at once; the form has their ids.
"use strict";

(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const changed = () => $("#answer-files")?.dispatchEvent(new Event("input", { bubbles: true }));

  const upload = (file) => {
    const composer = $("#composer");
    const line = $("#file-line").content.firstElementChild.cloneNode(true);
    const [id, progress, remove] = [$("input", line), $("progress", line), $("button", line)];
    $("bdi", line).textContent = file.name;
    remove.setAttribute("aria-label", `${remove.dataset.label} ${file.name}`);
    id.disabled = true;
    $("#answer-files").append(line);
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("csrfmiddlewaretoken", $("#answer [name=csrfmiddlewaretoken]").value);
    body.append("upload", file, file.name);
    line.dataset.isUploading = "";
    const fail = (text) => {
      progress.remove();
      delete line.dataset.isUploading;
      $(".field-error", line).textContent = text || $("#composer-words").dataset.tooLarge;
    };
    request.upload.onprogress = (event) => { progress.value = event.loaded / event.total; };
    request.onerror = () => fail("");
    request.onload = () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      if (request.status !== 200) return fail(answer.problem);
      progress.remove();
      delete line.dataset.isUploading;
      id.value = answer.files[0].id;
      id.disabled = false;
      return changed();
    };
    line.addEventListener("desk:removed", () => request.abort());
    request.open("POST", composer.dataset.uploads);
    request.setRequestHeader("HX-Request", "true");
    request.send(body);
  };
  const uploadAll = (files) => [...files].forEach(upload);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-choose-files]")) $("#files-chooser").click();
    const remove = event.target.closest("#answer-files [data-remove]");
    if (!remove) return;
    const line = remove.closest("li");
    line.dispatchEvent(new Event("desk:removed"));
    line.remove();
    changed();
    $("#answer-text").focus();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "files-chooser") return;
    uploadAll(event.target.files);
    event.target.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length || !event.target.closest?.("#answer")) return;
    event.preventDefault();
    uploadAll(files);
  });
  const target = (event) => {
    const hasFiles = event.dataTransfer?.types.includes("Files");
    return hasFiles ? event.target.closest?.("#answer") : null;
  };
  document.addEventListener("dragover", (event) => {
    const form = target(event);
    if (!form) return;
    event.preventDefault();
    form.classList.add("drop-target");
  });
  document.addEventListener("dragleave", (event) => {
    const form = event.target.closest?.("#answer");
    if (form && !form.contains(event.relatedTarget)) form.classList.remove("drop-target");
  });
  document.addEventListener("drop", (event) => {
    const form = target(event);
    if (!form) return;
    event.preventDefault();
    form.classList.remove("drop-target");
    uploadAll(event.dataTransfer.files);
  });
})();
