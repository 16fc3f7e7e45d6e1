"use strict";
// Comforts of the meeting form. Everything it does for the record itself works without it.
(() => {
  const form = document.getElementById("meeting-form");
  if (!form) return;

  // Enter in a line of text moves on instead of sending a half-filled record.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) event.preventDefault();
  });

  // 实到 follows the ticks; the server counts again.
  const recount = () => {
    const section = document.getElementById("attendance");
    const ticked = section.querySelectorAll(".roster-tick:checked").length;
    const all = section.querySelectorAll(".roster-tick").length;
    const present = section.querySelector("[data-roster-present]");
    const taking = section.querySelector("[data-roster-ticked]");
    if (present) present.textContent = all - ticked;
    if (taking) taking.textContent = ticked;
  };

  // Find a name in a long roster.
  const filterRoster = (field) => {
    const text = field.value.trim();
    document.querySelectorAll("#attendance .roster li").forEach((row) => {
      row.hidden = text !== "" && !row.dataset.name.includes(text) && !row.querySelector(".roster-tick").checked;
    });
  };
  const prepare = () => {
    document.querySelectorAll("[data-roster-search]").forEach((field) => { field.hidden = false; });
    recount();
  };
  form.addEventListener("input", (event) => {
    if (event.target.matches("[data-roster-search]")) filterRoster(event.target);
  });
  form.addEventListener("change", (event) => {
    if (!event.target.matches(".roster-tick")) return;
    recount();
    const reason = event.target.closest("li").querySelector("select");
    if (event.target.checked && reason && !reason.value) reason.focus();
  });
  document.body.addEventListener("htmx:afterSettle", prepare);

  // The login in another window changes the token; the form uses the newest.
  const refreshToken = () => {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
    if (cookie) form.querySelector("[name=csrfmiddlewaretoken]").value = cookie.slice("csrftoken=".length);
  };
  form.addEventListener("submit", refreshToken);
  document.body.addEventListener("htmx:configRequest", (event) => {
    refreshToken();
    event.detail.headers["X-CSRFToken"] = form.querySelector("[name=csrfmiddlewaretoken]").value;
  });

  // A link of the X-ray opens the fold its field is in.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".xray a[href^='#']");
    const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!target) return;
    event.preventDefault();
    const fold = target.closest("details");
    if (fold) fold.open = true;
    const inner = target.querySelector("details");
    if (inner) inner.open = true;
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  });

  prepare();
  const xray = document.getElementById("xray");
  if (xray) xray.focus();
})();
