"""What columns mean, by name: the words that `columns` puts beside the units of the code.

Facial names are OpenFace's (its wiki, "Output format"), units of the face are FACS's (Ekman and
Friesen, 1978), voice quality is COVAREP's (Degottex et al., ICASSP 2014), descriptors are those of
eGeMAPS (Eyben et al., TAFFC 2016).  A column that is not listed keeps its maker's name as its
meaning, and the dictionary leaves the cell empty.
"""

import re

UNITS = {
    "01": "inner brow raised",
    "02": "outer brow raised",
    "04": "brow lowered",
    "05": "upper lid raised",
    "06": "cheek raised",
    "07": "lids tightened",
    "09": "nose wrinkled",
    "10": "upper lip raised",
    "12": "lip corners pulled (smile)",
    "14": "dimples",
    "15": "lip corners lowered",
    "17": "chin raised",
    "20": "lips stretched",
    "23": "lips tightened",
    "25": "lips parted",
    "26": "jaw dropped",
    "28": "lips sucked in",
    "45": "blink",
}
"""Action unit -> what FACS calls it."""

EYE = {"0": "the eye on the picture's left", "1": "the eye on the picture's right"}
AXIS = {"x": "right", "y": "down", "z": "away from the camera"}
TURN = {"x": "pitch, positive lowers the nose", "y": "yaw, positive to the picture's left",
        "z": "roll, positive clockwise"}  # fmt: skip

SAID = {
    "face_id": "whose face it is, counted from 0; ends with the shot; nobody is recognised",
    "confidence": "how surely a face is there and how well it is turned",
    "face_px": "height of the face, hair line to chin, if it looked into the camera",
    "eye_px": "distance of the corners of an eye in the picture",
    "n_faces": "faces seen in the frame",
    "blur": "how blurred the middle of the face is",
    "brightness": "how bright the middle of the face is",
    "gaze_quality": "how far the gaze may be believed",
    "gaze_angle_x": "gaze, left and right, mean of both eyes",
    "gaze_angle_y": "gaze, up and down, mean of both eyes",
    "speech": "somebody speaks",
    "level_low": "least sample of the row",
    "level_high": "greatest sample of the row",
    "rms_dbfs": "level, relative to full scale",
    "clipped": "share of the file's own samples that are clipped",
    "F0": "fundamental frequency",
    "VUV": "voiced",
    "NAQ": "normalised amplitude quotient of the glottal flow (Alku et al., 2002)",
    "QOQ": "quasi-open quotient of the glottal flow",
    "H1H2": "first over second harmonic of the glottal flow",
    "PSP": "parabolic spectral parameter of the glottal flow (Alku et al., 1997)",
    "MDQ": "maxima dispersion quotient, breathy to tense (Kane and Gobl, 2013)",
    "peakSlope": "slope through the maxima of octave bands, breathy to tense (Kane and Gobl, 2011)",
    "Rd": "shape of the glottal pulse in the LF model (Fant, 1995)",
    "Rd_conf": "how far Rd may be believed",
    "creak": "probability of creaky voice; not measured here, NaN unless given",
}
"""Column -> its meaning."""

