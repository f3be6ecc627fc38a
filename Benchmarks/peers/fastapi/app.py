"""The feed in the usual stack: FastAPI, SQLAlchemy's ORM (sync), pydantic, SQLite.

It is what the tutorials of these libraries lead to, and nothing in it is tuned for a benchmark. Each
comment on a choice says why it is the usual one.

The environment variable PEER_DATABASE names the database, which make_database.py writes.
"""

import base64
import os
from datetime import datetime, timezone
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import DateTime, ForeignKey, Index, String, Text, create_engine, func, select, tuple_
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, sessionmaker
from sqlalchemy.types import TypeDecorator

# The bounds of FeedServer's API, in rows: both servers are asked for the same pages.
MAXIMUM_FEED_PAGE_SIZE = 50
STANDARD_FEED_PAGE_SIZE = 20
MAXIMUM_OFFSET_PAGE_SIZE = 100
STANDARD_OFFSET_PAGE_SIZE = 10

# Characters of a cursor at the most; those of this server have about 80.
MAXIMUM_CURSOR_LENGTH = 256

DATABASE = os.environ.get("PEER_DATABASE", "")
if not os.path.isfile(DATABASE):
    # SQLite would make an empty database there, and each request would then fail for a lack of tables.
    raise SystemExit(f"PEER_DATABASE must name a database that make_database.py wrote; it is {DATABASE!r}")

