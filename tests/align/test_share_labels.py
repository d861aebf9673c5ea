"""Labels of a training set that is shared: no text of one participant alone; it still trains."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from depx.align.dataset import Dataset
from depx.align.run import align
from depx.align.settings import AlignSettings
from depx.align.share import share_dataset
from depx.align.splits import own_splits
from depx.align.verify import verify
from depx.extract.sessions import Choice
from depx.extract.sharing.labels import OF_ONE
from depx.extract.sharing.pseudonyms import Pseudonyms
from depx.extract.sharing.told import Shared
from depx.extract.sharing.wanted import Sharing

KEY = Pseudonyms(b"k" * 32)
TABLE = """\
session,participant,split,phq8,gender,age,Alter_in_Jahren,state,diag,known_as,Hausarzt,arm
a,p1,train,12,f,95,95,ok,F32.1,Anni,Dr. Meier,x
b,p2,train,3,f,95,97,ok,F32.1,,Dr. Meier,x
c,p3,dev,3,f,34,34,fine,F33,,Dr. Meier,y
d,p4,test,5,m,unknown,35,fine,F33,,Dr. Meier,y
e,p5,test,6,f,36,36,"Tel. 0911-123456, maria@web.example",F33,,Dr. Zwick,only Maria
"""
PLANTED = ("maria", "0911", "anni", "meier", "zwick", "95", "97")


@pytest.fixture
def dataset(shelf: Any, labels: Callable[..., Path], tmp_path: Path) -> Path:
    for seed, name in enumerate("abcde"):
        shelf.session(name, shelf.whole(seed=seed))
    settings = AlignSettings(labels=labels(TABLE))
    align([shelf.path], tmp_path / "d", settings, lambda _line: None)
    return tmp_path / "d"


def share(place: Path, out: Path, *keep: str) -> Shared:
    asked = Sharing(keep=keep, pseudonyms=KEY, permitted=False, force=False, choice=Choice())
    return share_dataset(place, out, asked, lambda _line: None)


def test_no_page_and_no_table_holds_a_text_of_one_participant(
    dataset: Path, tmp_path: Path
) -> None:
    told = share(dataset, tmp_path / "s")
    out = tmp_path / "s"
    pages = [path.read_text() for path in out.iterdir() if path.suffix in (".md", ".json")]
    cells = Dataset.open(out).sessions()[[*TABLE.split("\n")[0].split(",")[2:7], "state", "arm"]]
    said = "\n".join([cells.to_csv(index=False), *pages]).casefold()
    for planted in PLANTED[:5]:
        assert planted not in said.replace("participants", ""), planted
    left = {one.what: (one.count, one.why) for one in told.left}
    assert left["state"] == left["arm"] == left["age"] == ("1 cell of labels", OF_ONE)
    for column in ("known_as", "Hausarzt"):
        assert left[column][0] == "1 column of labels"
        assert column not in Dataset.open(out).sessions()
    page = (out / "SHARED.md").read_text()
    assert f"| state | 1 cell of labels | {OF_ONE} | `--keep state` |" in page


def test_ages_are_capped_whatever_else_the_column_holds(dataset: Path, tmp_path: Path) -> None:
    share(dataset, tmp_path / "s")
    table = Dataset.open(tmp_path / "s").sessions().set_index("session")
    of = table.loc[[KEY.of(name) for name in "abcde"]]
    assert [None if age != age else age for age in of.age] == ["90", "90", "34", None, "36"]
    assert list(of.Alter_in_Jahren) == [90, 90, 34, 35, 36]


def test_target_gender_and_splits_are_whole_so_that_it_still_trains(
    dataset: Path, tmp_path: Path
) -> None:
    share(dataset, tmp_path / "s")
    assert verify(tmp_path / "s").exit_code == 0
    shared = Dataset.open(tmp_path / "s")
    table = shared.sessions().set_index("session")
    of = table.loc[[KEY.of(name) for name in "abcde"]]
    assert list(of.phq8) == [12, 3, 3, 5, 6]
    assert list(of.gender) == ["f", "f", "f", "m", "f"]
    assert own_splits(shared, shared.ids()).keys() == {"train", "valid", "test"}
    assert shared.target == Dataset.open(dataset).target


def test_what_is_kept_by_name_keeps_every_cell(dataset: Path, tmp_path: Path) -> None:
    told = share(dataset, tmp_path / "s", "state", "known_as")
    table = Dataset.open(tmp_path / "s").sessions()
    assert table.state.notna().all()
    assert table.known_as.notna().sum() == 1
    assert not {"state", "known_as"} & {one.what for one in told.left}
