// Composes the text of a fault from the lists. The server checks it.

const field = (id) => document.getElementById(id);
const [trigger, calls, order, percent, phase, effect, value, times, spec] =
  ["trigger", "calls", "order", "percent", "phase", "effect", "value", "times", "spec"].map(field);

// Shows the effects that are possible in the chosen phase. Those with a value bring an example of one.
function showEffects() {
  const chosen = effect.value;
  const options = phase.selectedOptions[0].dataset.effects.split(" ").map((text) => {
    const [name, example = ""] = text.split("=");
    const option = new Option(name);
    option.dataset.example = example;
    return option;
  });
  effect.replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) effect.value = chosen;
  showExample();
}

function showExample() {
  const { example } = effect.selectedOptions[0].dataset;
  value.value = example;
  value.disabled = !example && effect.value !== "truncate";
}

// Leaves out the operations and fields that the phase does not know.
function showTriggers() {
  const { dataset, value: name } = phase.selectedOptions[0];
  for (const option of trigger.options) {
    const isOperation = option.value.includes(".");
    option.disabled = isOperation && (dataset.operation === "false"
      || (name === "query" && option.dataset.reads === "false")
      || (name === "webhook" && option.dataset.sends === "false"));
  }
  if (trigger.selectedOptions[0].disabled) trigger.value = trigger.value.split(".")[0];
  order.disabled = dataset.order === "false";
}

function compose() {
  const words = [trigger.value + (calls.value && `#${calls.value}`)];
  if (order.value && !order.disabled) words.push(`order=${order.value}`);
  if (percent.value) words.push(`p=${percent.value}%`);
  words.push(`@${phase.value}`, effect.value + (value.value && !value.disabled ? `=${value.value}` : ""));
  if (times.value) words.push(`x${times.value}`);
  spec.value = words.join(" ");
}

phase.addEventListener("change", () => { showTriggers(); showEffects(); });
effect.addEventListener("change", showExample);
field("composer").addEventListener("input", compose);
field("composer").addEventListener("change", compose);
trigger.value = "turbopay.withdraw";
showTriggers();
showEffects();
compose();
