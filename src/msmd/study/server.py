"""`msmd study serve`: the web page of a study, by FastAPI.

Page and answers are all there is: no file from elsewhere, no log of visitors. A token in the address and in a
cookie leads back to the same page; systems are never named, and videos have names that tell nothing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from msmd.core.errors import MsmdError
from msmd.study.answers import DATABASE_NAME, Answers, Participant, RatingsError
from msmd.study.design import (
    HIGHEST,
    LOWEST,
    MEDIA_NAME,
    QUESTIONS,
    Study,
    StudyKind,
    estimate_minutes,
    load_study,
    verify_media,
)

try:
    import uvicorn
    from fastapi import Body, Cookie, FastAPI, HTTPException, Request, Response
    from fastapi.responses import FileResponse, JSONResponse
except ImportError as error:
    raise MsmdError(
        'the study page needs FastAPI and uvicorn, which are not installed: pip install "msmd[study]".'
    ) from error

COOKIE: Final = "msmd_study"
_COOKIE_SECONDS: Final = 60 * 24 * 3600
_ASSETS: Final = Path(__file__).parent / "assets"
_PAGE_FILES: Final = {"study.css": "text/css", "study.js": "text/javascript", "player.js": "text/javascript"}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def create_app(folder: Path, kinds: Sequence[StudyKind] = ("style", "lips")) -> FastAPI:
    """The page of one study folder.

    Args:
        folder: that `msmd study build` made.
        kinds: the studies that newcomers are given, in turn.

    Returns:
        The application; `app.state.answers` is to be closed in the end.

    Raises:
        FormatError: no study, or videos that are not what was built.
    """
    study = load_study(folder)
    verify_media(folder, study)
    answers = Answers(folder / DATABASE_NAME, study, kinds)
    app = FastAPI(title=study.title, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.answers = answers
    _serve_files(app, folder, study)
    _serve_answers(app, study, answers, kinds)

    @app.middleware("http")
    async def add_headers(request: Request, call_next: Any) -> Response:
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if not request.url.path.startswith("/media/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.exception_handler(RatingsError)
    async def refuse(request: Request, error: RatingsError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status_code=422)

    return app


def _serve_files(app: FastAPI, folder: Path, study: Study) -> None:
    videos = {video.file for video in study.videos()}

    @app.get("/")
    @app.get("/s/{token}")
    def page(token: str = "") -> FileResponse:
        return FileResponse(_ASSETS / "study.html", media_type="text/html")

    @app.get("/page/{name}")
    def page_file(name: str) -> FileResponse:
        if name not in _PAGE_FILES:
            raise HTTPException(404)
        return FileResponse(_ASSETS / name, media_type=_PAGE_FILES[name])

    @app.get("/media/{name}")
    def media(name: str) -> FileResponse:
        if name not in videos:
            raise HTTPException(404)
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        return FileResponse(folder / MEDIA_NAME / name, media_type="video/mp4", headers=headers)


def _serve_answers(app: FastAPI, study: Study, answers: Answers, kinds: Sequence[StudyKind]) -> None:
    def known(token: str) -> Participant:
        participant = answers.find(token)
        if participant is None:
            raise HTTPException(404, "This link is not known: mistyped, or its answers were deleted.")
        return participant

    @app.get("/api/welcome")
    def welcome(msmd_study: Annotated[str | None, Cookie()] = None) -> dict[str, Any]:
        """What a newcomer sees; `resume` is the token of someone who was here before with this browser."""
        minutes = [estimate_minutes(study, kind) for kind in kinds]
        found = msmd_study is not None and answers.find(msmd_study) is not None
        return {
            "title": study.title,
            "contact": study.contact,
            "num_trials": len(study.trials),
            "minutes": [round(min(minutes)), round(max(minutes))],
            "sound": "lips" in kinds,
            "resume": msmd_study if found else None,
        }

    @app.post("/api/start")
    def start(response: Response) -> dict[str, str]:
        token = answers.admit()
        response.set_cookie(COOKIE, token, max_age=_COOKIE_SECONDS, httponly=True, samesite="lax")
        return {"token": token}

    @app.get("/api/{token}/state")
    def state(token: str) -> dict[str, Any]:
        return _state(study, known(token))

    @app.get("/api/{token}/page/{place}")
    def one_page(token: str, place: int) -> dict[str, Any]:
        participant = known(token)
        pages = answers.pages(participant)
        due = participant.done + 1 if participant.practised else 0
        if not 0 <= place <= min(due, len(pages) - 1):
            raise HTTPException(409, f"page {place} is not open; page {due} is due.")
        shown = pages[place]
        return {
            "place": place,
            "reference": f"/media/{shown.trial.reference.file}" if participant.kind == "style" else None,
            "characters": [
                {"letter": letter, "video": f"/media/{item.video.file}", "seconds": item.video.seconds}
                for letter, item in shown.characters.items()
            ],
            "ratings": answers.rated(participant, place) if place else {},
        }

    @app.post("/api/{token}/page/{place}")
    def rate(
        token: str,
        place: int,
        ratings: Annotated[dict[str, dict[str, int]], Body()],
        seconds: Annotated[float, Body(ge=0)],
    ) -> dict[str, Any]:
        participant = known(token)
        if place:
            answers.rate(participant, place, ratings, seconds)
            return _state(study, known(token))
        answers.practise(participant)
        truth = {letter: item.system for letter, item in answers.pages(participant)[0].characters.items()}
        return _state(study, known(token)) | {"practice": truth}

    @app.post("/api/{token}/withdraw")
    def withdraw(token: str, response: Response) -> dict[str, bool]:
        answers.forget(known(token))
        response.delete_cookie(COOKIE)
        return {"deleted": True}


def _state(study: Study, participant: Participant) -> dict[str, Any]:
    """All that the page knows of a participant."""
    return {
        "kind": participant.kind,
        "title": study.title,
        "contact": study.contact,
        "questions": [{"id": key, "text": text} for key, text in QUESTIONS[participant.kind].items()],
        "lowest": LOWEST,
        "highest": HIGHEST,
        "num_trials": len(study.trials),
        "practised": participant.practised,
        "done": participant.done,
        "finished": participant.done >= len(study.trials),
        "minutes": round(estimate_minutes(study, participant.kind)),
    }


def run_app(app: FastAPI, host: str, port: int) -> None:
    """Serve the page until stopped. Nothing about visitors is logged.

    Raises:
        MsmdError: the port is taken.
    """
    config = uvicorn.Config(
        app, host=host, port=port, access_log=False, log_level="warning", server_header=False
    )
    try:
        uvicorn.Server(config).run()
    except SystemExit as error:
        raise MsmdError(
            f"the page cannot be served at {host}:{port}; perhaps the port is taken. "
            "Choose another with --port."
        ) from error
    finally:
        app.state.answers.close()
