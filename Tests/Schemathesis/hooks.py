"""What the OpenAPI document can't tell Schemathesis: whose an account is, and what depends on more than one value.

Nothing here leaves a request or an operation out.
"""

import functools
import itertools
import os

import requests
import schemathesis
from schemathesis.core.file_samples import MEDIA_TYPE_FILE_SAMPLES
from schemathesis.openapi.checks import RejectedPositiveData, UseAfterFree

URL = os.environ["API_URL"]
TIMEOUT_SECONDS = 60
# The account that the script has registered, and its token.
ACCOUNT = os.environ["API_ACCOUNT"]
BEARER = "Bearer " + os.environ["API_TOKEN"]
# An account of the sample data.
STRANGER = "1"

PICTURES = [MEDIA_TYPE_FILE_SAMPLES[f"image/{kind}"] for kind in ("gif", "jpeg", "png", "webp")]

# How the accounts that the run has made sign in, by their ids.
credentials = {}
# The file names of their pictures.
pictures = {}
turns = itertools.count()


def sign_in(email, password):
    form = {"username": email, "password": password}
    response = requests.post(f"{URL}/api/users/token", data=form, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return "Bearer " + response.json()["access_token"]


def begin_session():
    """Logs the run's account in as a browser does, and returns the id of the session."""
    form = {"email": os.environ["API_EMAIL"], "password": os.environ["API_PASSWORD"]}
    requests.post(f"{URL}/login", data=form, allow_redirects=False, timeout=TIMEOUT_SECONDS).raise_for_status()
    response = requests.get(
        f"{URL}/api/users/me/sessions", headers={"Authorization": BEARER}, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return response.json()["sessions"][0]["id"]


@functools.cache
def spare_account():
    """How the account signs in whose tokens may end."""
    fields = {"username": "spare", "email": "spare@example.net", "password": "a spare password"}
    requests.post(f"{URL}/api/users", json=fields, timeout=TIMEOUT_SECONDS).raise_for_status()
    return fields["email"], fields["password"]


def uncommon(password):
    """Another end for what the generator likes best, `00000000`: nearly everything would be refused for it."""
    return password if len(set(password)) > 1 else password[:-3] + "~^}"


def fits_document(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_load_schema(context, document):
    """Has addresses made and judged by their pattern. The format means RFC 5321, which the HTML Standard departs from."""
    del document["components"]["schemas"]["Email"]["format"]


@schemathesis.hook
def after_call(context, case, response):
    """Remembers the accounts that the run makes, changes and deletes, and their pictures."""
    account = str(case.path_parameters.get("id"))
    match case.operation.label, response.status_code:
        case "POST /api/users", 201:
            made = response.json()
            credentials[str(made["id"])] = made["email"], case.body["password"]
        case "PATCH /api/users/{id}", 200:
            assert account in credentials, "somebody else's account was changed"
            password = case.body.get("password", credentials[account][1])
            credentials[account] = response.json()["email"], password
        case "DELETE /api/users/{id}", 204:
            assert account in credentials, "somebody else's account was deleted"
            del credentials[account]
            pictures.pop(account, None)
        case "PATCH /api/users/{id}/picture", 200:
            pictures[account] = response.json()["image_file"]
        case "DELETE /api/users/{id}/picture", 200:
            pictures.pop(account, None)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives a case what it needs to be more than refused: the account's own token, its password, a picture's name."""
    if fits_document(case):
        if case.operation.label in ("POST /api/users", "PATCH /api/users/{id}") and "password" in case.body:
            case.body["password"] = uncommon(case.body["password"])
        # No generator guesses an account or a picture, nor does it remember which names are taken.
        match case.operation.label:
            case "POST /api/users" if next(turns) % 2:
                name = f"user-{next(turns)}"
                case.body.update(username=name, email=f"{name}@example.org")
            case "POST /api/users/token" if credentials and next(turns) % 2:
                email, password = list(credentials.values())[-1]
                case.body.update(username=email, password=password)
            case "GET /media/{name}" if pictures and next(turns) % 2:
                case.path_parameters["name"] = list(pictures.values())[-1]
            case "GET /api/users/me/sessions" if next(turns) % 2:
                begin_session()
            case "DELETE /api/users/me/sessions/{id}" if next(turns) % 2:
                case.path_parameters["id"] = begin_session()
    if case.operation.label == "DELETE /api/users/me/sessions" and case.headers.get("Authorization") == BEARER:
        case.headers["Authorization"] = sign_in(*spare_account())
    if case.operation.path not in ("/api/users/{id}", "/api/users/{id}/picture") or case.operation.method == "get":
        return
    account = str(case.path_parameters.get("id"))
    if account in credentials:
        # Where there is no token, or a bad one, that is what the case is about.
        if case.headers.get("Authorization") == BEARER:
            case.headers["Authorization"] = sign_in(*credentials[account])
        if fits_document(case) and isinstance(case.body, dict) and "current_password" in case.body:
            case.body["current_password"] = credentials[account][1]
    elif account == ACCOUNT and case.operation.path == "/api/users/{id}":
        # With its account gone or its password changed, the token of the run would be none.
        case.path_parameters["id"] = STRANGER


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Accepts that a request is refused that fits the document, where more than the single values count."""
    if isinstance(failure, UseAfterFree):
        # A picture that was deleted may be followed by another at the same address, and there is always a list.
        return case.operation.label not in ("PATCH /api/users/{id}/picture", "GET /api/users/me/sessions")
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    if problem["code"] in ("cursor-invalid", "cursor-mismatch"):
        # A cursor is authenticated: one that is made up is refused.
        return "cursor" not in case.query
    if case.operation.label == "PATCH /api/users/{id}/picture" and response.status_code == 415:
        # A picture is told by its bytes. Of the generator's own files, the pictures are accepted.
        return case.body["file"].data in PICTURES
    match problem.get("errors"):
        case [{"parameter": "page", "detail": detail}]:
            # The rows in front of a page are its number times its size.
            return "rows that may be skipped" not in detail
        case [{"parameter": "password", "detail": detail}]:
            # The document doesn't have the list of common passwords, and can't compare with a name.
            return "words that don't go together" not in detail
        case [{"parameter": "status"}]:
            # A published post can't become a draft.
            return case.operation.method == "post" or case.body.get("status") != "draft"
    return True