# FastAPI runs a request's dependencies and its function on any of its threads, so SQLite's check for one
# thread is off, as FastAPI's documentation has it. The pool is SQLAlchemy's own for a file: five
# connections that stay and ten more under load. One with a connection for each thread was not faster.
engine = create_engine(f"sqlite:///{DATABASE}", connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(bind=engine, autoflush=False, expire_on_commit=False)


class UTCDateTime(TypeDecorator):
    """A moment, kept as UTC without its zone: SQLite has none. The recipe is in SQLAlchemy's documentation."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value if value is None else value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value, dialect):
        return value if value is None else value.replace(tzinfo=timezone.utc)


class Base(DeclarativeBase):
    pass


# make_database.py has the same tables as SQL.
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(50), unique=True)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    image_file: Mapped[str | None] = mapped_column(String(200))

    @property
    def image_path(self) -> str:
        return f"/media/{self.image_file}" if self.image_file else "/static/default.svg"


class Post(Base):
    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(100))
    content: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="draft")
    date_posted: Mapped[datetime] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    author: Mapped[User] = relationship()

    # One index for each feed, in the order that it filters and sorts by: a page reads its own rows only.
    __table_args__ = (
        Index("ix_posts_feed", "status", "date_posted", "id"),
        Index("ix_posts_user_feed", "user_id", "status", "date_posted", "id"),
    )


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    username: str
    image_file: str | None
    image_path: str


class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    user_id: int
    title: str
    content: str
    status: str
    date_posted: datetime
    updated_at: datetime | None
    author: AuthorOut


class FeedOut(BaseModel):
    items: list[PostOut]
    next_cursor: str | None
    prev_cursor: str | None
    has_more: bool


class OffsetPageOut(BaseModel):
    posts: list[PostOut]
    total: int
    skip: int
    limit: int
    has_more: bool


class Cursor(BaseModel):
    """A position between two posts, and the direction to read in.

    On the wire it is this model's JSON in base64url (RFC 4648, section 5) without padding, such as
    {"t":"2026-11-21T04:55:48.821728Z","id":44,"d":"next"}. Nothing in it is secret or signed, so a
    client can make one for any position. "next" leads to the posts that are older than the one at the
    position, "prev" to the newer ones; the post itself is in neither, and need not exist.
    """

    t: AwareDatetime
    id: int = Field(ge=0, lt=2**63)
    d: Literal["next", "prev"]

    def encoded(self) -> str:
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode().rstrip("=")

    @classmethod
    def decoded(cls, text: str) -> "Cursor":
        try:
            return cls.model_validate_json(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        except (ValueError, ValidationError):  # ValueError: not base64, or not ASCII
            raise HTTPException(400, "cursor-invalid")


CursorParameter = Annotated[str | None, Query(max_length=MAXIMUM_CURSOR_LENGTH)]
FeedPageSize = Annotated[int, Query(ge=1, le=MAXIMUM_FEED_PAGE_SIZE)]

app = FastAPI()


def feed_page(db: Session, query, cursor_text: str | None, page_size: int):
    """One page of the posts that `query` selects, by keyset: its cost is the same at every depth."""
    cursor = Cursor.decoded(cursor_text) if cursor_text else None
    backward = cursor is not None and cursor.d == "prev"

    # The author comes with the post, in one statement; lazy loading would take one more for each author.
    query = query.options(joinedload(Post.author))
    if cursor is not None:
        # A comparison of rows: SQLite seeks to it in the index.
        key, position = tuple_(Post.date_posted, Post.id), (cursor.t, cursor.id)
        query = query.where(key > position if backward else key < position)
    if backward:
        query = query.order_by(Post.date_posted.asc(), Post.id.asc())
    else:
        query = query.order_by(Post.date_posted.desc(), Post.id.desc())

    # One row more than asked for tells whether there are more, without a count.
    posts = list(db.scalars(query.limit(page_size + 1)))
    has_more = len(posts) > page_size
    posts = posts[:page_size]
    if backward:
        posts.reverse()

    next_cursor = prev_cursor = None
    if posts:
        first, last = posts[0], posts[-1]
        prev_cursor = Cursor(t=first.date_posted, id=first.id, d="prev").encoded()
        if has_more or backward:
            next_cursor = Cursor(t=last.date_posted, id=last.id, d="next").encoded()
    elif cursor is not None:  # A page without posts stays where it is.
        prev_cursor = Cursor(t=cursor.t, id=cursor.id, d="prev").encoded()
        if backward:
            next_cursor = Cursor(t=cursor.t, id=cursor.id, d="next").encoded()
    return {"items": posts, "next_cursor": next_cursor, "prev_cursor": prev_cursor, "has_more": has_more}


# These are `def`, not `async def`: FastAPI runs them on its threads, which is what its documentation says
# to do where a library blocks, as SQLAlchemy's sync session does.
#
# Each opens its session itself. The tutorial has a dependency for it, which holds the connection until the
# answer was sent; with more requests at a time than FastAPI has threads, those that hold one then wait for
# a thread, and those that have a thread wait for a connection, until the pool gives up after 30 seconds
# (https://github.com/fastapi/fastapi/issues/3205). This form is what is recommended there. It is not slower.
@app.get("/api/posts/feed", response_model=FeedOut)
def posts_feed(cursor: CursorParameter = None, page_size: FeedPageSize = STANDARD_FEED_PAGE_SIZE):
    with SessionLocal() as db:
        return feed_page(db, select(Post).where(Post.status == "published"), cursor, page_size)


@app.get("/api/users/{user_id}/posts/feed", response_model=FeedOut)
def user_posts_feed(
    user_id: int, cursor: CursorParameter = None, page_size: FeedPageSize = STANDARD_FEED_PAGE_SIZE
):
    with SessionLocal() as db:
        if db.get(User, user_id) is None:
            raise HTTPException(404, "not-found")
        query = select(Post).where(Post.user_id == user_id, Post.status == "published")
        return feed_page(db, query, cursor, page_size)


@app.get("/api/posts", response_model=OffsetPageOut)
def posts_by_offset(
    skip: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_OFFSET_PAGE_SIZE)] = STANDARD_OFFSET_PAGE_SIZE,
):
    """The usual form, on purpose: whole rows are skipped, and each request counts all of them."""
    with SessionLocal() as db:
        total = db.scalar(select(func.count()).select_from(Post).where(Post.status == "published"))
        posts = db.scalars(
            select(Post)
            .options(joinedload(Post.author))
            .where(Post.status == "published")
            .order_by(Post.date_posted.desc(), Post.id.desc())
            .offset(skip)
            .limit(limit)
        ).all()
    has_more = skip + len(posts) < total
    return {"posts": posts, "total": total, "skip": skip, "limit": limit, "has_more": has_more}


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}
