"""What is said in the synthetic interviews: sentences of our own, from a small vocabulary.

No line is taken from a real interview.  A participant's sentence is gloomy, plain or bright; that
is the whole of what words can tell.
"""

import numpy as np

GLOOMY, PLAIN, BRIGHT = -1, 0, 1

QUESTIONS = (
    "how are you doing today",
    "which town did you grow up in",
    "what do you like about the place you live in",
    "what do you do in a free hour",
    "when did you last laugh a lot",
    "how well do you sleep these days",
    "who do you turn to when a day goes wrong",
    "what would you tell yourself ten years ago",
    "how do you calm down after an argument",
    "what was the last trip you took",
    "how has your mood been of late",
    "what are you most proud of",
    "is there a teacher you remember",
    "what does a usual morning look like",
)
FOLLOW_UPS = ("why is that", "can you give me an example", "tell me more about that", "how so")
BACKCHANNELS = ("mhm", "okay", "yeah", "i see", "right", "that's good")
OPENING = "hi i'm ellie thanks for coming in today"
CLOSING = "okay that was all i wanted to ask thank you for sharing"
CHATTER = (
    "is this the chair i sit in",
    "okay so i just talk to the screen",
    "the light is a bit bright in here",
    "are we recording yet",
)
INTERRUPTION = ("sorry somebody is at the door", "could you move the microphone", "okay go on")

_SUBJECTS = ("my brother", "my work", "the garden", "my week", "the kitchen", "our street",
             "my sister", "the bus ride", "my garden shed", "the choir", "my old car")  # fmt: skip
_VERBS = ("is", "feels", "seems", "has been", "was")
_ENDS = {
    GLOOMY: ("too much for me", "tiring and sad", "empty most days", "hopeless to me",
             "nothing but trouble", "lonely and slow", "hard to care about"),
    PLAIN: ("about the same", "okay i guess", "mostly in the morning", "down by the river",
            "a few miles away", "part of the routine", "something i do on mondays"),
    BRIGHT: ("really good fun", "a joy to me", "better than ever", "full of laughter",
             "lovely and calm", "great these days", "something i look forward to"),
}  # fmt: skip
_STARTS = ("um", "well", "uh", "i mean", "you know", "honestly", "yeah", "so")


def answer(chance: np.random.Generator, gloomy: float) -> tuple[str, int]:
    """Make a sentence of a participant, and say how it sounds (-1, 0 or 1).

    Parameters
    ----------
    chance : Generator
    gloomy : float in [0, 2/3]
        Probability of a gloomy sentence; a third of them is plain, the rest bright.
    """
    draw = chance.random()
    mood = GLOOMY if draw < gloomy else BRIGHT if draw < 2 / 3 else PLAIN
    words = [_one(chance, _SUBJECTS), _one(chance, _VERBS), _one(chance, _ENDS[mood])]
    if chance.random() < 0.4:
        words.insert(0, _one(chance, _STARTS))
    return " ".join(words), mood


def question(chance: np.random.Generator) -> str:
    """Choose something that the interviewer asks."""
    return _one(chance, QUESTIONS if chance.random() < 0.6 else FOLLOW_UPS)


def backchannel(chance: np.random.Generator) -> str:
    """Choose what the interviewer says while the other goes on."""
    return _one(chance, BACKCHANNELS)


def _one(chance: np.random.Generator, among: tuple[str, ...]) -> str:
    return among[int(chance.integers(len(among)))]
