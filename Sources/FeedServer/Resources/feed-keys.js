// The keys of the ARIA feed pattern: https://www.w3.org/WAI/ARIA/apg/patterns/feed/
//
// While the focus is inside the feed, Page Down and Page Up go from post to post, and Control+End
// leaves the feed for what follows it, which scrolling alone might never reach.

export function handleKeys(feed) {
  feed.addEventListener("keydown", (event) => {
    const post = event.target.closest("article");
    if (!post || event.altKey || event.metaKey || event.shiftKey) return;
    const target = destination(event, feed, post);
    if (!target) return;
    event.preventDefault();
    target.focus();
  });
}

function destination(event, feed, post) {
  if (event.ctrlKey) {
    if (event.key === "Home") return document.getElementById("main");
    if (event.key === "End") return feed.nextElementSibling?.querySelector("button");
    return null;
  }
  if (event.key === "PageDown") return post.nextElementSibling;
  if (event.key === "PageUp") return post.previousElementSibling;
  return null;
}
