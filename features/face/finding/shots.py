"""Where one shot of a video ends and the next begins.

Two neighbouring pictures of one shot look alike pixel by pixel, and have the same colours even
where something moves; those of two shots do not.  Thumbnails tell: on ten speaker changes before
alike backgrounds and on fifteen single-shot clips with moving people, changes had correlations up
to .71 with colour distances from .21, movement down to .70 with at most .10.
"""

# P = pixels of a thumbnail, B = colour bins

import math

import numpy as np

from ...types import F32, F64, U8

HEIGHT, WIDTH = 27, 48  # pixels of a thumbnail
BINS = 6  # a colour channel; coarse, so that noise does not change a picture's colours
BIN = np.arange(256) * BINS // 256
# Correlations below which a colour distance above makes two pictures two shots.
DOUBTFUL, RECOLOURED = 0.8, 0.15
UNLIKE, RETOUCHED = 0.5, 0.12  # movement at 5 frames a second comes down to .25, with .12 at most
BLANK = 3.0  # grey levels, standard deviation, below which there is no picture; real ones had 25


class Shots:
    """Looks at picture after picture and says where a new shot begins."""

    def __init__(self) -> None:
        self._last: tuple[U8, F32] | None = None

    def begins(self, image: U8) -> bool:
        """Say whether this picture (height, width, 3) is of another shot than the one before.

        The first picture begins none.  Nor does a blank one (a flash, a dropped frame, the middle
        of a fade): what comes behind it is compared with what came before.
        """
        import cv2

        # Single pixels: averaging first would read every pixel of the picture.
        thumbnail = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        thumbnail_P3 = np.asarray(thumbnail, dtype=np.uint8).reshape(-1, 3)
        grey = cv2.cvtColor(thumbnail, cv2.COLOR_BGR2GRAY)
        mean, deviation = (float(one.item()) for one in cv2.meanStdDev(grey))
        if deviation < BLANK:
            return False
        grey_P = grey.astype(np.float32).ravel() - np.float32(mean)
        look = thumbnail_P3, _normed(grey_P)
        last, self._last = self._last, look
        if last is None:
            return False
        alike = float(look[1] @ last[1])
        if alike >= DOUBTFUL:
            return False
        change_B = _colours(thumbnail_P3) - _colours(last[0])
        distance = float(np.abs(change_B).sum()) / 2
        return distance > (RETOUCHED if alike < UNLIKE else RECOLOURED)


def _normed(grey_P: F32) -> F32:
    """Bring grey values of mean 0 to norm 1; inner products are correlations.

    A last element, as large as noise of one grey level, keeps evenly dark pictures alike.
    """
    vector_Q = np.append(grey_P, np.float32(math.sqrt(grey_P.size)))
    scaled_Q: F32 = vector_Q / np.linalg.norm(vector_Q)
    return scaled_Q


def _colours(thumbnail_P3: U8) -> F64:
    """Give the shares of coarse colours."""
    number_P = BIN[thumbnail_P3] @ np.array([BINS * BINS, BINS, 1])
    share_B: F64 = np.bincount(number_P, minlength=BINS**3) / number_P.size
    return share_B
