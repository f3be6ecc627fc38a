// The reference: every operation of the OpenAPI document, with a form that tries it.
//
// Whatever comes from the server is set as text and never read as markup.

const TIMEOUT_MILLISECONDS = 10_000;

// More than any page of the API has; /metrics can grow.
const MAX_SHOWN_CHARACTERS = 200_000;

/** An element with properties and children; a child that is a string becomes text. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Text in which `backticks` mark code. */
function prose(text) {
  const parts = text.split("`");
  return parts.map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

async function getDocument() {
  const response = await fetch("/openapi.json", {
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return response.json();
}

class Reference {
  #openAPI;

  constructor(openAPI) {
    this.#openAPI = openAPI;
  }

  sections() {
    return this.#openAPI.tags.map((tag) =>
      element(
        "section",
        { className: "docs-section" },
        element("h2", {}, tag.name),
        element("p", {}, ...prose(tag.description ?? "")),
        ...this.#operations(tag.name),
      ),
    );
  }

  #operations(tag) {
    return Object.entries(this.#openAPI.paths).flatMap(([path, item]) =>
      Object.entries(item)
        .filter(([, operation]) => operation.tags?.includes(tag))
        .map(([method, operation]) => this.#operation(method.toUpperCase(), path, operation)),
    );
  }

  #operation(method, path, operation) {
    const parameters = (operation.parameters ?? []).map((parameter) => this.#resolve(parameter));
    const fields = parameters.map((parameter) => this.#field(operation.operationId, parameter));
    const code = element("code", {}, `${method} ${path}`);
    return element(
      "details",
      { className: "operation", id: operation.operationId },
      element("summary", {}, code, ` – ${operation.summary}`),
      element(
        "div",
        {},
        element("p", {}, ...prose(operation.description ?? "")),
        makeTrial(method, path, parameters, fields),
        element("h3", {}, "Answers"),
        this.#answers(operation.responses),
        ...this.#examples(operation.responses),
      ),
    );
  }

  #field(operationID, parameter) {
    const schema = this.#resolve(parameter.schema);
    const id = `${operationID}-${parameter.name}`;
    const given = { id, name: parameter.name, value: String(parameter.example ?? "") };
    const control = Object.assign(makeControl(schema), given);
    control.setAttribute("aria-describedby", `${id}-hint`);
    return element(
      "div",
      { className: "field" },
      element("label", { htmlFor: id }, `${parameter.name} `, element("code", {}, traits(parameter, schema))),
      control,
      element("p", { className: "hint", id: `${id}-hint` }, ...prose(parameter.description ?? "")),
    );
  }

  #answers(responses) {
    const entries = Object.entries(responses).map(([status, response]) => [status, this.#resolve(response)]);
    const items = entries.flatMap(([status, response]) => {
      const headers = Object.keys(response.headers ?? {});
      const note = headers.length ? ` Headers: ${headers.join(", ")}.` : "";
      const meaning = element("dd", {}, ...prose(response.description + note));
      return [element("dt", {}, element("code", {}, status)), meaning];
    });
    return element("dl", {}, ...items);
  }

  #examples(responses) {
    return Object.entries(responses).flatMap(([status, reference]) =>
      Object.values(this.#resolve(reference).content ?? {}).flatMap((media) =>
        Object.entries(media.examples ?? {}).map(([name, { value }]) =>
          element(
            "details",
            {},
            element("summary", {}, `Example ${status}: ${name}`),
            makeText(typeof value === "string" ? value : JSON.stringify(value, null, 2), "Example"),
          ),
        ),
      ),
    );
  }

  #resolve(value) {
    if (!value.$ref) return value;
    const names = value.$ref.replace(/^#\//, "").split("/");
    return this.#resolve(names.reduce((parent, name) => parent[name], this.#openAPI));
  }
}

/** What a parameter is, in a few words: `query, integer, 1 to 50, 20 if absent`. */
function traits(parameter, schema) {
  const words = [parameter.in, schema.type];
  if (schema.enum) words.push(schema.enum.join(" or "));
  if (schema.maximum !== undefined) words.push(`${schema.minimum} to ${schema.maximum}`);
  if (schema.maxLength !== undefined) words.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined) words.push(`${schema.default} if absent`);
  if (parameter.required) words.push("required");
  return words.join(", ");
}

// Numbers are typed as text: what the server says to a wrong one is worth a try as well.
function makeControl(schema) {
  const choices = schema.enum ?? (schema.type === "boolean" ? ["true", "false"] : null);
  if (choices) {
    const options = choices.map((choice) => element("option", { value: choice }, choice));
    return element("select", {}, element("option", { value: "" }, "(absent)"), ...options);
  }
  const inputMode = schema.type === "integer" ? "numeric" : "text";
  const placeholder = String(schema.default ?? "");
  return element("input", { type: "text", autocomplete: "off", spellcheck: false, inputMode, placeholder });
}

/** Text that scrolls, by keyboard too. */
function makeText(text, label) {
  const shown = element("pre", { tabIndex: 0 }, text);
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", label);
  return shown;
}

function makeTrial(method, path, parameters, fields) {
  const button = element("button", { type: "submit", className: "more" }, "Try it");
  const buttons = element("div", { className: "buttons" }, button);
  const status = element("p");
  status.setAttribute("role", "status");
  const output = element("div");
  const form = element("form", { noValidate: true }, ...fields, buttons, status, output);
  let request;

  const follow = (link) => {
    const query = new URL(link, location.origin).searchParams;
    for (const { name } of parameters.filter((parameter) => parameter.in === "query")) {
      form.elements.namedItem(name).value = query.get(name) ?? "";
    }
    form.requestSubmit();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    request?.abort();
    const own = (request = new AbortController());
    const { address, headers } = fill(path, parameters, form);
    status.textContent = `${method} ${address} …`;
    try {
      const signal = AbortSignal.any([own.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]);
      // "no-store": otherwise the browser's cache answers, and hides a 304.
      const response = await fetch(address, { method, headers, signal, cache: "no-store" });
      const body = await response.text();
      if (own !== request) return;
      status.textContent = `${method} ${address}: ${response.status} ${response.statusText}`;
      output.replaceChildren(...answer(response, body));
      const focused = [...buttons.children].find((child) => child === document.activeElement);
      buttons.replaceChildren(button, ...linkButtons(response.headers.get("Link"), follow));
      // The keyboard stays on "next" from page to page.
      const successor = [...buttons.children].find((child) => child.textContent === focused?.textContent);
      if (focused) (successor ?? button).focus();
    } catch (error) {
      if (own !== request) return;
      status.textContent = `${method} ${address} failed: ${error.message}`;
      output.replaceChildren();
    }
  });
  return form;
}

