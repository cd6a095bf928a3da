// Everything works without this: it copies with one press, refreshes the checks in place, and sends a form once.
"use strict";

const EVERY = 1500; // milliseconds

for (const box of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break; // no secure context
  const value = box.querySelector(".value");
  const button = document.createElement("button");
  const name = document.createElement("span");
  const said = document.createElement("span");
  button.type = "button";
  name.className = "spoken";
  name.textContent = ` ${box.dataset.copy}`;
  said.className = "spoken";
  said.setAttribute("role", "status");
  const show = (word) => button.replaceChildren(word, name);
  show("Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
    } catch {
      getSelection().selectAllChildren(value);
      said.textContent = "Selected: copy it with the keyboard";
      return;
    }
    show("Copied");
    said.textContent = `${box.dataset.copy} copied`;
    setTimeout(() => { show("Copy"); said.textContent = ""; }, 2500);
  });
  box.append(button, said);
}

for (const form of document.querySelectorAll("form")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

const live = document.querySelector("[data-live]");
if (live) {
  const look = async () => {
    let answer;
    try {
      answer = await fetch(live.dataset.live + location.search, { credentials: "same-origin" });
    } catch {
      return setTimeout(look, EVERY * 3);
    }
    if (answer.status === 429 || answer.status === 503) return setTimeout(look, EVERY * 3);
    if (!answer.ok) return location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const verdict = fresh.querySelector("[data-state]");
    const shown = live.querySelector("[data-state]");
    if (verdict.dataset.state === "running" && fresh.querySelector("[data-late]") === null) return setTimeout(look, EVERY);
    // The sentence stays the same element: what changes in it is read out.
    shown.textContent = verdict.textContent;
    shown.className = verdict.className;
    shown.dataset.state = verdict.dataset.state;
    document.querySelector(".facts").replaceWith(fresh.querySelector(".facts"));
    live.replaceChildren(shown, ...fresh.querySelectorAll("[data-late], .checks"));
    for (const part of document.querySelectorAll("[data-after]")) part.hidden = false;
  };
  setTimeout(look, EVERY);
}
