"""Who is the participant."""

from depx.features.words import Role, ambiguous, roles


def test_a_name_that_says_its_role_gives_it() -> None:
    assert roles(["Ellie", "Participant"]) == {
        "Ellie": Role.INTERVIEWER,
        "Participant": Role.PARTICIPANT,
    }


def test_case_does_not_matter() -> None:
    assert roles(["PARTICIPANT"]) == {"PARTICIPANT": Role.PARTICIPANT}


def test_the_named_participant_makes_all_others_interviewers() -> None:
    assert roles(["S1", "S2"], participant="s2") == {
        "S1": Role.INTERVIEWER,
        "S2": Role.PARTICIPANT,
    }


def test_beside_a_known_participant_strangers_are_interviewers() -> None:
    assert roles(["Participant", "Maria"])["Maria"] is Role.INTERVIEWER


def test_one_speaker_without_a_telling_name_stays_unknown() -> None:
    assert roles(["S1", "S1"]) == {"S1": Role.UNKNOWN}


def test_no_speaker_column_stays_unknown() -> None:
    assert roles([None]) == {None: Role.UNKNOWN}


def test_several_speakers_without_telling_names_are_ambiguous() -> None:
    assert ambiguous(roles(["SPEAKER_00", "SPEAKER_01"]))
    assert not ambiguous(roles(["SPEAKER_00"]))
    assert not ambiguous(roles(["Ellie", "SPEAKER_01"]))


def test_lines_without_a_speaker_are_not_the_known_participants() -> None:
    assert roles(["Participant", None])[None] is Role.INTERVIEWER


def test_names_of_roles_in_other_languages_tell_them_too() -> None:
    assert roles(["Probandin", "Ärztin"]) == {
        "Probandin": Role.PARTICIPANT,
        "Ärztin": Role.INTERVIEWER,
    }
    assert roles(["医生", "患者"])["患者"] is Role.PARTICIPANT
