// An editor for the body of a request, by its media type: JSON as text, forms as fields.

import { element, makeControl, makeField, prose, traits } from "./docs-element.js";

/**
 * The editor of an operation's `requestBody`; `null` when it has none.
 *
 * `elements` are shown; `read` gives what `fetch` takes: a body, and the header fields that go with it.
 */
export function makeBody(operationID, requestBody, resolve) {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type) return null;
  const make = { "application/x-www-form-urlencoded": makeForm, "multipart/form-data": makeParts }[type];
  return (make ?? makeDocument)({ id: `${operationID}-body`, type, media, resolve });
}

function makeDocument({ id, type, media, resolve }) {
  const schema = resolve(media.schema ?? {});
  const examples = examplesOf(media, schema, resolve);
  const editor = element("textarea", {
    className: "code",
    rows: 6,
    autocomplete: "off",
    spellcheck: false,
    value: examples[0]?.text ?? "",
  });
  const elements = [makeField(id, "Body", type, "", editor)];
  if (examples.length > 1) elements.unshift(makeChoice(`${id}-example`, examples, editor));
  if (schema.properties) elements.push(describe(schema, resolve));
  return { elements, read: () => ({ body: editor.value, headers: { "Content-Type": type } }) };
}

function makeForm({ id, media, resolve }) {
  const { elements, controls } = makeFields(id, media, resolve);
  const filled = () => controls.map(([name, { value }]) => [name, value]).filter(([, value]) => value !== "");
  return { elements, read: () => ({ body: new URLSearchParams(filled()), headers: {} }) };
}

function makeParts({ id, media, resolve }) {
  const { elements, controls } = makeFields(id, media, resolve);
  const read = () => {
    // The browser writes the Content-Type, for it chooses the boundary.
    const body = new FormData();
    for (const [name, { value, files }] of controls) {
      if (files) for (const file of files) body.append(name, file);
      else if (value !== "") body.append(name, value);
    }
    return { body, headers: {} };
  };
  return { elements, read };
}

/** A field for each property of a form, with the example's value. */
function makeFields(id, media, resolve) {
  const schema = resolve(media.schema ?? {});
  const example = examplesOf(media, schema, resolve)[0]?.value ?? {};
  const fields = Object.entries(schema.properties ?? {}).map(([name, value]) => {
    const property = resolve(value);
    const control = makeFormControl(property, media.encoding?.[name], example[name]);
    const label = words(schema, name, property);
    return { element: makeField(`${id}-${name}`, name, label, property.description, control), name, control };
  });
  const controls = fields.map(({ name, control }) => [name, control]);
  return { elements: fields.map((field) => field.element), controls };
}

function makeFormControl(property, encoding, example) {
  if (isFile(property, encoding)) {
    const accept = encoding?.contentType ?? property.contentMediaType ?? "";
    return element("input", { type: "file", accept });
  }
  const value = String(example ?? property.examples?.[0] ?? property.example ?? "");
  return Object.assign(makeControl(property), { value });
}

// OpenAPI 3.1 tells a file by its media type, 3.0 by its format.
function isFile(property, encoding) {
  const isText = /^(text\/|application\/json)/.test(encoding?.contentType ?? "text/");
  return property.format === "binary" || Boolean(property.contentMediaType) || !isText;
}

function words(schema, name, property) {
  const presence = schema.required?.includes(name) ? ["required"] : [];
  return [...traits(property), ...presence].join(", ");
}

/** The properties of a JSON body. */
function describe(schema, resolve) {
  const items = Object.entries(schema.properties).flatMap(([name, value]) => {
    const property = resolve(value);
    const text = [words(schema, name, property), property.description].filter(Boolean).join(". ");
    return [element("dt", {}, element("code", {}, name)), element("dd", {}, ...prose(text))];
  });
  return element("dl", {}, ...items);
}

/** Every example that a media type or its schema has: its name, its value, and the value as text. */
function examplesOf(media, schema, resolve) {
  const named = Object.entries(media.examples ?? {}).map(([name, example]) => [name, resolve(example).value]);
  const single = media.example ?? schema.example ?? schema.examples?.[0];
  const all = named.length || single === undefined ? named : [["example", single]];
  return all.map(([name, value]) => ({
    name,
    value,
    text: typeof value === "string" ? value : JSON.stringify(value, null, 2),
  }));
}

/** A choice among examples, which fills the editor. */
function makeChoice(id, examples, editor) {
  const options = examples.map(({ name }, index) => element("option", { value: String(index) }, name));
  const choice = element("select", {}, ...options);
  choice.addEventListener("change", () => {
    editor.value = examples[Number(choice.value)].text;
  });
  return makeField(id, "Example", "", "", choice);
}
