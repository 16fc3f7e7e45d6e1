"use strict";
// Rows of a formset that can be added: the blank row is cloned under the next number.
document.querySelectorAll("form[data-rows]").forEach((form) => {
  const add = form.querySelector("[data-rows-add]");
  const list = form.querySelector("[data-rows-list]");
  const blank = form.querySelector("[data-rows-blank]");
  const total = form.querySelector("input[name$='-TOTAL_FORMS']");
  if (!add || !list || !blank || !total) return;
  add.hidden = false;
  add.addEventListener("click", () => {
    const number = Number(total.value);
    list.insertAdjacentHTML("beforeend", blank.innerHTML.replaceAll("__prefix__", String(number)));
    total.value = String(number + 1);
    list.lastElementChild.querySelector("input:not([type=hidden]), textarea")?.focus();
  });
});
