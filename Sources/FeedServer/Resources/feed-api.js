// The one request that the feed makes.

const TIMEOUT_MILLISECONDS = 10_000;

/**
 * The page of posts behind a cursor.
 *
 * Rejects when the network fails, when the answer is not a page, and after the timeout.
 * `controller` is an `AbortController` with which the caller may end the request earlier.
 */
export async function fetchPage(api, cursor, pageSize, controller) {
  const query = new URLSearchParams({ cursor, page_size: String(pageSize) });
  const timeout = setTimeout(
    () => controller.abort(new DOMException("The server took too long.", "TimeoutError")),
    TIMEOUT_MILLISECONDS,
  );
  try {
    const response = await fetch(`${api}?${query}`, {
      headers: { Accept: "application/json" },
      signal: controller.signal,
    });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    const page = await response.json();
    if (!Array.isArray(page.items)) throw new TypeError("The answer is not a page of posts.");
    return page;
  } finally {
    clearTimeout(timeout);
  }
}
