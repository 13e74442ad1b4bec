// Search from every page: `/` goes to the field, arrows walk through what is found, Escape leaves.
const form = document.querySelector("[data-seek]");

export function startSeeking() {
  if (!form) return;
  const field = form.querySelector("[data-seek-field]");
  const finds = form.querySelector("[data-seek-finds]");
  document.addEventListener("keydown", (event) => onAnyKey(event, field));
  form.addEventListener("keydown", (event) => onKey(event, field, finds));
  form.addEventListener("focusout", (event) => {
    if (!form.contains(event.relatedTarget)) finds.replaceChildren();
  });
  field.addEventListener("input", () => {
    if (!field.value.trim()) finds.replaceChildren();
  });
}

function onAnyKey(event, field) {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function onKey(event, field, finds) {
  if (event.key === "Escape") {
    finds.replaceChildren();
    field.blur();
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const places = [field, ...finds.querySelectorAll("a")];
  const next = places[places.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
