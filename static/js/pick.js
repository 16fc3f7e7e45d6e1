"use strict";
// Long lists of rows to tick: words narrow them, one tick takes all that are shown, and how many are ticked is said.
document.querySelectorAll("[data-pick]").forEach((list) => {
  const field = list.querySelector("[data-pick-search]");
  const every = list.querySelector("[data-pick-all]");
  const said = list.querySelector("[data-pick-count]");
  const rows = [...list.querySelectorAll("[data-pick-row]")];
  const tick = (row) => row.querySelector("[data-pick-tick]");
  const shown = () => rows.filter((row) => !row.hidden && tick(row));
  const count = () => {
    const ticked = rows.filter((row) => tick(row)?.checked).length;
    if (said) said.textContent = ticked;
    if (every) {
      every.checked = shown().length > 0 && shown().every((row) => tick(row).checked);
      every.indeterminate = !every.checked && shown().some((row) => tick(row).checked);
    }
  };
  list.querySelectorAll("[data-pick-tools]").forEach((tools) => { tools.hidden = false; });
  field?.addEventListener("input", () => {
    const text = field.value.trim().toLowerCase();
    rows.forEach((row) => { row.hidden = text !== "" && !row.dataset.pickRow.toLowerCase().includes(text); });
    count();
  });
  // Enter in the words narrows, it does not send.
  field?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  every?.addEventListener("change", () => {
    shown().forEach((row) => { tick(row).checked = every.checked; });
    count();
  });
  list.addEventListener("change", count);
  count();
});
