"""The file of answers: what is sent is kept once, whatever happens, and nothing of who sent it."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from jaxtyping import TypeCheckError
from tests.study.conftest import fill_in, join

from msmd.core.errors import FormatError
from msmd.study.answers import Answers, RatingsError
from msmd.study.design import QUESTIONS

STYLE = QUESTIONS["style"]


def rate_all(answers, token, value=3):
    participant = answers.find(token)
    for place, page in enumerate(answers.pages(participant)[1:], start=1):
        answers.rate(answers.find(token), place, fill_in(page, QUESTIONS[participant.kind], value), 10.0)


def test_a_participant_comes_back_to_the_same_place_after_a_restart(answers, study, tmp_path):
    token, participant = join(answers, "style")
    answers.practise(participant)
    answers.rate(participant, 1, fill_in(answers.pages(participant)[1], STYLE), 10.0)
    answers.close()
    again = Answers(tmp_path / "answers.sqlite", study)
    found = again.find(token)
    assert (found.number, found.kind, found.practised, found.done) == (participant.number, "style", True, 1)
    assert again.rated(found, 1) == fill_in(again.pages(found)[1], STYLE)
    assert again.rated(found, 2) == {}
    assert again.find("another token") is None


def test_ratings_go_to_the_system_behind_the_letter(answers):
    _, participant = join(answers, "lips")
    page = answers.pages(participant)[1]
    given = {letter: {"lip_sync": number} for number, letter in enumerate(page.characters)}
    answers.rate(participant, 1, given, 12.5)
    stored = {one.system: one for one in answers.read()}
    for letter, item in page.characters.items():
        assert stored[item.system].rating == given[letter]["lip_sync"]
        assert stored[item.system].letter == letter
    assert {one.page_seconds for one in stored.values()} == {12.5}
    assert {one.scenario for one in stored.values()} == {page.trial.scenario}


def test_the_same_page_sent_twice_counts_once(answers):
    token, participant = join(answers, "style")
    ratings = fill_in(answers.pages(participant)[1], STYLE)
    for _ in range(3):
        answers.rate(participant, 1, ratings, 10.0)
    assert answers.find(token).done == 1
    assert len(answers.read()) == 9
    assert {one.page_seconds for one in answers.read()} == {10.0}


def test_a_page_that_is_gone_back_to_is_rated_anew(answers):
    token, participant = join(answers, "style")
    page = answers.pages(participant)[1]
    answers.rate(participant, 1, fill_in(page, STYLE, 1), 10.0)
    answers.rate(answers.find(token), 1, fill_in(page, STYLE, 4), 5.0)
    assert {(one.rating, one.page_seconds) for one in answers.read()} == {(4, 15.0)}


def test_pages_cannot_be_skipped(answers):
    _, participant = join(answers, "style")
    for place in (-1, 0, 2, 3):
        with pytest.raises(RatingsError, match="page 1 is due"):
            answers.rate(participant, place, fill_in(answers.pages(participant)[2], STYLE), 10.0)
    assert answers.read() == []


@pytest.mark.parametrize("value", [-1, 6, True, 2.5, "3", None])
def test_only_whole_numbers_from_0_to_5_are_ratings(answers, value):
    _, participant = join(answers, "lips")
    ratings = fill_in(answers.pages(participant)[1], QUESTIONS["lips"])
    ratings["A"]["lip_sync"] = value
    with pytest.raises(Exception) as refused:  # the shape checker of the tests may be the first to see it
        answers.rate(participant, 1, ratings, 10.0)
    assert isinstance(refused.value, RatingsError | TypeCheckError)
    assert answers.read() == []


def test_every_question_needs_an_answer_and_no_other(answers):
    _, participant = join(answers, "style")
    page = answers.pages(participant)[1]
    for change in ("missing", "unknown"):
        ratings = fill_in(page, STYLE)
        if change == "missing":
            del ratings["B"]["speaking"]
        else:
            ratings["B"]["beauty"] = 3
        with pytest.raises(RatingsError, match="B"):
            answers.rate(participant, 1, ratings, 10.0)


def test_newcomers_are_shared_evenly_between_the_studies(answers, study, tmp_path):
    kinds = [join(answers)[1].kind for _ in range(10)]
    assert kinds.count("style") == kinds.count("lips") == 5
    only = Answers(tmp_path / "only.sqlite", study, kinds=("lips",))
    assert {join(only)[1].kind for _ in range(4)} == {"lips"}


def test_many_participants_at_once_lose_nothing(answers):
    def take_part(index):
        token = answers.admit()
        rate_all(answers, token, index % 6)
        return token

    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(take_part, range(12)))
    assert len({answers.find(token).number for token in tokens}) == 12
    assert all(answers.find(token).done == 2 for token in tokens)
    for index, token in enumerate(tokens):
        own = {one.rating for one in answers.read() if one.participant == answers.find(token).number}
        assert own == {index % 6}


def test_who_withdraws_leaves_nothing(answers, tmp_path):
    token, participant = join(answers, "style")
    rate_all(answers, token)
    other, _ = join(answers, "style")
    rate_all(answers, other, 5)
    answers.forget(participant)
    assert answers.find(token) is None
    assert {one.participant for one in answers.read()} == {answers.find(other).number}
    assert join(answers)[1].number == 3  # numbers are not used twice: an order is seen by one person


def test_the_file_holds_no_token_and_no_time_of_day(answers, tmp_path):
    token, _ = join(answers, "style")
    rate_all(answers, token)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("answers.sqlite*"))
    assert token.encode() not in kept and b"lips" not in kept and b"style" in kept
    with sqlite3.connect(tmp_path / "answers.sqlite") as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        columns = {c[1] for table in tables for c in database.execute(f"pragma table_info({table})")}
    database.close()
    assert columns == {
        *("fingerprint", "number", "kind", "token_sha256", "practised", "simulated"),
        *(
            "participant",
            "trial",
            "place",
            "seconds",
            "submissions",
            "system",
            "question",
            "letter",
            "rating",
        ),
        *("name", "seq"),  # SQLite's own counter
    }


def test_answers_to_another_study_are_not_mixed(answers, study, tmp_path):
    from dataclasses import replace

    with pytest.raises(FormatError, match="another study"):
        Answers(tmp_path / "answers.sqlite", replace(study, seed=4))
    (tmp_path / "text.sqlite").write_text("this is no database, " * 100)
    with pytest.raises(FormatError, match="cannot be used"):
        Answers(tmp_path / "text.sqlite", study)
