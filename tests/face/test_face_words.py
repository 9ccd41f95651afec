import numpy as np
import pytest

from msmd.core.errors import MsmdError
from msmd.face.complexion import PLAIN, complexion_of
from msmd.face.face_words import face_of, read_face
from msmd.face.identity import ANCESTRIES
from msmd.face.rig import load_rig


def test_default_is_the_rig_itself():
    assert read_face("default") is None and face_of("default") is load_rig()
    assert load_rig().complexion is PLAIN


def test_a_seed_draws_a_whole_person_and_words_override_it():
    drawn, old = read_face("seed:7"), read_face("age=60, seed=7")
    assert drawn is not None and old is not None
    assert old.age_years == 60 and drawn.age_years != 60
    assert (old.male, old.details, old.look) == (drawn.male, drawn.details, drawn.look)
    assert read_face("seed=7") == drawn


def test_words_without_a_seed_are_the_average_of_their_kind():
    person = read_face("Gender=female,ANCESTRY=asian")
    assert person is not None
    assert (person.age_years, person.male, person.details, person.look) == (30, 0, (), ())
    assert person.ancestry == tuple(float(kind == "asian") for kind in ANCESTRIES)


def test_ancestries_mix():
    person = read_face("ancestry=asian+african")
    assert person is not None
    assert dict(zip(ANCESTRIES, person.ancestry, strict=True)) == dict(african=0.5, asian=0.5, caucasian=0)


@pytest.mark.parametrize(
    "words",
    [
        *(
            "",
            "tall",
            "age",
            "age=",
            "age=old",
            "age=7",
            "age=nan",
            "seed:x",
            "seed:-1",
            "seed=1.5",
            "gender=x",
        ),
        *("gender=2", "ancestry=martian", "age=30,age=40", "default,age=30", "default:1", "seed:7;age=3"),
    ],
)
def test_words_that_mean_nothing_are_refused(words):
    with pytest.raises(MsmdError):
        read_face(words)


def test_skin_darkens_with_melanin_and_hair_greys_with_age():
    fair, dark = (complexion_of({kind: 1.0}, 30.0, 0.5) for kind in ("caucasian", "african"))
    assert fair.skin.mean() > 2 * dark.skin.mean()
    young, old = (complexion_of({"asian": 1.0}, age, 0.5) for age in (25.0, 80.0))
    assert old.hair.mean() > 5 * young.hair.mean()


def test_colours_are_colours_whatever_the_look():
    rng = np.random.default_rng(0)
    for _ in range(50):
        mixture = rng.dirichlet(np.ones(3)).tolist()
        shares = dict(zip(ANCESTRIES, mixture, strict=True))
        look = tuple(rng.standard_normal(7).clip(-2.2, 2.2).tolist())
        colors = complexion_of(shares, float(rng.uniform(18, 90)), float(rng.random()), look)
        for color in (colors.skin, colors.flush, colors.lips, colors.hair, colors.brows, colors.iris):
            assert color.dtype == np.float32 and (color > 0).all() and (color < 1).all()
        assert 0 <= colors.beard <= 1
