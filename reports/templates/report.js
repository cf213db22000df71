"use strict";
const cards = [...document.querySelectorAll("details.card")];
const filter = document.getElementById("filter");
const shown = document.getElementById("shown");

function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const card of cards) {
    const text = card.dataset.text || (card.dataset.text = card.textContent.toLowerCase());
    card.hidden = !words.every((word) => text.includes(word));
    count += !card.hidden;
  }
  for (const group of document.querySelectorAll("details.group")) {
    group.hidden = !group.querySelector("details.card:not([hidden])");
    if (words.length && !group.hidden) group.open = true;
  }
  shown.textContent = words.length ? `${count} of ${cards.length} shown` : "";
}

if (filter) {
  filter.closest("[hidden]").hidden = false;
  filter.addEventListener("input", applyFilter);
}

for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  const code = button.parentElement.querySelector("pre");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = "Selected: press Ctrl+C";
    }
  });
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();

let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const each of closed) each.open = true;
});
addEventListener("afterprint", () => { for (const each of closed) each.open = false; });
