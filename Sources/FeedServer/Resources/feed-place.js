// Where the reader was, for coming back from a post when the browser did not keep the page alive.
//
// A page that comes out of the back/forward cache is as it was left, and nothing here acts. One
// that is loaded anew holds its first posts only, so it has to grow before it can scroll.

// The most posts that are loaded again; further down the browser does what it can.
const MOST_POSTS = 500;

/**
 * Notes the place whenever scrolling ends and when the page is left. `count` tells how many posts
 * it shows by then. Returns a function that notes the place at once.
 */
export function rememberPlace(count) {
  const note = () => {
    const place = { posts: count(), top: scrollY };
    history.replaceState({ ...history.state, place }, "");
  };
  addEventListener("scrollend", note);
  // In time for coming back, but too late for a reload.
  addEventListener("pagehide", note);
  return note;
}

/** Grows the page to its former length by `loadUntil(posts)`, then scrolls to the former place. */
export async function returnToPlace(count, loadUntil) {
  if (!isReturn()) return;
  const place = history.state?.place;
  if (!place || place.posts <= count() || place.posts > MOST_POSTS) return;
  history.scrollRestoration = "manual";
  if (await loadUntil(place.posts)) scrollTo({ top: place.top, behavior: "instant" });
  history.scrollRestoration = "auto";
}

// Following a link to the page that one is on keeps its state, and yet asks for the newest posts.
function isReturn() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.type === "back_forward" || navigation?.type === "reload";
}
