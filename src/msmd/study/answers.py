"""The answers: one SQLite file that holds ratings and nothing about who gave them.

A participant is a number. The address of a participant's page holds a random token, of which only a hash is
kept here: whoever reads the file can neither continue nor change anybody's answers. There are no names,
network addresses, browsers or times of day; only how long each page was looked at.
"""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msmd.core.errors import FormatError, MsmdError
from msmd.study.design import HIGHEST, LOWEST, QUESTIONS, Study, StudyKind
from msmd.study.order import Page, pages_of

DATABASE_NAME: Final = "answers.sqlite"
MAX_SECONDS: Final = 3600.0
"""Longer looks are breaks; they are stored as this."""

_WAIT_SECONDS: Final = 10.0

_TABLES: Final = """
create table if not exists study (fingerprint text not null);
create table if not exists participants (
    number integer primary key autoincrement,
    kind text not null,
    token_sha256 text not null unique,
    practised integer not null default 0,
    simulated integer not null default 0
);
create table if not exists pages (
    participant integer not null references participants on delete cascade,
    trial text not null,
    place integer not null,
    seconds real not null,
    submissions integer not null default 1,
    primary key (participant, trial)
);
create table if not exists ratings (
    participant integer not null references participants on delete cascade,
    trial text not null,
    system text not null,
    question text not null,
    letter text not null,
    rating integer not null check (rating between 0 and 5),
    primary key (participant, trial, system, question)
);
"""

Ratings = Mapping[str, Mapping[str, int]]
"""Letter -> question -> rating."""


@dataclass(frozen=True)
class Participant:
    """One participant.

    Attributes:
        number: from 1, never used twice.
        kind: which study.
        practised: whether the practice page is done.
        done: how many trials are rated.
    """

    number: int
    kind: StudyKind
    practised: bool
    done: int


@dataclass(frozen=True)
class Rating:
    """One answer, as it is analysed and exported."""

    participant: int
    kind: StudyKind
    trial: str
    scenario: str
    place: int
    letter: str
    system: str
    question: str
    rating: int
    page_seconds: float
    simulated: bool


class RatingsError(MsmdError):
    """Ratings that do not answer the page they are sent for."""


