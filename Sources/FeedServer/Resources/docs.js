// The reference: every operation of the OpenAPI document, with a form that tries it.

import { makeBody } from "./docs-body.js";
import { element, makeControl, makeField, makeText, prose, traits } from "./docs-element.js";
import { makeAuthorize } from "./docs-token.js";
import { makeTrial } from "./docs-trial.js";

const TIMEOUT_MILLISECONDS = 10_000;

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

const TOKEN_NOTES = {
  required: "Needs a token: get one under “Authorize”.",
  optional: "With a token it shows more: get one under “Authorize”.",
};

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
        .filter(([method, operation]) => METHODS.includes(method) && operation.tags?.includes(tag))
        .map(([method, operation]) =>
          this.#operation(method.toUpperCase(), path, operation, item.parameters),
        ),
    );
  }

  #operation(method, path, operation, shared = []) {
    const own = (operation.parameters ?? []).map((parameter) => this.#resolve(parameter));
    const isOwn = (shared) => own.some((other) => other.name === shared.name && other.in === shared.in);
    const common = shared.map((parameter) => this.#resolve(parameter)).filter((other) => !isOwn(other));
    const parameters = [...common, ...own];
    const fields = parameters.map((parameter) => this.#field(operation.operationId, parameter));
    const requestBody = operation.requestBody && this.#resolve(operation.requestBody);
    const body = makeBody(operation.operationId, requestBody, (value) => this.#resolve(value));
    const token = this.#token(operation);
    const code = element("code", {}, `${method} ${path}`);
    return element(
      "details",
      { className: "operation", id: operation.operationId },
      element("summary", {}, code, ` – ${operation.summary}`),
      element(
        "div",
        {},
        element("p", {}, ...prose(operation.description ?? "")),
        ...(token ? [element("p", { className: "hint" }, TOKEN_NOTES[token])] : []),
        makeTrial({ method, path, parameters, fields, body, takesToken: Boolean(token) }),
        element("h3", {}, "Answers"),
        this.#answers(operation.responses),
        ...this.#examples(operation.responses),
      ),
    );
  }

  /** Whether an operation takes a bearer token: `required`, `optional`, or `null` when it takes none. */
  #token(operation) {
    const ways = operation.security ?? this.#openAPI.security ?? [];
    const schemes = this.#openAPI.components?.securitySchemes ?? {};
    const isBearer = (name) => {
      const { type, scheme } = this.#resolve(schemes[name] ?? {});
      return type === "oauth2" || (type === "http" && scheme.toLowerCase() === "bearer");
    };
    if (!ways.some((way) => Object.keys(way).some(isBearer))) return null;
    return ways.some((way) => Object.keys(way).length === 0) ? "optional" : "required";
  }

  #field(operationID, parameter) {
    const schema = this.#resolve(parameter.schema);
    const given = { name: parameter.name, value: String(parameter.example ?? "") };
    const words = [parameter.in, ...traits(schema), ...(parameter.required ? ["required"] : [])].join(", ");
    const control = Object.assign(makeControl(schema), given);
    return makeField(
      `${operationID}-${parameter.name}`, parameter.name, words, parameter.description, control);
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
        Object.entries(media.examples ?? {}).map(([name, example]) => {
          const { value } = this.#resolve(example);
          return element(
            "details",
            {},
            element("summary", {}, `Example ${status}: ${name}`),
            makeText(typeof value === "string" ? value : JSON.stringify(value, null, 2), "Example"),
          );
        }),
      ),
    );
  }

  #resolve(value) {
    if (!value.$ref) return value;
    const names = value.$ref.replace(/^#\//, "").split("/");
    return this.#resolve(names.reduce((parent, name) => parent[name], this.#openAPI));
  }
}

const place = document.querySelector("[data-docs]");
try {
  place.replaceChildren(makeAuthorize(), ...new Reference(await getDocument()).sections());
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted?.matches(".operation")) wanted.open = true;
} catch (error) {
  console.warn("The reference could not be shown:", error);
  place.replaceChildren(element("p", {}, "The OpenAPI document could not be loaded. Reload the page."));
}
place.setAttribute("aria-busy", "false");
