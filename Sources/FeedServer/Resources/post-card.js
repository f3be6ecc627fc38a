// One post of the API as an element of the page.
//
// The markup comes from the same template that the server renders, so the two cannot differ.
// Text from users is set as text and never read as markup.

const MONTHS = [
  "January", "February", "March", "April", "May", "June",
  "July", "August", "September", "October", "November", "December",
];

// As in PostView.swift: beyond one of these, the feed shows a post's beginning only.
const LONG_TEXT = 600;
const MANY_LINES = 10;

/** The element of a post. `position` counts from 1, from the top of the page. */
export function postCard(template, post, position) {
  const card = template.content.firstElementChild.cloneNode(true);
  const find = (selector) => card.querySelector(selector);
  const content = post.content.replace(/\r\n?/g, "\n");
  const postPath = `/posts/${Number(post.id)}`;
  const headingID = `post-${Number(post.id)}`;

  card.setAttribute("aria-labelledby", headingID);
  card.setAttribute("aria-posinset", String(position));
  card.classList.toggle("long", isLong(post.content));
  find("h2").id = headingID;
  find(".author").href = `/users/${Number(post.author.id)}/posts`;
  find(".portrait").src = post.author.image_path;
  find(".username").textContent = post.author.username;
  find("time").dateTime = post.date_posted;
  find("time").textContent = dateText(post.date_posted);
  find(".title").href = postPath;
  find(".title").textContent = post.title;
  find(".content").textContent = content;
  find(".whole").href = postPath;
  find(".whole").setAttribute("aria-describedby", headingID);
  return card;
}

/** `2025-08-06T14:30:00.123456Z` as `August 06, 2025`. The time is in UTC and stays there. */
function dateText(time) {
  const [year, month, day] = time.slice(0, 10).split("-");
  return `${MONTHS[Number(month) - 1]} ${day}, ${year}`;
}

function isLong(content) {
  return content.length > LONG_TEXT || content.split("\n").length > MANY_LINES;
}
