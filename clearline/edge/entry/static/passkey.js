// Makes and uses passkeys in the forms that ask for one. Everything else works without it.
"use strict";
const known = self.PublicKeyCredential && PublicKeyCredential.parseCreationOptionsFromJSON;
const make = async (told) =>
  navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(told) });
const use = async (told) =>
  navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(told) });
for (const form of known ? document.querySelectorAll("form[data-passkey]") : []) {
  const button = form.querySelector("button");
  const trouble = form.querySelector("[data-trouble]");
  form.querySelector("[data-missing]").hidden = true;
  button.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    trouble.hidden = true;
    try {
      const act = form.dataset.passkey === "make" ? make : use;
      const answer = await act(JSON.parse(form.dataset.options));
      form.elements.answer.value = JSON.stringify(answer.toJSON());
      button.click();
    } catch {
      trouble.hidden = false;
    }
  });
}
