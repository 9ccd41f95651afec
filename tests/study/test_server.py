"""The page over HTTP: a participant gets through, restarts do not matter, systems and people stay unknown."""

import re
from importlib.resources import files

import pytest
from fastapi.testclient import TestClient

from msmd.study.answers import DATABASE_NAME
from msmd.study.design import ANCHOR, QUESTIONS
from msmd.study.server import COOKIE, create_app

ASSETS = files("msmd.study") / "assets"


@pytest.fixture
def client(study_folder):
    app = create_app(study_folder, ("style",))
    with TestClient(app) as client:
        yield client
    app.state.answers.close()


def begin(client) -> str:
    token = client.post("/api/start").json()["token"]
    client.post(f"/api/{token}/page/0", json={"ratings": {}, "seconds": 5})
    return token


def ratings_for(page, value=3):
    return {one["letter"]: dict.fromkeys(QUESTIONS["style"], value) for one in page["characters"]}


def test_a_participant_gets_from_start_to_end(client):
    token = client.post("/api/start").json()["token"]
    state = client.get(f"/api/{token}/state").json()
    assert not state["practised"] and state["num_trials"] == 2
    practice = client.get(f"/api/{token}/page/0").json()
    assert [one["letter"] for one in practice["characters"]] == ["A", "B"]
    truth = client.post(f"/api/{token}/page/0", json={"ratings": {}, "seconds": 5}).json()["practice"]
    assert sorted(truth.values()) == ["anchor", "match"]
    for place in (1, 2):
        page = client.get(f"/api/{token}/page/{place}").json()
        for video in [page["reference"], *(one["video"] for one in page["characters"])]:
            assert client.get(video).headers["content-type"] == "video/mp4"
        sent = {"ratings": ratings_for(page, place), "seconds": 20}
        state = client.post(f"/api/{token}/page/{place}", json=sent).json()
    assert state["finished"]
    assert client.get(f"/api/{token}/page/1").json()["ratings"] == ratings_for(page, 1)


def test_a_restarted_server_goes_on(client, study_folder):
    token = begin(client)
    page = client.get(f"/api/{token}/page/1").json()
    client.post(f"/api/{token}/page/1", json={"ratings": ratings_for(page), "seconds": 20})
    app = create_app(study_folder)
    with TestClient(app) as restarted:
        assert restarted.get(f"/api/{token}/state").json()["done"] == 1
    app.state.answers.close()


def test_a_browser_is_known_again_by_its_cookie(client):
    assert client.get("/api/welcome").json()["resume"] is None
    token = begin(client)
    assert client.get("/api/welcome").json()["resume"] == token
    client.post(f"/api/{token}/withdraw")
    client.cookies.set(COOKIE, token)
    assert client.get("/api/welcome").json()["resume"] is None


def test_what_cannot_be_is_refused_and_stores_nothing(client):
    token = begin(client)
    page = client.get(f"/api/{token}/page/1").json()
    assert client.get(f"/api/{token}/page/2").status_code == 409
    assert client.get(f"/api/{token}/page/99").status_code == 409
    assert client.get("/api/nobody/state").status_code == 404
    for ratings in ({}, ratings_for(page, 6), {"A": {"expressions": "x"}}, "nonsense"):
        reply = client.post(f"/api/{token}/page/1", json={"ratings": ratings, "seconds": 3})
        assert reply.status_code == 422
    assert client.post(f"/api/{token}/page/1", content=b"\xff").status_code in (400, 422)
    reply = client.post(f"/api/{token}/page/1", json={"ratings": ratings_for(page), "seconds": -1})
    assert reply.status_code == 422
    assert client.get(f"/api/{token}/state").json()["done"] == 0


def test_no_answer_of_the_server_names_a_system(client, study, study_folder):
    token = begin(client)
    replies = [client.get(path) for path in ("/", f"/s/{token}", "/api/welcome", f"/api/{token}/state")]
    replies += [client.get(f"/page/{name}") for name in ("study.css", "study.js", "player.js")]
    for place in (0, 1):
        replies.append(client.get(f"/api/{token}/page/{place}"))
    page = replies[-1].json()
    replies.append(client.post(f"/api/{token}/page/1", json={"ratings": ratings_for(page), "seconds": 20}))
    for reply in replies:
        assert reply.status_code == 200
        told = reply.text + str(reply.headers)
        for secret in ("ours", "rival", "t01", "t02", "matching", "contrasting"):
            assert not re.search(rf"\b{secret}\b", told), (reply.url, secret)
    assert ANCHOR not in replies[7].text + replies[8].text + replies[9].text


@pytest.mark.parametrize(
    "path",
    [
        "/study.json",
        "/media/study.json",
        "/media/..%2fstudy.json",
        "/page/study.html",
        "/docs",
        "/openapi.json",
    ],
)
def test_nothing_else_of_the_folder_is_served(client, path):
    assert client.get(path).status_code == 404


def test_parts_of_a_video_are_served_as_players_ask_for_them(client):
    token = begin(client)
    video = client.get(f"/api/{token}/page/1").json()["reference"]
    part = client.get(video, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206 and len(part.content) == 10


def test_nothing_of_the_visitor_is_kept_or_logged(client, study_folder, capfd, caplog):
    caplog.set_level(0)
    headers = {
        "User-Agent": "Curious/1.0 (Phone of Ada)",
        "X-Forwarded-For": "203.0.113.9",
        "Accept-Language": "kw-GB",
        "Referer": "https://example.org/ada",
    }
    token = client.post("/api/start", headers=headers).json()["token"]
    client.post(f"/api/{token}/page/0", json={"ratings": {}, "seconds": 5}, headers=headers)
    page = client.get(f"/api/{token}/page/1", headers=headers).json()
    client.post(f"/api/{token}/page/1", json={"ratings": ratings_for(page), "seconds": 20}, headers=headers)
    kept = b"".join(path.read_bytes() for path in study_folder.glob(f"{DATABASE_NAME}*"))
    assert b"style" in kept
    own_log = "".join(r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore")))
    told = kept + own_log.encode() + "".join(capfd.readouterr()).encode()
    for trace in ("Curious", "Ada", "203.0.113.9", "kw-GB", "example.org", "testclient", "127.0.0.1", token):
        assert trace.encode() not in told


def test_the_page_asks_nothing_of_other_places(client):
    for asset in ASSETS.iterdir():
        text = asset.read_text(encoding="utf-8")
        assert not re.search(r"(https?:)?//[a-z0-9-]+\.", text), asset.name
        assert "@import" not in text and "innerHTML" not in text
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "http" not in policy
    assert client.get("/").headers["referrer-policy"] == "no-referrer"
