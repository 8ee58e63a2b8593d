// Shows a password to who types it, if they ask. Without this script it just stays dots.
"use strict";
for (const button of document.querySelectorAll("button[data-shows][hidden]")) {
  const input = document.getElementById(button.dataset.shows);
  const turn = (type) => {
    if (input.type === type) return;
    input.type = type;
    [button.textContent, button.dataset.other] = [button.dataset.other, button.textContent];
  };
  button.hidden = false;
  button.addEventListener("click", () => turn(input.type === "password" ? "text" : "password"));
  // Sent as a password, so that browsers keep it as one and not among the texts they offer again.
  input.form.addEventListener("submit", () => turn("password"));
}