class Answers:
    """The answers of one study.

    Args:
        path: of the file; made if need be.
        study: that it belongs to.
        kinds: which studies new participants are given; the one with fewer participants first.

    Raises:
        FormatError: it is no such file, or holds answers to another study.
    """

    def __init__(self, path: Path, study: Study, kinds: Sequence[StudyKind] = ("style", "lips")) -> None:
        self._path, self._study, self._kinds = path, study, tuple(kinds)
        # one connection stays open, so that SQLite does not tidy up its files after every request
        self._keeper = sqlite3.connect(path, check_same_thread=False)
        try:
            with self._open() as database:
                database.execute("pragma journal_mode = wal")
                database.executescript(_TABLES)
                database.execute(
                    "insert into study select ? where not exists (select * from study)", (fingerprint(study),)
                )
                of_study = database.execute("select fingerprint from study").fetchone()[0]
        except sqlite3.Error as error:
            self.close()
            raise FormatError(
                f"{path} cannot be used as a file of answers: {error}. Move it away, or choose another."
            ) from error
        if of_study != fingerprint(study):
            self.close()
            raise FormatError(f"{path} holds the answers to another study. Choose its own folder.")

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._keeper.close()

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=_WAIT_SECONDS)
        try:
            database.execute("pragma foreign_keys = on")
            database.execute("pragma synchronous = normal")
            with database:
                yield database
        finally:
            database.close()

    def admit(self, simulated: bool = False, kind: StudyKind | None = None) -> str:
        """A new participant; gives the token of their page."""
        token = secrets.token_urlsafe(18)
        with self._open() as database:
            database.execute("begin immediate")
            counts = dict(
                database.execute("select kind, count(*) from participants group by kind").fetchall()
            )
            fewest = min(counts.get(one, 0) for one in self._kinds)
            chosen = kind or secrets.choice([one for one in self._kinds if counts.get(one, 0) == fewest])
            database.execute(
                "insert into participants (kind, token_sha256, simulated) values (?, ?, ?)",
                (chosen, _hash(token), simulated),
            )
        return token

    def find(self, token: str) -> Participant | None:
        """The participant whose page it is."""
        with self._open() as database:
            row = database.execute(
                "select number, kind, practised, (select count(*) from pages where participant = number) "
                "from participants where token_sha256 = ?",
                (_hash(token),),
            ).fetchone()
        return None if row is None else Participant(row[0], row[1], bool(row[2]), row[3])

    def pages(self, participant: Participant) -> list[Page]:
        """What the participant sees; place 0 is the practice."""
        return pages_of(self._study, participant.kind, participant.number)

    def rated(self, participant: Participant, place: int) -> dict[str, dict[str, int]]:
        """What was answered at a place; empty if nothing was."""
        page = self.pages(participant)[place]
        with self._open() as database:
            rows = database.execute(
                "select letter, question, rating from ratings where participant = ? and trial = ?",
                (participant.number, page.trial.id),
            ).fetchall()
        found: dict[str, dict[str, int]] = {}
        for letter, question, rating in rows:
            found.setdefault(letter, {})[question] = rating
        return found

    def practise(self, participant: Participant) -> None:
        """Note that the practice is done; what was answered there is not kept."""
        with self._open() as database:
            database.execute("update participants set practised = 1 where number = ?", (participant.number,))

    def rate(self, participant: Participant, place: int, ratings: Ratings, seconds: float) -> None:
        """Store the ratings of a page; sent again, the last ones count and the seconds add up.

        Raises:
            RatingsError: the page is not due yet, or a rating is missing, of nobody or out of range.
        """
        pages = self.pages(participant)
        if not 1 <= place < len(pages) or place > participant.done + 1:
            raise RatingsError(f"page {place} cannot be rated yet; page {participant.done + 1} is due.")
        page = pages[place]
        _check(ratings, page, participant.kind)
        seconds = min(max(seconds, 0.0), MAX_SECONDS)
        rows = [
            (participant.number, page.trial.id, page.characters[letter].system, question, letter, value)
            for letter, answers in ratings.items()
            for question, value in answers.items()
        ]
        with self._open() as database:
            before = self._rows(database, participant.number, page.trial.id)
            if before == set(rows):
                return  # the same thing sent twice
            database.execute(
                "insert into pages (participant, trial, place, seconds) values (?, ?, ?, ?) "
                "on conflict do update set seconds = min(seconds + excluded.seconds, ?), "
                "submissions = submissions + 1",
                (participant.number, page.trial.id, place, seconds, MAX_SECONDS),
            )
            database.executemany("insert or replace into ratings values (?, ?, ?, ?, ?, ?)", rows)

    @staticmethod
    def _rows(database: sqlite3.Connection, number: int, trial: str) -> set[tuple]:
        return set(
            database.execute("select * from ratings where participant = ? and trial = ?", (number, trial))
        )

    def forget(self, participant: Participant) -> None:
        """Delete everything a participant has answered, and the participant."""
        with self._open() as database:
            database.execute("pragma secure_delete = on")
            database.execute("delete from participants where number = ?", (participant.number,))
        self._keeper.execute("pragma wal_checkpoint(truncate)")

    def participants(self) -> list[Participant]:
        """All of them, in the order of their numbers."""
        with self._open() as database:
            rows = database.execute(
                "select number, kind, practised, (select count(*) from pages where participant = number) "
                "from participants order by number"
            ).fetchall()
        return [Participant(row[0], row[1], bool(row[2]), row[3]) for row in rows]

    def read(self) -> list[Rating]:
        """Every rating, of unfinished participants too."""
        scenarios = {trial.id: trial.scenario for trial in self._study.trials}
        with self._open() as database:
            rows = database.execute(
                "select number, kind, trial, place, letter, system, question, rating, seconds, simulated "
                "from ratings join participants on participant = number "
                "join pages using (participant, trial) "
                "order by number, place, letter, question"
            ).fetchall()
        return [
            Rating(
                participant=row[0],
                kind=row[1],
                trial=row[2],
                scenario=scenarios[row[2]],
                place=row[3],
                letter=row[4],
                system=row[5],
                question=row[6],
                rating=row[7],
                page_seconds=row[8],
                simulated=bool(row[9]),
            )
            for row in rows
        ]


def fingerprint(study: Study) -> str:
    """Tells studies apart: what is shown, and in which order."""
    shown = "\n".join(
        [str(study.seed), *(trial.id for trial in study.trials), *sorted(v.sha256 for v in study.videos())]
    )
    return hashlib.sha256(shown.encode()).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check(ratings: Ratings, page: Page, kind: StudyKind) -> None:
    asked = {(letter, question) for letter in page.characters for question in QUESTIONS[kind]}
    given = {(letter, question) for letter, answers in ratings.items() for question in answers}
    if asked != given:
        odd = sorted(asked ^ given)[0]
        raise RatingsError(f"rate every character on every question: {' '.join(odd)} is missing or unknown.")
    for letter, answers in ratings.items():
        for question, value in answers.items():
            if isinstance(value, bool) or not isinstance(value, int) or not LOWEST <= value <= HIGHEST:
                raise RatingsError(f"{letter} {question} is {value!r}; 0, 1, 2, 3, 4 or 5 is needed.")
