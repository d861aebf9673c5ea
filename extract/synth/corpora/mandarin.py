"""What is said in the synthetic CMDC: Mandarin sentences of our own, gloomy, plain or bright."""

import numpy as np

from .sentences import BRIGHT, GLOOMY, PLAIN

_SUBJECTS = ("我的工作", "我家附近的公园", "最近的天气", "我的室友", "早上的地铁", "周末的时候",
             "学校的食堂", "我养的花")  # fmt: skip
_ENDS = {
    GLOOMY: ("让我觉得很累", "没什么意思", "总是让我难过", "让我提不起劲", "叫人心烦"),
    PLAIN: ("跟以前差不多", "还算可以", "离家不太远", "一般般吧", "每天都一样"),
    BRIGHT: ("让我很开心", "特别有意思", "越来越好了", "让我放松下来", "真的很不错"),
}
COMMA = "\uff0c"
_STARTS = (f"嗯{COMMA}", "我觉得", "其实", f"那个{COMMA}", f"怎么说呢{COMMA}")


def answer(chance: np.random.Generator, gloomy: float) -> tuple[str, int]:
    """Make a sentence and say how it sounds (-1, 0 or 1); as `sentences.answer`."""
    draw = chance.random()
    mood = GLOOMY if draw < gloomy else BRIGHT if draw < 2 / 3 else PLAIN
    text = _one(chance, _SUBJECTS) + _one(chance, _ENDS[mood])
    if chance.random() < 0.4:
        text = _one(chance, _STARTS) + text
    return f"{text}。", mood


def _one(chance: np.random.Generator, among: tuple[str, ...]) -> str:
    return among[int(chance.integers(len(among)))]
