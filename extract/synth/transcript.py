"""Write the turns of a demo session in the transcript formats that users bring."""

import json
from collections.abc import Callable, Mapping, Sequence

from .speech import Line


def daic_woz(lines: Sequence[Line]) -> str:
    """Write a table as DAIC-WOZ has it: tabs, times in seconds, a row a turn."""
    rows = ["start_time\tstop_time\tspeaker\tvalue"]
    for said in (line.said for line in lines):
        rows.append(f"{said.start_s:.3f}\t{said.stop_s:.3f}\t{said.speaker}\t{said.text}")
    return "\n".join(rows) + "\n"


def whisperx(lines: Sequence[Line]) -> str:
    """Write JSON as WhisperX does, with diarised words that carry their own times."""
    segments = [
        {
            "start": round(line.said.start_s, 3),
            "end": round(line.said.stop_s, 3),
            "text": line.said.text,
            "words": [
                {
                    "word": text,
                    "start": round(start_s, 3),
                    "end": round(stop_s, 3),
                    "score": score,
                    "speaker": line.said.speaker,
                }
                for (text, start_s, stop_s), score in zip(line.said.words, line.scores, strict=True)
            ],
            "speaker": line.said.speaker,
        }
        for line in lines
    ]
    return json.dumps({"segments": segments, "language": "en"}, indent=1) + "\n"


def srt(lines: Sequence[Line]) -> str:
    """Write SubRip subtitles, the speaker before a colon."""
    blocks = [
        f"{number}\n{_stamp(line.said.start_s)} --> {_stamp(line.said.stop_s)}\n"
        f"{line.said.speaker}: {line.said.text}\n"
        for number, line in enumerate(lines, start=1)
    ]
    return "\n".join(blocks)


WRITERS: Mapping[str, Callable[[Sequence[Line]], str]] = {
    "transcript.csv": daic_woz,
    "transcript.json": whisperx,
    "transcript.srt": srt,
}
"""By the name of the file in a session's folder."""


def _stamp(time_s: float) -> str:
    seconds, ms = divmod(round(time_s * 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d},{ms:03d}"
