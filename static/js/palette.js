"use strict";
// Ctrl-K (⌘K) jumps to any organisation or page; arrows walk the answers, Enter opens, Escape closes.
(() => {
  const palette = document.getElementById("palette");
  if (!palette) {
    return;
  }
  const field = palette.querySelector("input");
  const answers = () => [...palette.querySelectorAll("#palette-results a")];
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette.showModal();
      field.select();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-palette]")) {
      event.preventDefault();
      palette.showModal();
      field.select();
    } else if (event.target === palette) {
      palette.close();
    }
  });
  palette.addEventListener("keydown", (event) => {
    const links = answers();
    const at = links.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && links.length) {
      event.preventDefault();
      links[Math.min(at + 1, links.length - 1)].focus();
    } else if (event.key === "ArrowUp") {
      event.preventDefault();
      (at > 0 ? links[at - 1] : field).focus();
    } else if (event.key === "Enter" && document.activeElement === field && links.length) {
      event.preventDefault();
      links[0].click();
    }
  });
})();
