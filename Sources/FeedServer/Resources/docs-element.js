// What the reference is built of.
//
// Whatever comes from the server is set as text and never read as markup.

/** An element with properties and children; a child that is a string becomes text. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Text in which `backticks` mark code. */
export function prose(text) {
  const parts = text.split("`");
  return parts.map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

/** Text that scrolls, by keyboard too. */
export function makeText(text, label) {
  const shown = element("pre", { tabIndex: 0 }, text);
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", label);
  return shown;
}

/** What changes at a press of a button, and is read out when it does. */
export function makeStatus() {
  const status = element("p");
  status.setAttribute("role", "status");
  return status;
}

/** A control with its label, a few words on what it takes, and a description. */
export function makeField(id, label, words, description, control) {
  control.id = id;
  const field = element(
    "div",
    { className: "field" },
    element("label", { htmlFor: id }, `${label} `, element("code", {}, words)),
    control,
  );
  if (description) {
    control.setAttribute("aria-describedby", `${id}-hint`);
    field.append(element("p", { className: "hint", id: `${id}-hint` }, ...prose(description)));
  }
  return field;
}

// Numbers are typed as text: what the server says to a wrong one is worth a try as well.
export function makeControl(schema) {
  const choices = schema.enum ?? (schema.type === "boolean" ? ["true", "false"] : null);
  if (choices) {
    const options = choices.map((choice) => element("option", { value: choice }, choice));
    return element("select", {}, element("option", { value: "" }, "(absent)"), ...options);
  }
  const type = schema.format === "password" ? "password" : "text";
  const inputMode = schema.type === "integer" ? "numeric" : "text";
  const placeholder = String(schema.default ?? "");
  return element("input", { type, autocomplete: "off", spellcheck: false, inputMode, placeholder });
}

/** What a schema takes, in a few words: `integer, 1 to 50, 20 if absent`. */
export function traits(schema) {
  const words = [schema.type].flat().filter(Boolean);
  if (schema.enum) words.push(schema.enum.join(" or "));
  if (schema.maximum !== undefined) words.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxLength !== undefined) {
    const least = schema.minLength ? `${schema.minLength} to` : "at most";
    words.push(`${least} ${schema.maxLength} characters`);
  }
  if (schema.default !== undefined) words.push(`${schema.default} if absent`);
  return words;
}
