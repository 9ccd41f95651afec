"""The page: complete in itself, and it says what the manifest says."""

import re

import pytest
from made_recordings import FAULTS, TAGS

from msmd.core.errors import FormatError
from msmd.data.curation.charts import draw_histogram
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.report import write_report
from msmd.data.curation.thumbnails import pick


@pytest.fixture(scope="module")
def page(celebv_text, tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("out") / "dataset"
    curate(Plan((celebv_text[0],), tracker="coded"), out)
    return write_report(out, (celebv_text[0],)).read_text()


def test_the_page_needs_nothing_else(page):
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "http" not in page.replace("http://www.w3.org", "")
    assert "$" not in page.split("</style>")[1]


def test_every_reason_has_its_row_and_its_pictures(page):
    for reason in {*FAULTS, *TAGS} - {"no_sound"}:
        assert f'<td class=""><code>{reason}</code></td>' in page
        section = re.search(rf"<h3><code>{reason}</code></h3>.*?</section>", page, re.DOTALL)
        assert section is not None and "data:image/jpeg;base64," in section[0], reason


def test_the_facts_add_up(page):
    assert re.search(r"<b>3</b><span>clips of 18</span>", page)
    assert page.count('class="card fact"') == 6
    assert "&minus;3" in page  # probe: too short, mute, not a video


def test_a_folder_without_a_manifest_is_told(tmp_path):
    with pytest.raises(FormatError, match="Run `msmd curate` first"):
        write_report(tmp_path, ())


def test_a_histogram_counts_every_value_once():
    svg = draw_histogram([0.5, 1.5, 1.6, 99.0], [-7.0, 1.4], "x", [0.0, 1.0, 2.0, 3.0], limits=(2.0,))
    bars = re.findall(r"(\d+) kept, (\d+) dropped", svg)
    assert {(int(low), int(high)) for low, high in bars} == {(1, 1), (2, 1), (1, 0)}
    assert 'class="limit"' in svg


def test_examples_are_spread_over_the_list():
    assert pick(list("abcdefgh"), 3) == ["a", "e", "h"]
    assert pick(list("ab"), 3) == ["a", "b"]
