// The feed: more posts as the reader comes near the end, or at the press of a button.
//
// Without this script the end of the feed is a link to the next page. The script makes a button
// of it, and loads through the same cursor that the link has.

import { fetchPage } from "./feed-api.js";
import { handleKeys } from "./feed-keys.js";
import { rememberPlace, returnToPlace } from "./feed-place.js";
import { postCard } from "./post-card.js";

const LABELS = {
  idle: "Load more posts",
  loading: "Loading…",
  failed: "Error – click to retry",
};

// How far below the window the end of the feed may be when loading begins.
const LOOKAHEAD = "0px 0px 600px 0px";

// The largest page that the API gives.
const MAX_PAGE_SIZE = 50;

// Why a request was ended: the reader went elsewhere, which is no failure.
const LEFT = Symbol("left");

class Feed {
  #feed;
  #end;
  #status;
  #button;
  #template;
  #observer;
  #request;
  #cursor;
  #pageSize;
  #notePlace;
  #state = "idle";

  constructor(feed, end) {
    this.#feed = feed;
    this.#end = end;
    this.#status = end.querySelector("[role=status]");
    this.#template = document.getElementById("post-card");
    this.#cursor = feed.dataset.nextCursor;
    this.#pageSize = Number(feed.dataset.pageSize);
    this.#button = makeButton(end.querySelector("a"));
  }

  async start() {
    this.#button.addEventListener("click", () => this.#load({ byHand: true }));
    addEventListener("pagehide", () => this.#request?.abort(LEFT));
    addEventListener("pageshow", (event) => event.persisted && this.#watch());
    const count = () => this.#feed.childElementCount;
    this.#notePlace = rememberPlace(count);
    await returnToPlace(count, (posts) => this.#loadUntil(posts));
    if ("IntersectionObserver" in window) {
      this.#observer = new IntersectionObserver(
        (entries) => {
          // After a failure only the reader tries again, not every scroll.
          if (entries.at(-1).isIntersecting && this.#state === "idle") this.#load();
        },
        { rootMargin: LOOKAHEAD },
      );
      this.#watch();
    }
  }

  // Asks the observer for a fresh look: it reports changes, and the end may still be near.
  #watch() {
    this.#observer?.unobserve(this.#end);
    this.#observer?.observe(this.#end);
  }

  async #loadUntil(posts) {
    while (this.#feed.childElementCount < posts && this.#cursor) {
      const missing = posts - this.#feed.childElementCount;
      if (!(await this.#load({ pageSize: Math.min(missing, MAX_PAGE_SIZE) }))) return false;
    }
    return true;
  }

  // One request at a time. A failed one leaves the cursor as it was, so that the next try goes on
  // at the same place.
  async #load({ byHand = false, pageSize = this.#pageSize } = {}) {
    if (this.#state === "loading" || !this.#cursor) return false;
    this.#enter("loading");
    this.#request = new AbortController();
    try {
      const page = await fetchPage(this.#api, this.#cursor, pageSize, this.#request);
      const firstNew = this.#append(page.items);
      this.#cursor = page.next_cursor;
      this.#settle(firstNew, page.items.length, byHand);
      return true;
    } catch (error) {
      if (this.#request.signal.reason === LEFT) {
        this.#enter("idle");
      } else {
        console.warn("The feed could not be loaded:", error);
        this.#enter("failed");
        this.#status.textContent = "More posts could not be loaded.";
      }
      return false;
    }
  }

  get #api() {
    return this.#feed.dataset.api;
  }

  // All of a page or, should one of its posts be malformed, nothing of it.
  #append(posts) {
    const shown = this.#feed.childElementCount;
    const cards = posts.map((post, index) => postCard(this.#template, post, shown + index + 1));
    this.#feed.append(...cards);
    return cards[0];
  }

  // The keyboard goes on at the first new post when the reader asked for it, or when the button
  // that has the focus is about to go.
  #settle(firstNew, count, byHand) {
    const focused = document.activeElement === this.#button;
    if (focused && (byHand || !this.#cursor)) firstNew?.focus({ preventScroll: true });
    if (this.#cursor) {
      this.#enter("idle");
      this.#status.textContent = `${count} more posts`;
      this.#watch();
    } else {
      this.#state = "idle";
      this.#feed.setAttribute("aria-busy", "false");
      this.#observer?.disconnect();
      this.#end.remove();
    }
    this.#notePlace();
  }

  // The button is never `disabled`, which would take the focus from it.
  #enter(state) {
    const loading = state === "loading";
    this.#state = state;
    this.#feed.setAttribute("aria-busy", String(loading));
    this.#button.setAttribute("aria-disabled", String(loading));
    this.#button.dataset.state = state;
    this.#button.textContent = LABELS[state];
    if (loading) this.#status.textContent = "";
  }
}

function makeButton(link) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = link.className;
  button.textContent = LABELS.idle;
  link.replaceWith(button);
  return button;
}

const feed = document.querySelector("[data-feed]");
const end = document.querySelector("[data-feed-end]");
if (feed) handleKeys(feed);
if (feed && end) new Feed(feed, end).start();
