"""What a card says of every training set: what it is not for, what it reveals, where it is weak.

The same sentences stand in ``README.md`` and in the responsible-AI part of ``croissant.json``.
"""

from collections.abc import Collection

from ...extract.sharing.policy import GROUP_OF, KEEPABLE_GROUPS, OF_PICTURE, TO_PICTURE
from .facts import Facts

ONE_LINE = (
    "Features of recorded interviews (face, voice, words), aligned word by word, for research on "
    "depression; made by depx."
)
USES = (
    "Research on how speech, face and language go with the scores of questionnaires; training and "
    "judging models of that; studies of such measurements themselves. Research use, no diagnosis."
)
FORBIDDEN = (
    "To diagnose, screen or monitor a person, or to decide about treatment, work, insurance, "
    "credit, schooling or asylum; to find out who a participant is; to watch people who have not "
    "agreed; whatever the participants' consent and the terms of the corpus do not cover."
)
COLLECTION = (
    "Interviews were recorded by others, not by depx. How participants were found, what they "
    "agreed to, and who has the recordings, the makers of the corpus say; depx does not know it."
)
ANNOTATION = (
    "No word, frame or turn was annotated by hand for this set. Labels are the user's or the "
    "corpus's, one a session or case, taken as they are. A score of a questionnaire is what a "
    "person answered on one day, not depression itself."
)
LABELS = (
    "**Labels and groups** are data on health (GDPR, article 9); rare combinations of them can "
    "point at one person."
)
FACE = "**Face**: the way of moving and of looking can tell who a person is"
OF_FACE = {
    "landmarks": "so can the geometry of landmarks, from which a picture of the person can be "
    "drawn, and age and sex be guessed",
    "landmarks_3d": "the landmarks in space are the shape of the face",
    "eye_lmk": "the outlines of the eyes are the shape of the eyes",
    "blendshapes": "blendshapes hold much of the shape of the face too",
}
"""What groups of columns add to it, by their names in `depx.extract.sharing.policy`."""
FEW = 100  # participants: below, the interval of a correlation of .3 is .4 wide and more
MAINTENANCE = (
    "A function of its feature stores, labels and settings: the same depx align writes the same "
    "bytes. Who made it maintains it; when a participant withdraws, align again without the "
    "session (--exclude ID) and destroy the older copies."
)
UNSEEN = (
    "Whoever did not take part, or could not be measured, is not in it; models of the face, voice "
    "and text were made on other people and measure some better than others."
)
IMPACT = (
    "A model of such data may be taken for a diagnosis that it is not, works less well for "
    "people whom it has not met (other cameras, languages, cultures, skin, age, illness), and may "
    "shame or harm whoever is named by it."
)


def limits(facts: Facts) -> list[str]:
    """List what the numbers cannot bear, as far as it concerns this set."""
    has = {described["name"] for described in facts.manifest["modalities"]}
    lines = [
        "What was measured depends on camera, microphone, room, compression, language and "
        "transcript; two corpora differ in these before they differ in people.",
        "NaN means not measured, never 0. A word without a sample under it is NaN and is counted.",
    ]
    if "face" in has and "given" in facts.origins_of("face"):
        lines.append(
            "Faces whose origin is `given` were measured by the tool that came with the corpus: "
            "its columns go by OpenFace's names, and what its version lacks is NaN."
        )
    if "face" in has and "computed" in facts.origins_of("face"):
        lines += [
            "Action units are estimates from landmarks of a 2-D picture, each of a tier A to C "
            "(`depx extract --list`); they agree with OpenFace as the documentation of depx says, "
            "and nobody has coded these faces by FACS.",
            "A lone face in the picture is taken for the participant, whoever it is.",
        ]
    if "covarep" in has:
        lines.append(
            "Glottal parameters are meant for voiced speech and quiet rooms; `creak` needs weights "
            "that depx does not have, and is NaN where depx computed it."
        )
    if "bert" in has:
        lines.append(
            "A text model brings what it was trained on, its prejudices too; words that the "
            "transcript has wrong are embedded wrong."
        )
    timing = facts.manifest["timing"]
    if timing["forced"] or timing["proportional"]:
        lines.append(
            "Times that the transcript lacks were found in the sound (`forced`) or share the "
            "voiced span of their turn (`proportional`, off by several words at times)."
        )
    participants = facts.manifest["counts"]["participants"]
    lines.append(
        f"{many(participants, 'participant')}: what is found on so few people says little about "
        "others, and of a group with a few members nothing."
        if participants < FEW
        else f"{participants} participants: judge by participants, never by words or sessions, "
        "and say how wide the interval over other people is."
    )
    return lines


def reveals(facts: Facts) -> list[str]:
    """List what of the participants is still in the set, as far as it concerns it."""
    has = {described["name"]: described["kind"] for described in facts.manifest["modalities"]}
    lines = []
    if facts.has_text:
        lines.append(
            "**Words**: `text` holds what was said, names and places included. None of it was "
            "anonymised."
        )
    if "vectors" in has.values():
        lines.append(
            "**Text vectors** are no protection: words, and often whole sentences, can be read "
            "back out of embeddings (Song and Raghunathan 2020; Morris et al. 2023)."
        )
    lines += _face(facts.facial)
    if TO_PICTURE & has.keys():
        named = ", ".join(f"`{name}`" for name in has if name in TO_PICTURE)
        lines.append(f"**Picture**: {named}: {OF_PICTURE}.")
    others = {name for name, kind in has.items() if kind != "vectors"}
    if others - TO_PICTURE - {"face"}:
        lines.append(
            "**Voice**: pitch, formants and cepstra tell sex, about the age, dialect, some "
            "illnesses, and serve speaker recognition."
        )
    if facts.label_columns:
        lines.append(LABELS)
    lines.append(
        "**Ids** stand in every table as the stores have them: depx changes them only if it is "
        "told to, and was not."
        if facts.pseudonyms is None
        else "**Ids** are pseudonyms under a key that does not travel with the set (fingerprint "
        f"`{facts.pseudonyms}`); whoever has the key can tell whose they are."
    )
    lines.append("**Times** of words and pauses can be matched with a recording that is known.")
    return lines


def _face(columns: Collection[str]) -> list[str]:
    """Say what columns of a face reveal, by what there is."""
    if not columns:
        return []
    groups = {GROUP_OF.get(name, "") for name in columns}
    of = [said for name, said in OF_FACE.items() if KEEPABLE_GROUPS[name] & groups]
    return ["; ".join([FACE, *of]) + "."]


def biases(facts: Facts) -> str:
    """Say who is in the set and who is not."""
    return " ".join([*(f"{line}." for line in people(facts)), UNSEEN])


def people(facts: Facts) -> list[str]:
    """Say what is known of the participants."""
    known = [
        f"participants by `{name}`: "
        + ", ".join(f"{value} {count}" for value, count in counts.items())
        for name, counts in facts.groups().items()
    ]
    ages = facts.ages()
    known += [f"age of the participants: {ages}"] if ages else []
    if not known:
        known = ["the labels say nothing of gender, age or origin of the participants"]
    languages = ", ".join(facts.languages)
    return known + ([f"transcripts were read as: {languages}"] if languages else [])


def many(count: int, what: str) -> str:
    """Count something: ``1 session``, ``2 sessions``."""
    return f"{count} {what}{'s' * (count != 1)}"