PATTERNS = (
    (r"AU(\d\d)_r", lambda m: f"{UNITS[m[1]]}: intensity"),
    (r"AU(\d\d)_c", lambda m: f"{UNITS[m[1]]}: present"),
    (r"AU(\d\d)_r_(right|left)", lambda m: f"{UNITS[m[1]]}: on the person's own {m[2]}"),
    (r"pose_T([xyz])", lambda m: f"place of the head: {m[1]}, {AXIS[m[1]]}"),
    (r"pose_R([xyz])", lambda m: f"turn of the head against the line of sight: {TURN[m[1]]}"),
    (r"gaze_([01])_([xyz])", lambda m: f"gaze of {EYE[m[1]]}: {m[2]}, {AXIS[m[2]]}"),
    (
        r"gaze_h([01])_([xyz])",
        lambda m: f"gaze of {EYE[m[1]]} relative to the head: {m[2]}; only given",
    ),
    (r"eye_lmk_([xyXYZ])_\d+", lambda m: f"points of both eyes: {m[1]}, {AXIS[m[1].lower()]}"),
    (r"([xyXYZ])_\d+", lambda m: f"points of the face: {m[1]}, {AXIS[m[1].lower()]}"),
    (r"bs_\w+", lambda _: "MediaPipe's blendshape of that name"),
    (r"MCEP_\d+", lambda _: "mel-cepstrum of the true envelope"),
    (r"HMPDM_\d+", lambda _: "harmonic model: mean of the phase distortion"),
    (r"HMPDD_\d+", lambda _: "harmonic model: deviation of the phase distortion"),
    (r"mfcc_\d+", lambda _: "mel-frequency cepstral coefficient"),
    (r"logmel_\d+", lambda _: "power of a mel band"),
    (r"Loudness.*|loudness_sma3_.*", lambda _: "loudness, by an auditory spectrum"),
    (r"alphaRatio.*", lambda _: "energy of 50-1000 Hz over 1-5 kHz"),
    (r"hammarbergIndex.*", lambda _: "strongest peak of 0-2 kHz over that of 2-5 kHz"),
    (r"slope(U?V)?(0-500|500-1500).*", lambda m: f"slope of the spectrum, {m[2]} Hz"),
    (r"spectralFlux.*", lambda _: "change of the spectrum from frame to frame"),
    (r"mfcc\d(U?V)?_sma3.*", lambda _: "mel-frequency cepstral coefficient"),
    (r"F0semitone.*", lambda _: "pitch above 27.5 Hz"),
    (r"jitterLocal.*", lambda _: "change of the period from one to the next"),
    (r"jitterDDP.*", lambda _: "change of the jitter from one period to the next"),
    (r"shimmerLocal.*", lambda _: "change of the amplitude from one period to the next"),
    (r"HNRdBACF.*|logHNR.*", lambda _: "harmonics over noise"),
    (r"logRelF0-H1-H2.*", lambda _: "first over second harmonic"),
    (r"logRelF0-H1-A3.*", lambda _: "first harmonic over the third formant's strongest"),
    (r"F(\d)frequency.*", lambda m: f"frequency of formant {m[1]}"),
    (r"F(\d)bandwidth.*", lambda m: f"bandwidth of formant {m[1]}"),
    (r"F(\d)amplitudeLogRelF0.*", lambda m: f"amplitude of formant {m[1]} over F0's"),
    (r"loudnessPeaksPerSec", lambda _: "how often loudness peaks"),
    (r"(Mean|Stddev)VoicedSegment.*", lambda _: "length of stretches with voice"),
    (r"(Mean|Stddev)UnvoicedSegment.*", lambda _: "length of stretches without voice"),
    (r"VoicedSegmentsPerSec", lambda _: "how often voice begins"),
    (r"equivalentSoundLevel_dBp", lambda _: "mean level"),
)

FORMANT = (r"F(\d)", lambda m: f"frequency of formant {m[1]}")
"""Of the track ``formant`` alone: elsewhere ``F0`` is a pitch."""

STATED = {
    "session": "id of the session: its folder's name, or the corpus's",
    "case": "what a label belongs to; a prediction is made a case",
    "participant": "who never crosses a split",
    "corpus": "how its folders were read",
    "split": "train, dev or test as the corpus has it; else empty",
    "index": "number of the word in the session, from 0",
    "word": "number of the word in the session, from 0",
    "turn": "number of the turn in the session, from 0",
    "speaker": "name in the transcript",
    "role": "participant, interviewer or unknown",
    "kind": "word, filler, event, pause or window",
    "text": "cleaned, as the text model reads it",
    "raw": "as the transcript has it",
    "start_s": "start",
    "stop_s": "end",
    "turn_start_s": "start of the turn in the transcript",
    "turn_stop_s": "end of the turn in the transcript",
    "time_s": "of a frame its presentation time, of a window its centre",
    "valid": "false: nothing was measured, all is NaN",
    "vector": "all numbers of a row",
    "method": "given, forced or proportional",
    "timing": "given, forced or proportional: where the times are from",
    "masked": "true: of a speaker who was not chosen; has no vectors",
    "words": "number of words",
}
"""Columns that tables have beside what is measured."""

SECONDS = {"start_s", "stop_s", "turn_start_s", "turn_stop_s", "time_s"}


def meaning(track: str, name: str) -> str:
    """Say what a column of a track means; nothing where its name is all that is known."""
    patterns = (FORMANT, *PATTERNS) if track == "formant" else PATTERNS
    if name in SAID and track != "formant":
        return SAID[name]
    for pattern, say in patterns:
        if found := re.fullmatch(pattern, name):
            return say(found)
    return ""
