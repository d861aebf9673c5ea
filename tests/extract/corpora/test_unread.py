"""What the file system does not give: one line, and everything else is read."""

from pathlib import Path
from typing import Any

import pytest

LABELS = "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,0,3,1\n"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Close paths to whoever runs the tests, root too."""
    refused: set[str] = set()

    def refusing(call: Any) -> Any:
        def refuse(path: Any, *args: Any, **more: Any) -> Any:
            if any(Path(str(path)).is_relative_to(name) for name in refused):
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **more)

        return refuse

    monkeypatch.setattr(Path, "iterdir", refusing(Path.iterdir))
    monkeypatch.setattr(Path, "open", refusing(Path.open))
    is_file = Path.is_file

    def asked(path: Path) -> bool:  # of a folder that may not be entered nothing inside can be told
        if str(path.parent) in refused and path.parent.is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", asked)
    return lambda path: refused.add(str(path))


def test_a_folder_that_is_nobodys_and_closed_costs_a_line(
    lay: Any, look: Any, daic: Any, closed: Any
) -> None:
    root = lay({**daic("300", "300_P"), "lost+found/x": ""})
    closed(root / "lost+found")
    lines: list[str] = []
    found = look(root, notice=lines.append)
    assert [(session.id, session.problem) for session in found.sessions] == [("300", None)]
    assert [line for line in lines if "lost+found: cannot be read" in line]


def test_the_closed_folder_of_a_session_is_a_session_that_says_so(
    lay: Any, look: Any, daic: Any, closed: Any
) -> None:
    root = lay({**daic("300", "300_P"), **daic("301", "301_P")})
    closed(root / "301_P")
    found = look(root)
    assert [session.problem for session in found.sessions] == [
        None,
        "301_P: cannot be read (Permission denied); mend its permissions",
    ]


def test_a_label_file_that_is_closed_is_told_of(
    lay: Any, look: Any, daic: Any, closed: Any
) -> None:
    root = lay({**daic("300", "300_P"), "train_split_Depression_AVEC2017.csv": LABELS})
    closed(root / "train_split_Depression_AVEC2017.csv")
    lines: list[str] = []
    found = look(root, notice=lines.append)
    assert found.labels == ()
    assert [line for line in lines if "train_split_Depression_AVEC2017.csv: cannot be" in line]


def test_closed_files_and_folders_of_the_generic_layout_cost_themselves(
    lay: Any, look: Any, closed: Any
) -> None:
    said = "start\tstop\tspeaker\ttext\n1.0\t2.0\tA\thi\n"
    root = lay({"a/transcript.csv": said, "b/transcript.csv": said, "loose.csv": said})
    closed(root / "b")
    closed(root / "loose.csv")
    found = look(root)
    assert [(session.id, session.problem is None) for session in found.sessions] == [
        ("a", True),
        ("b", False),
    ]
