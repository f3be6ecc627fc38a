// The token that requests carry. It is kept in this page's memory only, and gone with the page.

import { element, makeControl, makeField, makeStatus } from "./docs-element.js";

const TOKEN_PATH = "/api/users/token";

const TIMEOUT_MILLISECONDS = 10_000;

let token = "";

/** The header fields that a request with the token has; none while there is no token. */
export function authorization() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Forms that get a token: from the clipboard, or for an e-mail address and its password. */
export function makeAuthorize() {
  const status = makeStatus();
  const forget = element("button", { type: "button", className: "button plain" }, "Forget the token");
  const use = (value, words) => {
    token = value;
    forget.hidden = !token;
    status.textContent = words;
  };
  forget.addEventListener("click", () => use("", "There is no token."));
  use("", "There is no token.");
  return element(
    "details",
    { className: "operation", id: "authorize" },
    element("summary", {}, "Authorize"),
    element(
      "div",
      {},
      element("p", {}, "Requests that take a token carry it. It is kept until this page is left."),
      makePasteForm(use),
      makePasswordForm(use, status),
      status,
      forget,
    ),
  );
}

function makePasteForm(use) {
  const input = makeControl({});
  const form = makeForm("Use this token", makeField("authorize-token", "Token", "pasted", "", input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pasted = input.value.trim().replace(/^Bearer +/i, "");
    input.value = "";
    if (pasted) use(pasted, "The token is in use.");
    else use("", "There is no token.");
  });
  return form;
}

function makePasswordForm(use, status) {
  const email = element("input", { type: "email", autocomplete: "username" });
  const password = element("input", { type: "password", autocomplete: "current-password" });
  const form = makeForm(
    "Get a token",
    makeField("authorize-email", "E-mail address", "", "", email),
    makeField("authorize-password", "Password", "", "", password),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    status.textContent = "Asking for a token …";
    try {
      const answer = await askForToken(email.value, password.value);
      password.value = "";
      const minutes = Math.round(answer.expires_in / 60);
      use(answer.access_token, `The token is in use. It is good for ${minutes} minutes.`);
    } catch (error) {
      status.textContent = `There is no new token: ${error.message}`;
    }
  });
  return form;
}

async function askForToken(username, password) {
  const response = await fetch(TOKEN_PATH, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ username, password }),
    credentials: "omit",
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  const issues = (answer.errors ?? []).map(({ parameter, detail }) => `${parameter} ${detail}.`);
  throw new Error([answer.detail, ...issues].join(" "));
}

function makeForm(label, ...fields) {
  const button = element("button", { type: "submit", className: "button" }, label);
  const buttons = element("div", { className: "buttons" }, button);
  return element("form", { className: "form", noValidate: true }, ...fields, buttons);
}
