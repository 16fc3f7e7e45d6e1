"use strict";
// "/" focuses the search field of the page, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing) {
    const field = document.querySelector("main input[type=search]") || document.querySelector("input[type=search]");
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
});
// A form is sent once: the button rests until the answer comes. A download leaves the page as it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.matches("[data-download]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
// Coming back with the browser's arrow, the page may be used again at once.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
// The bulk bar appears with the first row that is ticked.
document.addEventListener("change", (event) => {
  const bulk = event.target.closest("form");
  const bar = bulk && bulk.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const chosen = bulk.querySelectorAll("tbody input[type=checkbox]:checked").length;
  bar.hidden = chosen === 0;
  bar.querySelector("[data-bulk-count]").textContent = chosen;
});
// Print buttons.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
// A table that scrolls sideways can be scrolled with the keyboard as well.
const reachable = () =>
  document.querySelectorAll(".table-wrap:not([tabindex])").forEach((wrap) => {
    if (wrap.scrollWidth > wrap.clientWidth) {
      wrap.tabIndex = 0;
      wrap.setAttribute("role", "region");
      wrap.setAttribute("aria-label", "表格，可左右滚动");
    }
  });
document.addEventListener("DOMContentLoaded", reachable);
document.addEventListener("htmx:afterSettle", reachable);
window.addEventListener("resize", reachable);
