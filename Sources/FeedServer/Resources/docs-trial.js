// A form that sends a request and shows the answer.

import { element, makeStatus, makeText } from "./docs-element.js";
import { authorization } from "./docs-token.js";

const TIMEOUT_MILLISECONDS = 10_000;

// More than any page of the API has; /metrics can grow.
const MAX_SHOWN_CHARACTERS = 200_000;

/**
 * The form of an operation.
 *
 * `fields` are the elements of its parameters, `body` is its editor or `null`, `takesToken` says
 * whether the request carries the token, if there is one.
 */
export function makeTrial({ method, path, parameters, fields, body, takesToken }) {
  const button = element("button", { type: "submit", className: "button" }, "Try it");
  const buttons = element("div", { className: "buttons" }, button);
  const status = makeStatus();
  const output = element("div");
  const shown = [...fields, ...(body?.elements ?? []), buttons, status, output];
  const form = element("form", { noValidate: true }, ...shown);
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
    const content = body?.read();
    status.textContent = `${method} ${address} …`;
    try {
      const response = await fetch(address, {
        method,
        headers: { ...headers, ...content?.headers, ...(takesToken ? authorization() : {}) },
        body: content?.body,
        // The API never looks at cookies.
        credentials: "omit",
        // Otherwise the browser's cache answers, and hides a 304.
        cache: "no-store",
        signal: AbortSignal.any([own.signal, AbortSignal.timeout(TIMEOUT_MILLISECONDS)]),
      });
      const text = await read(response);
      if (own !== request) return;
      status.textContent = `${method} ${address}: ${response.status} ${response.statusText}`;
      output.replaceChildren(...answer(response, text));
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

/** The body as text; of a picture no more than its size. */
async function read(response) {
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("image/")) return response.text();
  return `(${(await response.blob()).size} bytes of ${type})`;
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
    const button = element("button", { type: "button", className: "button plain" }, relation);
    button.addEventListener("click", () => follow(link));
    return button;
  });
}