/** The address and the headers that a form stands for; an empty field is absent. */
function fill(path, parameters, form) {
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const parameter of parameters) {
    const value = form.elements.namedItem(parameter.name).value;
    if (parameter.in === "path") {
      address = address.replace(`{${parameter.name}}`, () => encodeURIComponent(value));
    } else if (value !== "") {
      if (parameter.in === "query") query.set(parameter.name, value);
      else headers[parameter.name] = value;
    }
  }
  const text = query.toString();
  return { address: text ? `${address}?${text}` : address, headers };
}

function answer(response, body) {
  const fields = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const isJSON = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
  const text = isJSON && body ? JSON.stringify(JSON.parse(body), null, 2) : body;
  const isLong = text.length > MAX_SHOWN_CHARACTERS;
  const shown = isLong ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}\n… (${text.length} characters)` : text;
  return [makeText(fields, "Headers"), makeText(shown || "(no body)", "Body")];
}

/** A button for each page that the `Link` field names. */
function linkButtons(field, follow) {
  return [...(field ?? "").matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, link, relation]) => {
    const button = element("button", { type: "button", className: "more" }, relation);
    button.addEventListener("click", () => follow(link));
    return button;
  });
}

const place = document.querySelector("[data-docs]");
try {
  place.replaceChildren(...new Reference(await getDocument()).sections());
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted?.matches(".operation")) wanted.open = true;
} catch (error) {
  console.warn("The reference could not be shown:", error);
  place.replaceChildren(element("p", {}, "The OpenAPI document could not be loaded. Reload the page."));
}
place.setAttribute("aria-busy", "false");
