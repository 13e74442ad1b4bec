// A slider beside each weight: either moves the other. Without this script the numbers stand alone.
const form = document.querySelector("[data-weights]");

for (const slider of form?.querySelectorAll("[data-slider]") ?? []) {
  const number = form.querySelector(`[data-weight="${slider.dataset.slider}"]`);
  slider.hidden = false;
  slider.value = number.value;
  number.disabled = slider.disabled;
  slider.addEventListener("input", () => {
    number.value = slider.value;
  });
  number.addEventListener("input", () => {
    slider.value = number.value;
  });
}
