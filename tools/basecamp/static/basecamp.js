"use strict";

const PERIOD_MS = 4000;
const live = document.getElementById("live");
const stale = document.getElementById("stale");
let shown = null;

function openDetails() {
  return [...live.querySelectorAll("details[open]")].map((details) => details.id);
}

function show(html) {
  const open = openDetails();
  live.innerHTML = html; // made by our own templates, which escape every value
  for (const id of open) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
}

async function refresh() {
  try {
    const answer = await fetch("/live");
    if (!answer.ok) throw new Error(answer.statusText);
    const html = await answer.text();
    if (shown !== null && html !== shown) show(html);
    if (shown === null && html.trim() !== live.innerHTML.trim()) show(html);
    shown = html;
    stale.hidden = true;
  } catch {
    stale.hidden = false;
  }
}

setInterval(() => { if (!document.hidden) refresh(); }, PERIOD_MS);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
