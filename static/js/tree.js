"use strict";
// An opened branch of the tree closes and opens again without asking the server a second time.
document.addEventListener("htmx:beforeRequest", (event) => {
  const link = event.target.closest("[data-tree-toggle]");
  if (!link) {
    return;
  }
  const below = document.getElementById(link.dataset.treeToggle);
  if (below.childElementCount) {
    event.preventDefault();
    below.hidden = !below.hidden;
    link.setAttribute("aria-expanded", String(!below.hidden));
  }
});
document.addEventListener("htmx:afterSwap", (event) => {
  const link = document.querySelector(`[data-tree-toggle="${event.target.id}"]`);
  if (link) {
    link.setAttribute("aria-expanded", "true");
  }
});
